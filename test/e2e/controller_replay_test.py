"""What OpenSIPS and Kamailio were seen to send, on the transports they use, and what they need back.

A controller reads a reply of at most 255 octets in one go: cookie byte for byte, one newline at the very end, an even
port, an address. It keeps the ports it was told for as long as the call lasts.
"""

import concurrent.futures
import contextlib
import ipaddress
import itertools
import pathlib
import re
import select
import socket
import tempfile
import unittest

from rtpproxy_process import RtpproxyProcess, free_control_socket

DATA = pathlib.Path(__file__).resolve().parents[1] / "data" / "controllers"
LONGEST_REPLY = 255  # octets with cookie that OpenSIPS and Kamailio read
PATIENCE_S = 30  # OpenSIPS sends again after a second; the tests never do

MEDIA_ADDRESSES = ["-l", "127.0.0.1", "-6", "six@::1"]
NOTIFY = ["-n", "tcp:127.0.0.10:9991", "-n", "unix:/tmp/n.sock"]
# Flags e and i need two interfaces.
BRIDGING = {"p08": ["-l", "127.0.0.1/127.0.0.2"], "k04": ["-l", "127.0.0.1", "-6", "/::1"]}

PROBE = [b"V"] + [
    b"VF " + date
    for date in b"20050322 20071116 20081102 20090810 20081224 20080403 20150617 20150420 20170313 20071218 20191015".split()
]
NODE_KILLERS = range(7, 11)  # to a U: the node is out of service for a minute; to an L: OpenSIPS crashes


class Scenario:
    def __init__(self, name, commands):
        self.name = name
        self.commands = commands

    def options(self):
        return BRIDGING.get(self.name.split(":")[0], MEDIA_ADDRESSES)


def scenarios(file_name):
    """The blocks of a capture, as the octets that were on the wire."""
    found = []
    for line in (DATA / file_name).read_bytes().split(b"\n"):
        if line.startswith(b"#"):
            found.append(Scenario(line[2:].decode(), []))
        elif line:
            found[-1].commands.append(line)
    return [each for each in found if each.commands]


class UdpTransport:
    """A worker process: one connected socket for life, cookies PID_RANDOM_COUNTER."""

    def __init__(self, spec):
        kind, address = spec.split(":", 1)
        host, port = address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET6 if kind == "udp6" else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect((host, int(port)))
        self.serial = itertools.count()

    def exchange(self, command, cookie=None):
        cookie = cookie or b"19729_8013_%d" % next(self.serial)
        self.socket.send(cookie + b" " + command)
        reply = self.socket.recv(65536)
        if len(reply) > LONGEST_REPLY or not reply.startswith(cookie + b" "):
            raise AssertionError(f"{command!r} with cookie {cookie!r} was answered {reply!r}")
        return reply[len(cookie) + 1 :]

    def close(self):
        self.socket.close()


class OneShotTransport:
    """unix: a connection for each command, no newline, the write side stays open, one read."""

    def __init__(self, spec):
        self.path = spec.removeprefix("unix:")

    def exchange(self, command):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE_S)
            connection.connect(self.path)
            connection.sendall(command)
            reply = connection.recv(65536)
            if connection.recv(1) != b"":
                raise AssertionError(f"{command!r}: there is more than {reply!r}")
        return reply

    def close(self):
        pass


class LineTransport:
    """cunix and tcp: one connection for life, one command outstanding, nothing behind the newline."""

    def __init__(self, spec):
        kind, address = spec.split(":", 1)
        if kind == "cunix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(PATIENCE_S)

    def exchange(self, command):
        self.socket.sendall(command + b"\n")
        reply = self.socket.recv(65536)
        if select.select([self.socket], [], [], 0)[0]:
            raise AssertionError(f"{command!r}: there is more than {reply!r}")
        return reply

    def close(self):
        self.socket.close()


class CallModel:
    """What a controller remembers of its calls, to tell whether it is told the same again."""

    def __init__(self):
        self.ports = {}  # (call-id, creating tag) -> {party the port faces: (port, address)}

    def session_of(self, call, tag, other):
        for reverse, candidate in ((False, tag), (True, other)):
            if (call, candidate) in self.ports:
                return (call, candidate), reverse
        return None, False

    def remember(self, command, port, address):
        """The answer the same command got before, or None; AssertionError if the port is another session's."""
        letter, (call, tag, other) = command[:1], names_of(command)
        session, reverse = self.session_of(call, tag, other)
        if session is None:
            session = (call, tag)
            self.ports[session] = {}
        faces = "callee" if (letter == b"U") != reverse else "caller"
        taken = {where for legs in self.ports.values() for where in legs.values()}
        before = self.ports[session].get(faces)
        if before is None and (port, address) in taken:
            raise AssertionError(f"{command!r}: port {port} belongs to another leg")
        self.ports[session][faces] = (port, address)
        return before

    def forget(self, command):
        """Whether a D meets a session."""
        words = command.split()
        call, tags = words[1], words[2:]
        ended = [
            (each_call, creator)
            for each_call, creator in self.ports
            if each_call == call and any(creator == tag or creator.startswith(tag + b";") for tag in tags)
        ]
        for session in ended:
            del self.ports[session]
        return bool(ended)


def names_of(command):
    words = command.split()
    return words[1], words[4], words[5] if len(words) in (6, 8) or b"&&" in words[6:7] else b""


class ControllerTest(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def start(self, *options, kinds=("udp", "unix", "cunix", "tcp")):
        directory = self.stack.enter_context(tempfile.TemporaryDirectory())
        sockets = [free_control_socket(kind, directory) for kind in kinds]
        proxy = self.stack.enter_context(RtpproxyProcess(*options, control_sockets=sockets))
        return proxy, dict(zip(kinds, sockets, strict=True))

    def check_reply(self, command, reply, model):
        self.assertRegex(reply, rb"\A[^\n]*\n\Z", "exactly one newline, at the end")
        self.assertLessEqual(len(reply), LONGEST_REPLY)
        text = reply[:-1].decode("ascii")
        if text.startswith("E"):
            self.assertRegex(text, r"\AE\d+\Z", "nothing but the number behind E")
        letter = command[:1].upper()
        if letter in b"UL":
            self.check_ports(command, text, model)
        elif letter == b"D":
            self.assertEqual(text, "0" if model.forget(command) else "E50")
        elif letter == b"Q":
            self.assertRegex(text, r"\A\d+( \d+){4}\Z", "five numbers")
        elif command == b"V":
            self.assertEqual(text, "20040107")
        elif command.startswith(b"VF "):
            self.assertIn(text, ("0", "1"))
        else:
            self.assertRegex(text, r"\A(0|E50|E60|E65|E35)\Z")

    def check_ports(self, command, text, model):
        words = text.split(" && ")[0].split(" ")
        port, address = int(words[0]), ipaddress.ip_address(words[1])
        self.assertTrue(1 <= port <= 65535 and port % 2 == 0, port)
        self.assertEqual(words[2:], ["6"] if address.version == 6 else [])
        self.assertFalse(address.is_unspecified)
        before = model.remember(command, port, address)
        self.assertIn(before, (None, (port, address)), "a party keeps the port it was told")

    def replay(self, scenario, transport):
        model = CallModel()
        for command in scenario.commands:
            with self.subTest(scenario.name, command=command):
                reply = transport.exchange(command)
                if command.isascii():
                    self.check_reply(command, reply, model)
                else:
                    self.assertRegex(reply, rb"\AE\d+\n\Z", "garbage is refused")
        self.assertEqual(transport.exchange(b"X"), b"0\n")


class CapturedCommands(ControllerTest):
    def replay_file(self, file_name, kind, transport_type):
        groups = {}
        for scenario in scenarios(file_name):
            groups.setdefault(tuple(scenario.options()), []).append(scenario)
        for options, members in groups.items():
            with self.stack:
                _, sockets = self.start(*options, *NOTIFY)
                with contextlib.closing(transport_type(sockets[kind])) as transport:
                    for scenario in members:
                        self.replay(scenario, transport)

    def test_opensips_over_udp(self):
        self.replay_file("opensips-udp.txt", "udp", UdpTransport)

    def test_kamailio_over_udp(self):
        self.replay_file("kamailio-udp.txt", "udp", UdpTransport)

    def test_opensips_over_one_shot_unix(self):
        self.replay_file("opensips-unix.txt", "unix", OneShotTransport)

    def test_opensips_over_kept_unix(self):
        self.replay_file("opensips-cunix.txt", "cunix", LineTransport)

    def test_opensips_over_tcp(self):
        self.replay_file("opensips-tcp.txt", "tcp", LineTransport)

    def test_the_capture_with_octets_outside_ascii_is_there(self):
        lines = [c for s in scenarios("kamailio-udp.txt") for c in s.commands]
        self.assertTrue(any(not line.isascii() for line in lines))


class Probe(ControllerTest):
    """Each worker of OpenSIPS asks twelve questions as soon as it starts."""

    WORKERS = 8

    def ask(self, transport):
        with contextlib.closing(transport):
            return [transport.exchange(command) for command in PROBE]

    def test_all_workers_at_once_are_answered_without_a_retransmission(self):
        proxy, sockets = self.start("-l", "127.0.0.1", *NOTIFY)
        transports = {"udp": UdpTransport, "unix": OneShotTransport, "cunix": LineTransport, "tcp": LineTransport}
        with concurrent.futures.ThreadPoolExecutor(self.WORKERS * len(transports)) as workers:
            asking = [
                (kind, workers.submit(self.ask, transport(sockets[kind])))
                for kind, transport in transports.items()
                for _ in range(self.WORKERS)
            ]
            answers = [(kind, each.result()) for kind, each in asking]
        expected = answers[0][1]
        self.assertEqual(expected[:2], [b"20040107\n", b"1\n"], "else the node is disabled")
        self.assertTrue(set(expected[2:]) <= {b"0\n", b"1\n"}, expected)
        self.assertEqual(expected[PROBE.index(b"VF 20081224")], b"1\n", "there are notify targets")
        for kind, answer in answers:
            self.assertEqual(answer, expected, kind)
        self.assertEqual(proxy.counters("ncmds_rcvd_ndups"), {"ncmds_rcvd_ndups": 0})

    def test_notification_is_claimed_only_with_a_target(self):
        _, sockets = self.start("-l", "127.0.0.1")
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            self.assertEqual(worker.exchange(b"VF 20081224"), b"0\n")

    def test_unknown_dates_are_denied(self):
        _, sockets = self.start("-l", "127.0.0.1")
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            for date in (b"19700101", b"20991231", b"2005032", b"200503220", b"x"):
                self.assertEqual(worker.exchange(b"VF " + date), b"0\n", date)


class Cookies(ControllerTest):
    def setUp(self):
        super().setUp()
        self.proxy, sockets = self.start("-l", "127.0.0.1", kinds=("udp", "udp6"))
        self.workers = [UdpTransport(sockets[kind]) for kind in ("udp", "udp", "udp6")]
        for worker in self.workers:
            self.addCleanup(worker.close)

    def test_come_back_octet_for_octet(self):
        for cookie in (b"1", b"28667_4", b"0123456789abcdef" * 2, b"19729_8013_12" * 2, b"&&", b"\xff\xfe\x80", b"E50"):
            self.assertEqual(self.workers[0].exchange(b"V", cookie), b"20040107\n")

    def test_a_repeated_command_is_answered_again_and_not_carried_out_again(self):
        worker = self.workers[0]
        offer = b"Uc0,8 call-1 127.0.0.11 20000 from;1"
        first = worker.exchange(offer, b"19729_8013_1")
        self.assertEqual(worker.exchange(b"D call-1 from", b"19729_8013_2"), b"0\n")
        for _ in range(4):
            self.assertEqual(worker.exchange(b"D call-1 from", b"19729_8013_2"), b"0\n")
            self.assertEqual(worker.exchange(offer, b"19729_8013_1"), first)
        self.assertEqual(self.proxy.info()["sessions created"], 1)
        self.assertEqual(self.proxy.active_sessions(), 0)

    def test_of_two_hosts_may_be_the_same(self):
        commands = (b"V", b"VF 20050322", b"VF 19990101")
        replies = [worker.exchange(command, b"1_1_1") for worker, command in zip(self.workers, commands, strict=True)]
        self.assertEqual(replies, [b"20040107\n", b"1\n", b"0\n"])

    def test_a_newline_behind_the_command_does_no_harm(self):
        self.assertEqual(self.workers[0].exchange(b"V\n"), b"20040107\n")
        self.assertEqual(self.workers[0].exchange(b"V\r\n"), b"20040107\n")


class ErrorNumbers(ControllerTest):
    """OpenSIPS takes a node that answers 7 to 10 to a U out of service, and crashes if it is an L."""

    def malformed(self):
        heads = [letter + modifier for letter in b"U L".split() for modifier in self.modifiers()]
        tails = [
            b" call 127.0.0.11 20000 from to",
            b" call 127.0.0.11 20000 from",
            b" call 127.0.0.11 20000",
            b" call 300.0.0.1111 20000 from",
            b" call 127.0.0.11 99999 from",
            b" call 127.0.0.11 -1 from",
            b" call 127.0.0.11 20000 from to && ",
            b" call 127.0.0.11 20000 from to && X",
            b" call 127.0.0.11 20000 from to && R",
            b" call 127.0.0.11 20000 from to && D7",
            b" call 127.0.0.11 20000 from to three four five six",
            b" call 127.0.0.11 20000 from to tcp:127.0.0.1:9 tag",
        ]
        return [head + tail for head in heads for tail in tails]

    def modifiers(self):
        letters = [bytes([octet]) for octet in range(0x21, 0x7F)] + [b"\x80", b"\xff"]
        return [b"", b"z0", b"z1000", b"c,c", b"l1", b"l[", b"l{", b"r[::", b"r1.2.3.4.5", b"t-", b"T9x", b"eee", *letters]

    def test_no_session_command_is_answered_7_to_10(self):
        _, sockets = self.start("-l", "127.0.0.1")
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            for command in self.malformed():
                reply = worker.exchange(command)
                self.assertRegex(reply, rb"\A(E\d+|\d+( [^\n]*)?)\n\Z", command)
                error = re.fullmatch(rb"E(\d+)\n", reply)
                if error:
                    self.assertNotIn(int(error[1]), NODE_KILLERS, command)
            self.assertEqual(worker.exchange(b"X"), b"0\n")

    def test_only_an_undecodable_notify_tag_is_answered_10(self):
        _, sockets = self.start("-l", "127.0.0.1", *NOTIFY)
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            offer = b"U call 127.0.0.11 20000 from tcp:127.0.0.10:9991 "
            self.assertEqual(worker.exchange(offer + b"100%"), b"E10\n")
            self.assertRegex(worker.exchange(offer + b"100%25"), rb"\A\d+ 127\.0\.0\.1\n\Z")

    def test_a_notify_socket_nobody_permitted_does_not_fail_the_offer(self):
        _, sockets = self.start("-l", "127.0.0.1", *NOTIFY)
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            for pair in (b"to;1 unix:/tmp/kn.sock", b"tcp:192.0.2.1:1 tag", b"F;1 SOCK;TAG", b":: ::", b"unix: /"):
                reply = worker.exchange(b"U call 127.0.0.11 20000 from;1 " + pair)
                self.assertRegex(reply, rb"\A\d+ 127\.0\.0\.1\n\Z", pair)


class AdvertisedAddress(ControllerTest):
    def test_is_what_the_controller_is_told(self):
        _, sockets = self.start("-l", "127.0.0.1=203.0.113.9", "-6", "six@::1=2001:db8::9")
        with contextlib.closing(UdpTransport(sockets["udp"])) as worker:
            self.assertRegex(worker.exchange(b"U a 127.0.0.11 20000 f;1"), rb"\A\d+ 203\.0\.113\.9\n\Z")
            self.assertRegex(worker.exchange(b"U66c0 b 2001:db8::1 20000 f;1"), rb"\A\d+ 2001:db8::9 6\n\Z")


if __name__ == "__main__":
    unittest.main()
