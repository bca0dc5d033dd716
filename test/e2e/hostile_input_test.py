"""Whatever arrives on a control socket or a media port, the program answers clearly and relays on.

A call is kept busy while each test runs: one packet at a time in each direction, and every one has to arrive.
"""

import contextlib
import random
import select
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

from media_party import Party, establish, rtcp, rtp
from rtpproxy_process import RtpproxyProcess, free_control_socket, wait_until

REPLY_TIMEOUT_S = 30
MAX_COMMAND = 8191  # octets
MAX_COOKIE = 900  # octets
SEED = 20040107
FUZZ_DATAGRAMS = 20_000
BURST = 100  # datagrams between two looks at the replies, far less than a socket buffer holds

CLOSED = b""  # in place of a reply: the connection is closed without one
VERSION = rb"20040107"
PORT = rb"\d+ 127\.0\.0\.1"
OFFER = b" hostile 127.0.0.1 4000 from"

# Name, command, reply as a regular expression. All transports are to agree.
COMMANDS = [
    ("all blanks within", b"\t V \r", VERSION),
    ("NUL behind the letter", b"V\0", rb"E5"),
    ("NUL in a tag", b"U call 127.0.0.1 4000 fr\0om", rb"E5"),
    ("NUL alone", b"\0", rb"E5"),
    ("invalid UTF-8", b"\xff\xfe\x80", rb"E0"),
    ("invalid UTF-8 as a modifier", b"U\xc3\x28" + OFFER, rb"E35"),
    ("invalid UTF-8 in the names", b"U \xff\xc0\x80 127.0.0.1 4000 \xe2\x28", PORT),
    ("overlong names", b"U " + b"c" * 4000 + b" 127.0.0.1 4000 " + b"f" * 4000, PORT),
    ("printf directives", b"U %s%n%p%s%n 127.0.0.1 4000 %n%n%n", PORT),
    ("directives of the log library", b"U {}{0}{:>99999} 127.0.0.1 4000 {from", PORT),
    ("escape sequences of a terminal", b"U \x1b[2J\x07 127.0.0.1 4000 \x1b]0;x\x07", PORT),
    ("a path in the names", b"U ../../../etc/passwd 127.0.0.1 4000 ../../x", PORT),
    ("too many words", b"U " + b"a " * 3000, rb"E5"),
    ("24 words", b"G" + b" nsess_created" * 23, rb"E5"),
    ("15 sub-commands", b"Q none a b" + b" && S ttl=1" * 15, rb"E50"),
    ("16 sub-commands", b"Q none a b" + b" && S ttl=1" * 16, rb"E5"),
    ("sub-command missing", b"U" + OFFER + b" to &&", rb"E5"),
    ("nothing but a separator", b"&&", rb"E5"),
    ("separators only", b"&& && &&", rb"E5"),
    ("notify tag ends within an escape", b"U" + OFFER + b" unix:/x %4", rb"E10"),
    ("notify tag with a bad escape", b"U" + OFFER + b" unix:/x %zz", rb"E10"),
    ("notify tag that decodes to octets of no text", b"U" + OFFER + b" unix:/x %80%20%ff", PORT),
    ("notify tag that decodes to two lines", b"U" + OFFER + b" unix:/x a%0ab", rb"E10"),
    ("notify tag that decodes to NUL", b"U" + OFFER + b" unix:/x %00", rb"E10"),
    ("IPv4 where IPv6 was announced", b"U6" + OFFER, rb"E37"),
    ("IPv6 where IPv4 was announced", b"U hostile ::1:2:3:4 4000 from", rb"E37"),
    ("an address no family knows", b"U hostile 999.9.9.9 4000 from", rb"E37"),
    ("an octal address", b"U hostile 0177.0.0.1 4000 from", rb"E37"),
    ("port beyond 16 bits", b"U hostile 127.0.0.1 65536 from", rb"E37"),
    ("port beyond 64 bits", b"U hostile 127.0.0.1 18446744073709551617 from", rb"E37"),
    ("negative port", b"U hostile 127.0.0.1 -1 from", rb"E37"),
    ("port that is no number", b"U hostile 127.0.0.1 0x10 from", rb"E37"),
    ("z beyond 64 bits", b"Uz99999999999999999999999" + OFFER, rb"E13"),
    ("z negative", b"Uz-1" + OFFER, rb"E13"),
    ("t beyond 64 bits", b"Ut99999999999999999999999" + OFFER, rb"E35"),
    ("T negative", b"UT-1" + OFFER, rb"E35"),
    ("codec list without end", b"Uc" + b"0," * 4000 + OFFER, PORT),
    ("label without end", b"Ul{" + b"x" * 4000 + OFFER, rb"E15"),
    ("address without end", b"Ul[" + b"::" * 2000 + OFFER, rb"E15"),
    ("address of 4000 digits", b"Ul" + b"1" * 4000 + OFFER, rb"E31"),
    ("route to 4000 digits", b"Ur" + b"1" * 4000 + OFFER, rb"E32"),
    ("every modifier", b"Uabcdefghijklmnopqrstuvwxyz" + OFFER, rb"E\d+"),
    ("play count beyond 64 bits", b"P99999999999999999999999 hostile x 0 from", rb"E17"),
    ("ttl beyond 64 bits", b"Q hostile from to && S ttl=99999999999999999999999", rb"E3|E50"),
    ("ttl of zero", b"Q hostile from to && S ttl=0", rb"E3"),
    ("tos beyond 32 bits", b"Q hostile from to && S tos=99999999999", rb"E3|E50"),
    ("module beyond 64 bits", b"U" + OFFER + b" && M99999999999999999999999:1 x", rb"E3"),
    ("counter without end", b"G " + b"n" * 8000, rb"E68"),
    ("version with a modifier", b"V\x01", rb"E2"),
    ("a longest command", b"V".ljust(MAX_COMMAND - 100), VERSION),
    ("HTTP", b"GET / HTTP/1.1", rb"E9"),
    ("SIP", b"OPTIONS sip:x@127.0.0.1 SIP/2.0", rb"E0"),
    ("TLS client hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", rb"E5"),
]
KINDS = ("udp", "udp6", "tcp", "tcp6", "unix", "cunix", "stdio")


def connect(spec):
    kind, address = spec.split(":", 1)
    if kind in ("unix", "cunix"):
        family, target = socket.AF_UNIX, address
    else:
        host, port = address.rsplit(":", 1)
        family, target = (socket.AF_INET6 if kind.endswith("6") else socket.AF_INET), (host, int(port))
    opened = socket.socket(family, socket.SOCK_DGRAM if kind.startswith("udp") else socket.SOCK_STREAM)
    opened.settimeout(REPLY_TIMEOUT_S)
    opened.connect(target)
    return opened


class DatagramClient:
    """Sends one command a datagram, behind a cookie of its own."""

    def __init__(self, spec):
        self.socket = connect(spec)
        self.sent = 0

    def exchange(self, command):
        self.sent += 1
        cookie = b"%d" % self.sent
        reply = self.exchange_raw(cookie + b" " + command)
        assert reply.startswith(cookie + b" "), reply
        return reply[len(cookie) + 1 :]

    def exchange_raw(self, datagram):
        self.socket.send(datagram)
        return self.socket.recv(65536)

    def close(self):
        self.socket.close()


class LineClient:
    """Keeps a connection, and makes another when the program closed it."""

    def __init__(self, spec):
        self.spec = spec
        self.socket = connect(spec)

    def exchange(self, command):
        return self.exchange_raw(command + b"\n")

    def exchange_raw(self, octets):
        self.socket.sendall(octets)
        reply = b""
        while not reply.endswith(b"\n"):
            try:
                chunk = self.socket.recv(65536)
            except ConnectionResetError:  # closed with some of our octets unread
                chunk = CLOSED
            if not chunk:
                self.socket.close()
                self.socket = connect(self.spec)
                break
            reply += chunk
        return reply

    def close(self):
        self.socket.close()


class OneShotClient:
    def __init__(self, spec):
        self.spec = spec

    def exchange(self, command):
        with connect(self.spec) as connection:
            connection.sendall(command)
            reply = b""
            while chunk := connection.recv(65536):
                reply += chunk
        return reply

    def close(self):
        pass


class StandardStreamsClient:
    def __init__(self, proxy):
        self.stdin, self.stdout = proxy.stdin, proxy.stdout

    def exchange(self, command):
        self.stdin.write(command + b"\n")
        self.stdin.flush()
        if not select.select([self.stdout], [], [], REPLY_TIMEOUT_S)[0]:
            raise TimeoutError("no reply on stdout")
        return self.stdout.readline()

    def close(self):
        pass


class BusyCall:
    """Two parties that talk without a pause, one packet at a time. `check()` raises what went wrong."""

    def __init__(self, command):
        self.parties = Party(), Party()
        establish(command, "busy-call", *self.parties, tags=("busy-caller", "busy-callee"))
        self.done = threading.Event()
        self.relayed = 0
        self.failure = None
        self.thread = threading.Thread(target=self._talk)
        self.thread.start()

    def _talk(self):
        try:
            while not self.done.is_set():
                self.relayed += 1
                packet = rtp(self.relayed)
                for speaker, listener in (self.parties, self.parties[::-1]):
                    speaker.send(packet)
                    heard = listener.receive()
                    if heard != packet:
                        raise AssertionError(f"packet {self.relayed} arrived as {heard!r}")
                self.done.wait(0.002)  # leaves the machine to the test
        except Exception as error:
            self.failure = error

    def check(self):
        if self.failure:
            raise AssertionError(f"the call broke at packet {self.relayed}: {self.failure!r}")

    def end(self):
        self.done.set()
        self.thread.join()
        for party in self.parties:
            party.close()
        self.check()
        if self.relayed == 0:
            raise AssertionError("the call never talked")


class HostileTest(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        directory = self.stack.enter_context(tempfile.TemporaryDirectory())
        first = free_control_socket()
        self.specs = {kind: free_control_socket(kind, directory) for kind in KINDS[:-1]}
        self.proxy = self.stack.enter_context(
            RtpproxyProcess(
                "-l", "127.0.0.1", "-6", "six@::1", "-n", "unix:/nowhere", "-d", "CRIT", "--leg-packet-rate=0",
                *self.OPTIONS,
                control_sockets=[first, *self.specs.values(), "stdio:"],
                media_ports=(20000, 28999),
                standard_streams=(subprocess.PIPE, subprocess.PIPE),
            )
        )  # fmt: skip
        self.call = BusyCall(self.proxy.command)
        self.stack.callback(self.call.end)

    def client(self, kind):
        types = {"udp": DatagramClient, "udp6": DatagramClient, "unix": OneShotClient}
        client = StandardStreamsClient(self.proxy) if kind == "stdio" else types.get(kind, LineClient)(self.specs[kind])
        return self.stack.enter_context(contextlib.closing(client))

    def assert_healthy(self):
        self.call.check()
        self.assertEqual(self.proxy.command("V"), "20040107")


class Commands(HostileTest):
    def test_are_answered_the_same_on_every_transport(self):
        for kind in KINDS:
            client = self.client(kind)
            for name, command, expected in COMMANDS:
                with self.subTest(transport=kind, command=name):
                    reply = client.exchange(command)
                    self.assertRegex(reply, rb"\A(" + expected + rb")\n\Z")
                    self.call.check()
        self.assert_healthy()

    def test_of_a_single_octet_are_answered(self):
        for kind in ("udp", "tcp", "unix"):
            client = self.client(kind)
            for octet in set(range(256)) - set(b"xX \t\r\n"):  # X would end the call
                with self.subTest(transport=kind, octet=octet):
                    self.assertRegex(client.exchange(bytes([octet])), rb"\A(E[0125]|20040107|sessions created[\s\S]*|)\n\Z")
        self.assert_healthy()

    def test_that_are_blank_are_refused(self):
        for kind in KINDS:
            if kind.startswith("udp"):
                continue
            client = self.client(kind)
            for blank in (b" ", b"\t\r ", b"\r"):
                with self.subTest(transport=kind, blank=blank):
                    self.assertEqual(client.exchange(blank), b"E5\n")
        self.assert_healthy()


class Datagrams(HostileTest):
    def test_without_cookie_or_command_are_refused(self):
        for kind in ("udp", "udp6"):
            client = self.client(kind)
            for datagram, reply in [
                (b"", b"E5\n"),
                (b" \t\r\n ", b"E5\n"),
                (b"\n" * 8191, b"E5\n"),
                (b"cookie", b"cookie E5\n"),
                (b"  cookie2 \r\n", b"cookie2 E5\n"),
                (b"cookie3 &&", b"cookie3 E5\n"),
                (b"&& V", b"&& 20040107\n"),
                (b"V V", b"V 20040107\n"),
                (b"\xff\xfe V", b"\xff\xfe 20040107\n"),
            ]:
                with self.subTest(transport=kind, datagram=datagram[:20]):
                    self.assertEqual(client.exchange_raw(datagram), reply)
        self.assert_healthy()

    def test_may_have_the_largest_cookie_and_no_larger_one(self):
        for kind in ("udp", "udp6"):
            client = self.client(kind)
            largest = b"c" * MAX_COOKIE
            self.assertEqual(client.exchange_raw(largest + b" V"), largest + b" 20040107\n")
            for octets in (MAX_COOKIE + 1, 1024, MAX_COMMAND, 65000):
                with self.subTest(transport=kind, octets=octets):
                    self.assertEqual(client.exchange_raw(b"c" * octets + b" V"), b"E5\n")
        self.assert_healthy()

    def test_may_have_the_largest_size_and_no_larger_one(self):
        for kind in ("udp", "udp6"):
            client = self.client(kind)
            self.assertEqual(client.exchange_raw(b"1 V".ljust(MAX_COMMAND)), b"1 20040107\n")
            for octets in (MAX_COMMAND + 1, MAX_COMMAND + 2, 16384, 65507):
                with self.subTest(transport=kind, octets=octets):
                    cookie = b"%d" % octets
                    self.assertEqual(client.exchange_raw((cookie + b" V").ljust(octets)), cookie + b" E5\n")
        self.assert_healthy()

    def test_of_ten_thousand_words_are_refused(self):
        client = self.client("udp")
        self.assertEqual(client.exchange_raw(b"1 U" + b" a" * 10_000), b"1 E5\n")
        self.assert_healthy()


class Connections(HostileTest):
    LINES = ("tcp", "tcp6", "cunix")

    def test_a_line_may_have_the_largest_size_and_no_larger_one(self):
        for kind in self.LINES:
            client = self.client(kind)
            for octets in (MAX_COMMAND - 1, MAX_COMMAND):
                with self.subTest(transport=kind, octets=octets):
                    self.assertEqual(client.exchange(b"V".ljust(octets)), b"20040107\n")
            for octets in (MAX_COMMAND + 1, 65536):
                with self.subTest(transport=kind, octets=octets):
                    self.assertEqual(client.exchange(b"V".ljust(octets)), CLOSED)
                    self.assertEqual(client.exchange(b"V"), b"20040107\n", "a new connection is served")
        self.assert_healthy()

    def test_a_one_shot_command_that_is_too_long_is_refused(self):
        client = self.client("unix")
        self.assertEqual(client.exchange(b"V".ljust(MAX_COMMAND)), b"20040107\n")
        with connect(self.specs["unix"]) as connection:
            connection.sendall(b"V".ljust(MAX_COMMAND + 1))
            self.assertEqual(connection.recv(100), b"E5\n")
        self.assert_healthy()

    def test_standard_input_that_is_too_long_is_closed(self):
        self.proxy.stdin.write(b"V".ljust(MAX_COMMAND) + b"\n" + b"x" * 20_000)
        self.proxy.stdin.flush()
        self.assertEqual(self.proxy.stdout.readline(), b"20040107\n")
        self.assert_healthy()

    def test_commands_come_in_any_pieces(self):
        for kind in self.LINES:
            with self.subTest(transport=kind), connect(self.specs[kind]) as connection:
                for octet in b"VF 20050322\r\n":
                    connection.sendall(bytes([octet]))
                self.assertEqual(connection.recv(100), b"1\n")
                connection.sendall(b"V\n" * 500 + b"VF ")
                self.assertEqual(self.read_lines(connection, 500), [b"20040107"] * 500)
                connection.sendall(b"1\n")
                self.assertEqual(connection.recv(100), b"0\n")
        self.assert_healthy()

    def read_lines(self, connection, count):
        received = b""
        while received.count(b"\n") < count:
            chunk = connection.recv(65536)
            self.assertTrue(chunk, "the connection was closed")
            received += chunk
        return received.split(b"\n")[:-1]

    def test_a_half_closed_connection_gets_its_replies(self):
        for kind in ("unix", *self.LINES):
            with self.subTest(transport=kind), connect(self.specs[kind]) as connection:
                connection.sendall(b"V\n")
                connection.shutdown(socket.SHUT_WR)
                self.assertEqual(connection.recv(100), b"20040107\n")
                self.assertEqual(connection.recv(100), b"")
        self.assert_healthy()

    def test_a_last_line_without_newline_is_not_carried_out(self):
        for kind in self.LINES:
            with self.subTest(transport=kind), connect(self.specs[kind]) as connection:
                connection.sendall(b"V\nX")
                connection.shutdown(socket.SHUT_WR)
                self.assertEqual(self.read_lines(connection, 1), [b"20040107"])
                self.assertEqual(connection.recv(100), b"")
        self.assert_healthy()
        self.assertEqual(self.proxy.active_sessions(), 1)

    def test_clients_that_go_away_leave_nothing_behind(self):
        before = self.proxy.descriptor_count()
        for kind in ("unix", *self.LINES):
            for attempt in range(100):
                with connect(self.specs[kind]) as connection:
                    if attempt % 3 == 1:
                        connection.sendall(b"V")
                    if attempt % 3 == 2:
                        connection.sendall(b"V\n" * 50)
                    if attempt % 2 and kind.startswith("tcp"):
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assert_healthy()
        self.wait_for_descriptors(before)

    def wait_for_descriptors(self, most):
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: self.proxy.descriptor_count() <= most, REPLY_TIMEOUT_S, "connections to be closed")
            return
        self.fail(f"{self.proxy.descriptor_count()} descriptors, {most} before: {self.proxy.descriptors()}")

    def test_a_client_that_never_reads_stalls_only_itself(self):
        for kind in self.LINES:
            with self.subTest(transport=kind), connect(self.specs[kind]) as connection:
                connection.setblocking(False)
                sent = 0
                with contextlib.suppress(BlockingIOError):
                    while sent < 64 << 20:
                        sent += connection.send(b"I\n" * 10_000)
                self.assertGreater(sent, 0)
                self.assert_healthy()
        self.assert_healthy()

    def test_a_crowd_of_idle_connections_keeps_nobody_out(self):
        with contextlib.ExitStack() as crowd:
            for kind in self.LINES:
                for _ in range(100):
                    crowd.enter_context(connect(self.specs[kind])).sendall(b"V")
            for kind in KINDS:
                self.assertEqual(self.client(kind).exchange(b"V"), b"20040107\n", kind)
        self.assert_healthy()


class FuzzedCommands(HostileTest):
    """20,000 datagrams from a fixed seed: noise, and commands with some octets changed."""

    SAMPLES = [
        b"V", b"VF 20050322", b"I", b"Ibl", b"Gv nsess_created pps_in", b"Uc0,8,101t30 c1 127.0.0.1 4000 f;1",
        b"LASZ20c8,101 c1 127.0.0.1 5000 f;1 t;1", b"U6 c2 ::1 4000 f", b"Ul127.0.0.1 c3 127.0.0.1 4000 f t",
        b"Ur127.0.0.9 c4 127.0.0.1 4000 f t unix:/nowhere a%20b", b"D c1 f t", b"Dw c2 f", b"P-1 c1 /x session f;1 t;1",
        b"S c1 f;1", b"Rs c1 f", b"Cp c1 udp:127.0.0.9:7000 f", b"Na c1 f", b"Qv c1 f;1 t;1 ttl rtpa_javg",
        b"U c5 127.0.0.1 4000 f t && S ttl=5 && L 127.0.0.1 5000 && S tos=16", b"Q c1 f;1 t && D",
        b"U c6 127.0.0.1 4000 f t && C c1 f;1 t;1 && M3:1 Dd1 101", b"Un c1 127.0.0.1 4002 f;1 t;1",
    ]  # fmt: skip

    def datagram(self, chance):
        if chance.random() < 0.2:
            return chance.randbytes(chance.randrange(600))
        command = bytearray(chance.choice(self.SAMPLES))
        for _ in range(chance.randrange(4)):
            position = chance.randrange(len(command) + 1)
            kind = chance.randrange(3)
            if kind == 0:
                command[position:position] = chance.choice([b" ", b"&&", b" && ", b"\0", b"%", b"9" * 30, b"\xff", b"[", b"{"])
            elif kind == 1:
                del command[position : position + chance.randrange(5)]
            elif position < len(command):
                command[position] = chance.randrange(256)
        return b"%d %s" % (chance.getrandbits(32), command)

    def is_delete_all(self, datagram):
        return datagram.split()[1:2] in ([b"X"], [b"x"])

    def test_are_all_answered(self):
        chance = random.Random(SEED)
        client = self.client("udp")
        sent = answered = 0
        while sent < FUZZ_DATAGRAMS:
            for _ in range(BURST):
                datagram = self.datagram(chance)
                if not self.is_delete_all(datagram):
                    client.socket.send(datagram)
                    sent += 1
            while answered < sent:
                reply = client.socket.recv(65536)
                answered += 1
                self.assertTrue(reply.endswith(b"\n"), reply)
                self.assertLessEqual(len(reply), 1024)
            self.call.check()
        self.assert_healthy()

    def test_are_survived_on_a_connection(self):
        chance = random.Random(SEED + 1)
        for kind in ("tcp", "cunix", "unix"):
            for _ in range(100):
                with connect(self.specs[kind]) as connection, contextlib.suppress(ConnectionError):
                    lines = (self.datagram(chance) for _ in range(20))
                    connection.sendall(b"".join(line + b"\n" for line in lines if b"x" not in line.lower()))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
            self.call.check()
        self.assert_healthy()


class HostileMedia(HostileTest):
    OPTIONS = ("--host-media=any",)  # the parties are programs of this host, and what they say is no media

    def setUp(self):
        super().setUp()
        self.caller, self.callee = Party(), Party()
        self.stack.callback(self.caller.close)
        self.stack.callback(self.callee.close)
        establish(self.proxy.command, "hostile-media", self.caller, self.callee)
        for speaker, listener in ((self.caller, self.callee), (self.callee, self.caller)):
            speaker.send(rtp(1))
            self.assertEqual(listener.receive(), rtp(1))

    @staticmethod
    def datagrams():
        header = struct.pack("!HII", 1, 2, 3)
        yield "empty", b""
        yield "one octet", b"\x80"
        yield "eleven octets", rtp(5)[:11]
        yield "largest", b"\x80" * 65507
        for version in (0, 1, 3):
            yield f"version {version}", rtp(7, version=version)
        yield "fifteen CSRCs that are not there", b"\x8f\x00" + header
        yield "extension that is not there", b"\x90\x00" + header
        yield "extension longer than the packet", b"\x90\x00" + header + b"\xbe\xde\xff\xff"
        yield "padding of nothing", b"\xa0\x00" + header + b"\0" * 10
        yield "padding longer than the packet", b"\xa0\x00" + header + b"\xff" * 10
        yield "RTCP on the RTP port", rtcp()
        yield "RTCP of wrong length", b"\x80\xc8\xff\xff" + b"\0" * 8
        yield "STUN", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\0" * 12
        yield "DTLS", b"\x16\xfe\xff" + b"\0" * 60
        yield "a command", b"1 X"
        yield "SSRC of zero", rtp(9, ssrc=0)
        yield "sequence number jumps back", rtp(1)
        yield "timestamp jumps", rtp(10, timestamp=0xFFFFFFFF)

    def test_of_a_party_is_relayed_whatever_it_is(self):
        for name, datagram in self.datagrams():
            with self.subTest(name):
                self.caller.send(datagram)
                self.assertEqual(self.callee.receive(), datagram)
                self.callee.send_rtcp(datagram)
                self.assertEqual(self.caller.receive_rtcp(), datagram)
        self.assert_healthy()

    def test_of_a_stranger_is_dropped_whatever_it_is(self):
        with Party() as stranger:
            stranger.relay = self.caller.relay
            for name, datagram in self.datagrams():
                if name in ("sequence number jumps back", "timestamp jumps"):
                    continue  # a stranger that knows the stream is taken for the party, moved
                with self.subTest(name):
                    stranger.send(datagram)
                    self.caller.send(rtp(2))
                    self.assertEqual(self.callee.receive(), rtp(2), "the stranger's packet came first")
        self.assert_healthy()

    def test_at_random_is_relayed_or_dropped(self):
        chance = random.Random(SEED + 2)
        with Party() as stranger:
            stranger.relay = self.caller.relay
            for i in range(FUZZ_DATAGRAMS):
                datagram = chance.randbytes(chance.choice((0, 1, 11, 12, 13, 40, 172, 1400)))
                if chance.random() < 0.7:
                    datagram = bytes([0x80 | chance.randrange(64)]) + datagram[1:]
                if i % 4 == 0:
                    stranger.send(datagram)
                else:
                    self.caller.send(datagram)
                    self.assertEqual(self.callee.receive(), datagram)
        self.assert_healthy()
        counted = self.proxy.command("Q hostile-media from-tag to-tag npkts_ina ndropped")
        self.assertEqual(counted, f"{1 + FUZZ_DATAGRAMS * 3 // 4} 0")


if __name__ == "__main__":
    unittest.main()
