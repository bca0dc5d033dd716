"""A controller's notify socket, as the tests play it."""

import contextlib
import os
import select
import socket
import time

PATIENCE_S = 30


class NotifySocket:
    """The controller's end: listens, and collects the lines of all connections."""

    def __init__(self, address):
        self.address = address  # path or (host, port)
        self.lines = []
        self.peers = []
        self.connections = {}  # socket -> what it sent after its last newline
        self.listener = None
        self.open()

    def open(self):
        if isinstance(self.address, str):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.address)
            self.listener = socket.socket(socket.AF_UNIX)
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address)
        self.listener.listen()

    def close(self):
        for opened in (self.listener, *self.connections):
            opened.close()
        self.connections.clear()

    def wait_for(self, count):
        """The first `count` lines; AssertionError with what there is if they do not come."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.lines) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(self.lines)} of {count} notices after {PATIENCE_S} s: {self.lines[:20]}")
            self.collect(0.1)
        return self.lines[:count]

    def collect(self, patience_s=0):
        """Takes in what has come, or comes first within that time."""
        for ready in select.select([self.listener, *self.connections], [], [], patience_s)[0]:
            self._serve(ready)

    def _serve(self, ready):
        if ready is self.listener:
            connection, peer = self.listener.accept()
            self.connections[connection] = b""
            self.peers.append(peer)
            return
        octets = ready.recv(65536)
        if not octets:
            del self.connections[ready]
            ready.close()
            return
        *whole, self.connections[ready] = (self.connections[ready] + octets).split(b"\n")
        self.lines += whole
