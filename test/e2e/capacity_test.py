"""As many calls as the machine lets the program have, up to 20,000, and all their descriptors back afterwards."""

import contextlib
import re
import resource
import socket
import sys
import time
import unittest

from media_party import Party, rtp
from rtpproxy_process import RtpproxyProcess, free_control_socket

WANTED = 20_000
DESCRIPTORS_A_SESSION = 4
KEPT_FOR_THE_PROGRAM = 200  # an ample guess; daemon_test.py takes the last descriptors
BATCH = 50  # commands on their way at once
PATIENCE_S = 120
ADDRESSES = [f"127.0.0.{number}" for number in range(1, 5)]
MEDIA_PORTS = (10_000, 29_999)  # 10,000 pairs on each address, below those that the kernel hands out
ANSWER = re.compile(r"(\d+) 127\.0\.0\.\d && (\d+) 127\.0\.0\.\d\Z")


class LineClient:
    """Sends batches of commands over one connection."""

    def __init__(self, spec):
        host, port = spec.removeprefix("tcp:").split(":")
        self.connection = socket.create_connection((host, int(port)))
        self.connection.settimeout(PATIENCE_S)
        self.replies = self.connection.makefile("rb")

    def exchange(self, commands):
        self.connection.sendall("".join(command + "\n" for command in commands).encode())
        return [self.replies.readline().decode().rstrip("\n") for _ in commands]

    def close(self):
        self.replies.close()
        self.connection.close()


class Capacity(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        sockets = [free_control_socket(), free_control_socket("tcp")]
        options = ["-l", ADDRESSES[0]]
        for number, address in enumerate(ADDRESSES[1:]):
            options += ["-l", f"a{number}@{address}"]
        self.proxy = self.stack.enter_context(
            RtpproxyProcess(*options, "-d", "CRIT", "-T", "600", control_sockets=sockets, media_ports=MEDIA_PORTS)
        )
        self.idle = self.proxy.descriptor_count()
        self.client = self.stack.enter_context(contextlib.closing(LineClient(sockets[1])))

    def call_count(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if limit == resource.RLIM_INFINITY:
            return WANTED
        return min(WANTED, (limit - KEPT_FOR_THE_PROGRAM) // DESCRIPTORS_A_SESSION)

    def set_up_calls(self):
        """The two ports of each."""
        ports = []
        for first in range(0, self.call_count(), BATCH):
            numbers = range(first, min(first + BATCH, self.call_count()))
            for reply in self.client.exchange([self.offer(number) for number in numbers]):
                self.assertRegex(reply, ANSWER)
                ports.append(tuple(int(port) for port in ANSWER.match(reply).groups()))
        return ports

    def offer(self, number):
        local = ADDRESSES[number % len(ADDRESSES)]
        return f"Ul{local} call-{number} 127.0.0.1 {self.caller.port} f t && Ll{local} 127.0.0.1 {self.callee.port}"

    def test_is_as_large_as_the_limits_allow_and_everything_comes_back(self):
        self.caller, self.callee = (self.stack.enter_context(Party()) for _ in range(2))
        for attempt in range(2):
            started = time.monotonic()
            ports = self.set_up_calls()
            print(f"{len(ports)} calls set up in {time.monotonic() - started:.1f} s", file=sys.stderr)
            self.assertEqual(self.proxy.active_sessions(), self.call_count())
            self.assertEqual(self.proxy.command("V"), "20040107")

            self.assert_relays(ports, attempt)
            self.assertEqual(self.proxy.command("X"), "0")
            self.proxy.wait_until_idle(self.idle + 1, PATIENCE_S)  # and our connection

    def assert_relays(self, ports, attempt):
        """Every hundredth call does."""
        for number in range(0, len(ports), 100):
            host = ADDRESSES[number % len(ADDRESSES)]
            to_callee, to_caller = ports[number]
            self.caller.relay, self.callee.relay = (host, to_caller), (host, to_callee)
            for speaker, listener in ((self.caller, self.callee), (self.callee, self.caller)):
                packet = rtp(attempt, ssrc=number + 1)
                speaker.send(packet)
                self.assertEqual(listener.receive_from(), (packet, listener.relay))


if __name__ == "__main__":
    unittest.main()
