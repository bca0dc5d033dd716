"""The controller of a soak: commands in datagrams, some of them sent again and again, and a count of everything."""

import collections
import os
import select
import socket
import time

RETRANSMIT_AFTER_S = 1
PATIENCE_S = 20
REMEMBERED_S = 20  # the program keeps replies for 35 s
LARGEST_DATAGRAM = 65536


class Violation(Exception):
    """The program did what it must not do."""


class Controller:
    """Speaks to a `udp:` control socket. Some commands are sent several times at once, and old ones are sent again.
    Each copy has to be answered alike, and none carried out twice, which the counts at the end tell."""

    def __init__(self, spec, chance):
        host, port = spec.removeprefix("udp:").split(":")
        self.chance = chance
        self.commands = 0  # different ones
        self.errors = collections.Counter()  # E<n> -> replies
        self.repeats = 0  # datagrams sent again, on purpose or for want of a reply
        self.slowest_s = 0.0
        self._answered = collections.OrderedDict()  # cookie -> (when, datagram, reply)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((host, int(port)))

    def close(self):
        self._socket.close()

    def command(self, text):
        """The reply without cookie and line end."""
        self.commands += 1
        cookie = f"{os.getpid()}_{self.commands}".encode()
        datagram = cookie + b" " + text.encode()
        started = time.monotonic()
        try:
            reply = self._exchange(cookie, datagram)
        except ConnectionRefusedError:
            raise Violation(f"the control socket was gone when {text!r} was sent") from None
        self.slowest_s = max(self.slowest_s, time.monotonic() - started)
        self._remember(cookie, datagram, reply)
        text = reply.decode().removesuffix("\n")
        if text.startswith("E"):
            self.errors[text] += 1
        return text

    def forget(self):
        """Reads what copies were answered lately."""
        while select.select([self._socket], [], [], 0.2)[0]:
            self._check(self._socket.recv(LARGEST_DATAGRAM))

    def _exchange(self, cookie, datagram):
        self._repeat_an_old_one()
        for _ in range(self.chance.choice((0, 0, 0, 0, 0, 0, 1, 3))):
            self._send_again(datagram)
        self._socket.send(datagram)
        return self._await(cookie, datagram, time.monotonic() + PATIENCE_S)

    def _send_again(self, datagram):
        self.repeats += 1
        self._socket.send(datagram)

    def _repeat_an_old_one(self):
        if self._answered and self.chance.random() < 0.02:
            self._send_again(self._answered[self.chance.choice(list(self._answered))][1])

    def _await(self, cookie, datagram, deadline):
        retransmit_at = time.monotonic() + RETRANSMIT_AFTER_S
        while time.monotonic() < deadline:
            if not select.select([self._socket], [], [], max(0, retransmit_at - time.monotonic()))[0]:
                self._send_again(datagram)
                retransmit_at = time.monotonic() + RETRANSMIT_AFTER_S
                continue
            received = self._socket.recv(LARGEST_DATAGRAM)
            name, _, reply = received.partition(b" ")
            if name == cookie:
                return reply
            self._check(received)
        raise Violation(f"no reply to {datagram!r} within {PATIENCE_S} s")

    def _remember(self, cookie, datagram, reply):
        now = time.monotonic()
        self._answered[cookie] = (now, datagram, reply)
        while len(self._answered) > 500 or next(iter(self._answered.values()))[0] < now - REMEMBERED_S:
            self._answered.popitem(last=False)

    def _check(self, received):
        """A copy of a command is answered as the command was."""
        cookie, _, reply = received.partition(b" ")
        known = self._answered.get(cookie)
        if known and known[2] != reply:
            raise Violation(f"{known[1]!r} was answered {known[2]!r}, and when sent again {reply!r}")
