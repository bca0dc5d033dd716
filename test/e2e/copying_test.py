"""Copies of media for recorders (`C`, `Cp`, `N`), as OpenSIPS asks for them for SIPREC, and sessions that hear the media of
another one (`U ... && C`)."""

import contextlib
import socket
import time
import unittest

from media_party import LARGEST_DATAGRAM, WAIT_S, Party, establish, parse_address, rtcp, rtp, udp_socket
from rtpproxy_process import RtpproxyProcess, wait_until

PACKETS = 50
PACKETS_PER_RTCP = 10
MOST_TARGETS = 8
TOS = 0x88


class Recorder(Party):
    """What copies are sent to. It checks that all come from one port pair."""

    def __init__(self, host="127.0.0.1"):
        super().__init__(host)
        self.sources = set()

    @property
    def target(self):
        return f"udp:[{self.host}]:{self.port}" if ":" in self.host else f"udp:{self.host}:{self.port}"

    def heard(self, count):
        """That many RTP datagrams, in their order."""
        return [self._take(self.rtp_socket, 0) for _ in range(count)]

    def heard_rtcp(self, count):
        return [self._take(self.rtcp_socket, 1) for _ in range(count)]

    def _take(self, from_socket, offset):
        datagram, source = from_socket.recvfrom(LARGEST_DATAGRAM)
        self.sources.add((source[0], source[1] - offset))
        return datagram


class Stream:
    """What one party sends: RTP that is different in every packet, and RTCP now and then."""

    def __init__(self, sender, ssrc, payload_octets=160):
        self.sender = sender
        self.ssrc = ssrc
        self.payload_octets = payload_octets
        self.rtp = []
        self.rtcp = []

    def send(self):
        number = len(self.rtp)
        payload = (number.to_bytes(4, "big") * self.payload_octets)[: self.payload_octets]
        self.rtp.append(rtp(number, ssrc=self.ssrc, payload=payload))
        self.sender.send(self.rtp[-1])
        if number % PACKETS_PER_RTCP == 0:
            self.rtcp.append(rtcp(self.ssrc + number))
            self.sender.send_rtcp(self.rtcp[-1])

    def send_all(self, count=PACKETS):
        for _ in range(count):
            self.send()
            time.sleep(0.001)


class CopyTest(unittest.TestCase):
    OPTIONS = ["-l", "127.0.0.1"]

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.proxy = self.start(*self.OPTIONS)
        self.command = self.proxy.command
        self.idle = self.proxy.descriptor_count()

    def start(self, *options):
        return self.stack.enter_context(RtpproxyProcess(*options))

    def party(self, host="127.0.0.1"):
        return self.stack.enter_context(Party(host))

    def recorder(self, host="127.0.0.1"):
        return self.stack.enter_context(Recorder(host))

    def call(self, call="call", tags=("F;1", "T;1"), **modifiers):
        caller, callee = self.party(), self.party()
        establish(self.command, call, caller, callee, tags=tags, **modifiers)
        return caller, callee

    def assert_copied(self, recorder, stream):
        """All of the stream arrives, in order, none twice, from one port pair."""
        self.assertEqual(recorder.heard(len(stream.rtp)), stream.rtp)
        self.assertEqual(recorder.heard_rtcp(len(stream.rtcp)), stream.rtcp)
        self.assertEqual(recorder.waiting(), [])
        self.assertEqual(len(recorder.sources), 1)

    def assert_relayed(self, listener, stream):
        self.assertEqual([listener.receive() for _ in stream.rtp], stream.rtp)
        self.assertEqual([listener.receive_rtcp() for _ in stream.rtcp], stream.rtcp)
        self.assertEqual(listener.waiting(), [])

    def assert_everything_comes_back(self):
        self.assertEqual(self.command("X"), "0")
        self.proxy.wait_until_idle(self.idle, WAIT_S)


class Siprec(CopyTest):
    """The commands of OpenSIPS: one `C` for each stream and side, `N` for each at the end."""

    def test_every_packet_of_both_sides_of_two_streams(self):
        audio = self.call("siprec", ("F;1", "T;1"))
        video = self.call("siprec", ("F;2", "T;2"))
        sides = [(audio[0], "F;1 T;1"), (audio[1], "T;1 F;1"), (video[0], "F;2 T;2"), (video[1], "T;2 F;2")]
        streams = [Stream(party, 0x1000 * (i + 1), 160 if i < 2 else 1180) for i, (party, _) in enumerate(sides)]
        recorders = [self.recorder() for _ in sides]
        for recorder, (_, tags) in zip(recorders, sides):
            self.assertEqual(self.command(f"C siprec {recorder.target} {tags}"), "0")

        for _ in range(PACKETS):
            for stream in streams:
                stream.send()
            time.sleep(0.002)
        for recorder, stream, listener in zip(recorders, streams, (audio[1], audio[0], video[1], video[0])):
            self.assert_copied(recorder, stream)
            self.assert_relayed(listener, stream)
        self.assertEqual(len(set().union(*(recorder.sources for recorder in recorders))), len(sides))

        for _, tags in sides:
            self.assertEqual(self.command(f"N siprec {tags}"), "0")
            self.assertEqual(self.command(f"N siprec {tags}"), "E50")
        more = [Stream(stream.sender, stream.ssrc) for stream in streams]
        for stream, listener in zip(more, (audio[1], audio[0], video[1], video[0])):
            stream.send_all(3)
            self.assert_relayed(listener, stream)
        self.assertEqual([recorder.waiting() for recorder in recorders], [[]] * len(sides))
        self.assert_everything_comes_back()

    def test_ends_with_the_call(self):
        caller, _ = self.call()
        recorder = self.recorder()
        self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        stream = Stream(caller, 1)
        stream.send_all(5)
        self.assert_copied(recorder, stream)
        self.assertEqual(self.command("D call F T"), "0")
        self.proxy.wait_until_idle(self.idle, WAIT_S)
        ended = f"copy of the caller's media to {recorder.target[4:]} ended: 6 packets sent, 0 not sent"
        wait_until(lambda: ended in self.proxy.output(), WAIT_S, f"{ended!r} in the log")

    def test_may_begin_before_the_answer(self):
        caller, callee = self.party(), self.party()
        callee.relay = parse_address(self.command(f"U call 127.0.0.1 {caller.port} F;1"))
        recorder = self.recorder()
        self.assertEqual(self.command(f"C call {recorder.target} F;1"), "0")
        caller.relay = parse_address(self.command(f"L call 127.0.0.1 {callee.port} F;1 T;1"))
        stream = Stream(caller, 1)
        stream.send_all(5)
        self.assert_copied(recorder, stream)


class Targets(CopyTest):
    def test_port_of_cp_is_where_the_copies_come_from(self):
        caller, _ = self.call()
        recorder = self.recorder()
        port, host = self.command(f"Cp call {recorder.target} F;1 T;1").split()
        stream = Stream(caller, 1)
        stream.send_all(11)
        self.assert_copied(recorder, stream)
        self.assertEqual(recorder.sources, {(host, int(port))})
        self.assertEqual(int(port) % 2, 0)
        self.assertTrue(self.proxy.media_ports[0] <= int(port) < self.proxy.media_ports[1])

    def test_several_of_one_leg_each_added_by_a_command(self):
        caller, callee = self.call()
        recorders = [self.recorder() for _ in range(MOST_TARGETS)]
        for recorder in recorders:
            self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        one_more = self.recorder()
        self.assertEqual(self.command(f"C call {one_more.target} F;1 T;1"), "E65")
        stream = Stream(caller, 1)
        stream.send_all()
        for recorder in recorders:
            self.assert_copied(recorder, stream)
        self.assert_relayed(callee, stream)
        self.assertEqual(self.command(f"C call {one_more.target} T;1 F;1"), "0", "the other leg has room")
        self.assertEqual(self.command("Na call F;1 T;1"), "0")
        self.assertEqual(self.command("Na call F;1 T;1"), "E50")
        self.assert_everything_comes_back()

    def test_named_twice_is_served_once(self):
        caller, _ = self.call()
        recorder = self.recorder()
        first = self.command(f"Cp call {recorder.target} F;1 T;1")
        self.assertEqual(self.command(f"Cp call {recorder.target} F;1 T;1"), first)
        self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        stream = Stream(caller, 1)
        stream.send_all(5)
        self.assert_copied(recorder, stream)

    def test_of_ipv6(self):
        caller, _ = self.call()
        recorders = [self.recorder("::1") for _ in range(3)]
        for recorder, target in zip(recorders, ("udp:[::1]", "udp:::1", "udp6:[::1]")):
            port, host = self.command(f"Cp call {target}:{recorder.port} F;1 T;1").split()
            recorder.expected = (host, int(port))
        stream = Stream(caller, 1)
        stream.send_all(11)
        for recorder in recorders:
            self.assert_copied(recorder, stream)
            self.assertEqual(recorder.sources, {recorder.expected})
        self.assert_everything_comes_back()

    def test_that_cannot_be_are_refused(self):
        self.call()
        for target in ("udp:127.0.0.1", "udp:127.0.0.1:0", "udp:127.0.0.1:65535", "udp::7000", "udp:1.2.3:7000",
                       "udp:255.255.255.255:7000", "udp:0.0.0.0:7000", "udp6:127.0.0.1:7000"):
            with self.subTest(target):
                self.assertEqual(self.command(f"C call {target} F;1 T;1"), "E65")
        self.assertEqual(self.command("C nosuch udp:127.0.0.1:7000 F;1 T;1"), "E50")
        self.assertEqual(self.command("Cx call udp:127.0.0.1:7000 F;1 T;1"), "E7")
        self.assert_everything_comes_back()

    def test_where_nobody_listens_disturb_nobody(self):
        caller, callee = self.call()
        with udp_socket() as closed:
            target = f"udp:127.0.0.1:{closed.getsockname()[1]}"
        recorder = self.recorder()
        self.assertEqual(self.command(f"C call {target} F;1 T;1"), "0")
        self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        stream = Stream(caller, 1)
        stream.send_all()
        self.assert_copied(recorder, stream)
        self.assert_relayed(callee, stream)
        self.assert_everything_comes_back()
        self.assertNotIn("refused", self.proxy.output())

    def test_that_appear_later_get_every_packet_from_then_on(self):
        caller, _ = self.call()
        late = self.recorder()
        late.rtp_socket.close()
        self.assertEqual(self.command(f"C call {late.target} F;1 T;1"), "0")
        Stream(caller, 1).send_all(5)
        wait_until(lambda: self.command("Q call F;1 T;1 npkts_ina") == "5", WAIT_S, "what nobody hears to be copied")
        late.rtp_socket = self.stack.enter_context(udp_socket("127.0.0.1", late.port))
        stream = Stream(caller, 2)
        stream.send_all(5)
        self.assertEqual(late.heard(5), stream.rtp)

    def test_ports_that_are_ours_make_no_loop(self):
        caller, callee = self.call(offer="Ua", answer="La")
        for party, tags in ((callee, "F;1 T;1"), (caller, "T;1 F;1")):
            host, port = party.relay
            self.assertEqual(self.command(f"C call udp:{host}:{port} {tags}"), "0")
        caller.send(rtp(1))
        self.assertEqual(callee.receive(), rtp(1))
        self.assertEqual(caller.receive(), rtp(1), "its own, by way of the copy")
        wait_until(lambda: self.proxy.counters("npkts_rcvd")["npkts_rcvd"] >= 2, WAIT_S, "both to be counted")
        time.sleep(0.2)  # for a third to come; a loop would run at thousands a second
        self.assertEqual(self.proxy.counters("npkts_rcvd"), {"npkts_rcvd": 2})
        self.assertEqual(caller.waiting() + callee.waiting(), [])


class Options(CopyTest):
    OPTIONS = ["-l", "127.0.0.1", "--copy-allow", "127.0.0.8/30,10.0.0.0/8", "--copy-allow=::1", "-t", str(TOS), "-R"]

    def test_copy_allow_names_the_permitted_targets(self):
        self.call()
        for host, reply in (("127.0.0.1", "E65"), ("127.0.0.8", "0"), ("127.0.0.12", "E65"), ("[::1]", "0"),
                            ("[::ffff:127.0.0.9]", "0"), ("[::ffff:127.0.0.1]", "E65")):
            with self.subTest(host):
                self.assertEqual(self.command(f"C call udp:{host}:7000 F;1 T;1"), reply)
        refusal = "copy-allow does not permit 127.0.0.1:7000"
        wait_until(lambda: refusal in self.proxy.output(), WAIT_S, f"{refusal!r} in the log")

    def test_no_record_rtcp_leaves_rtcp_out(self):
        caller, _ = self.call()
        recorder = self.recorder("127.0.0.9")
        self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        stream = Stream(caller, 1)
        stream.send_all(11)
        self.assertEqual(recorder.heard(11), stream.rtp)
        recorder.rtcp_socket.setblocking(False)
        self.assertRaises(BlockingIOError, recorder.rtcp_socket.recv, 1)

    def test_copies_have_the_tos_of_media(self):
        caller, _ = self.call()
        recorder = self.recorder("127.0.0.9")
        recorder.rtp_socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        self.assertEqual(self.command(f"C call {recorder.target} F;1 T;1"), "0")
        caller.send(rtp(1))
        _, ancillary, _, _ = recorder.rtp_socket.recvmsg(LARGEST_DATAGRAM, socket.CMSG_SPACE(4))
        self.assertEqual([data[0] for level, kind, data in ancillary if kind == socket.IP_TOS], [TOS])


class Feeding(CopyTest):
    """Sessions that hear another one; the calls are spread over the threads by their names."""

    THREADS = 1
    TARGETS = 6

    def setUp(self):
        self.OPTIONS = ["-l", "127.0.0.1", "--threads", str(self.THREADS)]
        super().setUp()

    def feed(self, number, source="source"):
        """A call that hears the source; its callee hears the source's caller."""
        caller, callee = self.party(), self.party()
        reply = self.command(f"U target-{number} 127.0.0.1 {caller.port} f t && C {source} F;1 T;1")
        callee.relay = parse_address(reply)
        self.assertNotIn("&&", reply)
        caller.relay = parse_address(self.command(f"L target-{number} 127.0.0.1 {callee.port} f t"))
        return caller, callee

    def test_every_packet_reaches_every_session(self):
        source = self.call("source")
        targets = [self.feed(number) for number in range(self.TARGETS)]
        streams = [Stream(source[0], 1), Stream(source[1], 2)]
        for _ in range(PACKETS):
            for stream in streams:
                stream.send()
            time.sleep(0.002)
        for listeners in [(source[1], source[0])] + [(callee, caller) for caller, callee in targets]:
            for listener, stream in zip(listeners, streams):
                self.assert_relayed(listener, stream)
        self.assertEqual(self.command("Q target-0 f t nrelayed ndropped"), "0 0")
        self.assert_everything_comes_back()

    def test_the_end_of_the_source_gives_the_parties_back_to_each_other(self):
        source = self.call("source")
        caller, callee = self.feed(0)
        stream = Stream(source[0], 1)
        stream.send_all(5)
        self.assert_relayed(callee, stream)
        caller.send(rtp(1))
        wait_until(lambda: self.command("Q target-0 f t ndropped") == "1", WAIT_S, "the packet to be dropped")
        self.assertEqual(self.command("D source F T"), "0")
        self.wait_until_relayed("target-0", caller, callee)
        own = Stream(caller, 7)
        own.send_all(5)
        self.assert_relayed(callee, own)
        self.assert_everything_comes_back()

    def wait_until_relayed(self, call, caller, callee):
        """The target hears of the end of its source a moment later: until then what its parties say is dropped."""
        sent = 1 + int(self.command(f"Q {call} f t ndropped"))

        def is_relayed():
            nonlocal sent
            caller.send(rtp(sent))
            wait_until(lambda: sum(self.judged(call)) == sent, WAIT_S, "the packet to be judged")
            sent += 1
            return self.judged(call)[0] > 0

        wait_until(is_relayed, WAIT_S, "the parties to hear each other")
        callee.waiting()

    def judged(self, call):
        """How many packets were relayed, and dropped."""
        return [int(word) for word in self.command(f"Q {call} f t nrelayed ndropped").split()]

    def test_the_end_of_the_target_leaves_the_source_alone(self):
        source = self.call("source")
        self.feed(0)
        Stream(source[0], 1).send_all(5)
        [source[1].receive() for _ in range(5)]
        self.assertEqual(self.command("D target-0 f t"), "0")
        stream = Stream(source[0], 2)
        stream.send_all(5)
        self.assertEqual([source[1].receive() for _ in range(5)], stream.rtp)
        self.assert_everything_comes_back()

    def test_both_ends_in_the_midst_of_media(self):
        for turn in range(10):
            source = self.call("source")
            for number in range(3):
                self.feed(number)
            stream = Stream(source[0], turn)
            for number in range(30):
                stream.send()
                if number == 10:
                    self.assertEqual(self.command("D target-1 f t"), "0")
                if number == 20:
                    self.assertEqual(self.command("D source F T" if turn % 2 else "X"), "0")
            self.assertEqual(self.command("X"), "0")
        self.assert_everything_comes_back()

    def test_a_fed_session_is_copied_like_any_other(self):
        source = self.call("source")
        self.feed(0)
        recorder = self.recorder()
        self.assertEqual(self.command(f"C target-0 {recorder.target} f t"), "0")
        stream = Stream(source[0], 1)
        stream.send_all(11)
        self.assert_copied(recorder, stream)

    def test_a_missing_source_fails_the_subcommand_only(self):
        caller = self.party()
        for number in range(4):
            reply = self.command(f"U target-{number} 127.0.0.1 {caller.port} f t && C nosuch F T")
            self.assertRegex(reply, r"\A\d+ 127\.0\.0\.1 && -1\Z")
            reply = self.command(f"U target-{number} 127.0.0.1 {caller.port} f t && C target-{number} f t")
            self.assertRegex(reply, r"\A\d+ 127\.0\.0\.1 && -1\Z")


class FeedingAcrossThreads(Feeding):
    THREADS = 3


if __name__ == "__main__":
    unittest.main()
