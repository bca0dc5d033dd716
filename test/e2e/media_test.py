"""Who hears whom: where the program takes media from, where it sends it, and how it counts it.

That a datagram is *not* relayed is seen from the next one on the same port, which arrives first.
"""

import contextlib
import signal
import socket
import time
import unittest

from media_party import WAIT_S, Party, establish, parse_address, rtcp, rtp, udp_socket
from rtpproxy_process import RtpproxyProcess, wait_until

SMALLEST_SENT_ONCE = 128  # octets, with -2
TTL = r"\A(60|[1-5]\d)"  # of 60 s, some of which may have passed


class MediaTest(unittest.TestCase):
    OPTIONS = ["-l", "127.0.0.1"]

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.proxy = self.start(*self.OPTIONS)
        self.command = self.proxy.command

    def start(self, *options):
        return self.stack.enter_context(RtpproxyProcess(*options))

    def party(self, host="127.0.0.1"):
        return self.stack.enter_context(Party(host))

    def stranger(self, victim, host="127.0.0.1"):
        """Somebody else who sends to the same port."""
        other = self.party(host)
        other.relay = victim.relay
        return other

    def call(self, call="call", hosts=("127.0.0.1", "127.0.0.1"), **modifiers):
        caller, callee = self.party(hosts[0]), self.party(hosts[1])
        establish(self.command, call, caller, callee, **modifiers)
        return caller, callee

    def assert_hears(self, listener, speaker, datagram, relay=None):
        """What `speaker` says reaches `listener`, from the port that `listener` sends to."""
        speaker.send(datagram)
        heard, source = listener.receive_from()
        self.assertEqual(heard, datagram)
        self.assertEqual(source, relay or listener.relay)

    def assert_refused(self, listener, speaker, datagram, party):
        """What `speaker` says does not arrive; what `party` says next on the same port does."""
        fence = rtp(1, ssrc=0x00FE9CE0, payload=b"fence")
        speaker.send(datagram)
        party.send(fence)
        self.assertEqual(listener.receive(), fence)

    def assert_counters(self, **expected):
        """Counters of the program. They are read while media flows, so the last packet may be counted a moment later."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: self.proxy.counters(*expected) == expected, WAIT_S, "the counters")
        self.assertEqual(self.proxy.counters(*expected), expected)

    def talk(self, caller, callee, packets=3, first=1):
        for sequence in range(first, first + packets):
            self.assert_hears(callee, caller, rtp(sequence))
            self.assert_hears(caller, callee, rtp(sequence, ssrc=0xCA11EE))


class Arrival(MediaTest):
    STOPPED_S = 0.8

    def test_is_when_the_kernel_got_a_packet(self):
        """What holds the program up is no jitter of the party. Time stamps tell when each packet was really sent."""
        caller, callee = self.call()
        self.talk(caller, callee)
        begin, before, longest_gap = time.monotonic(), None, 0
        for sequence in range(100, 200):
            if sequence == 130:
                self.proxy.send_signal(signal.SIGSTOP)
                stopped = time.monotonic()
            if sequence > 130 and stopped and time.monotonic() - stopped > self.STOPPED_S:
                self.proxy.send_signal(signal.SIGCONT)
                stopped = None
            now = time.monotonic()
            caller.send(rtp(sequence, ssrc=0xE7E2, timestamp=int((now - begin) * 8000)))
            longest_gap = max(longest_gap, now - (before or now))
            before = now
            time.sleep(0.02)
        self.assertIsNone(stopped)
        wait_until(lambda: self.command("Q call from-tag to-tag npkts_ina").startswith("103"), WAIT_S, "the packets")
        jitter, gap = map(float, self.command("Q call from-tag to-tag rtpa_jmax longest_ipi").split())
        self.assertLess(jitter, self.STOPPED_S * 8000 / 16 / 3)
        self.assertLess(gap, longest_gap + self.STOPPED_S / 3)


class Relaying(MediaTest):
    def test_is_symmetric_and_leaves_datagrams_as_they_are(self):
        caller, callee = self.call()
        self.talk(caller, callee)

    def test_takes_datagrams_of_any_size(self):
        self.command = self.start(*self.OPTIONS, "--host-media=any").command
        caller, callee = self.call()
        for size in (0, 1, 11, 12, 127, 128, 1472, 8192, 8193, 60_000, 65_507):
            with self.subTest(octets=size):
                datagram = rtp(1, payload=b"x" * size)[:size]
                self.assert_hears(callee, caller, datagram)
                self.assert_hears(caller, callee, datagram)

    def test_goes_to_the_signalled_address_before_a_party_was_heard(self):
        caller, callee = self.call()
        self.assert_hears(callee, caller, rtp(1))

    def test_begins_when_both_parties_have_a_port(self):
        caller, callee = self.party(), self.party()
        offered = self.command(f"U call 127.0.0.1 {caller.port} from")
        callee.relay = parse_address(offered)
        callee.send(rtp(1))
        self.assert_counters(npkts_discard=1, npkts_rcvd=0)
        caller.relay = parse_address(self.command(f"L call 127.0.0.1 {callee.port} from to"))
        self.assert_hears(caller, callee, rtp(2))

    def test_has_ports_of_its_own_for_rtcp(self):
        caller, callee = self.call()
        for speaker, listener in ((caller, callee), (callee, caller)):
            speaker.send_rtcp(rtcp())
            heard, source = listener.rtcp_socket.recvfrom(65536)
            self.assertEqual(heard, rtcp())
            self.assertEqual(source, (listener.relay[0], listener.relay[1] + 1))
        self.assertEqual(caller.waiting() + callee.waiting(), [])

    def test_ends_with_the_session(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        self.assertEqual(self.command("D call from-tag to-tag"), "0")
        wait_until(lambda: self.is_free(caller.relay) and self.is_free(callee.relay), WAIT_S, "the ports to be closed")
        caller.send(rtp(9))
        callee.send(rtp(9))
        self.assertEqual(self.command("V"), "20040107")
        self.assertEqual(caller.waiting() + callee.waiting(), [])

    @staticmethod
    def is_free(address):
        with contextlib.suppress(OSError):
            udp_socket(*address).close()
            udp_socket(address[0], address[1] + 1).close()
            return True
        return False

    def test_goes_on_from_a_new_port_the_controller_asks_for(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        old = callee.relay
        callee.relay = parse_address(self.command(f"Un call 127.0.0.1 {caller.port} from-tag to-tag"))
        self.assertNotEqual(callee.relay, old)
        self.assert_hears(caller, callee, rtp(4, ssrc=0xCA11EE))
        self.assert_hears(callee, caller, rtp(4))

    def test_keeps_sessions_of_a_call_apart(self):
        audio = self.call("call", tags=("from;1", "to;1"))
        video = self.call("call", tags=("from;2", "to;2"))
        self.talk(*audio)
        self.talk(*video)
        self.assertEqual([party.waiting() for party in (*audio, *video)], [[]] * 4)


class ClassicLearning(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "--learning=classic"]

    def test_follows_the_first_source_of_a_party_behind_a_nat(self):
        caller, callee = self.party(), self.party()
        nat = self.party("127.0.0.7")
        establish(self.command, "call", caller, callee)
        nat.relay = caller.relay
        self.assert_hears(callee, nat, rtp(1))
        self.assert_hears(nat, callee, rtp(1, ssrc=0xCA11EE))
        self.assertEqual(caller.waiting(), [], "the signalled address was wrong")

    def test_learns_a_party_that_signalled_no_address(self):
        caller, callee = self.party(), self.party()
        callee.relay = parse_address(self.command("U call 0.0.0.0 0 from"))
        caller.relay = parse_address(self.command(f"L call 127.0.0.1 {callee.port} from to"))
        callee.send(rtp(1, ssrc=0xCA11EE))
        wait_until(lambda: self.command("Q call from to ndropped") == "1", WAIT_S, "the packet without destination")
        self.assert_hears(callee, caller, rtp(1))
        self.assert_hears(caller, callee, rtp(2, ssrc=0xCA11EE))

    def test_follows_a_stream_to_another_port_and_host(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        for host in ("127.0.0.1", "127.0.0.9"):
            moved = self.stranger(caller, host)
            sequence = 4 if host == "127.0.0.1" else 5
            self.assert_hears(callee, moved, rtp(sequence))
            self.assert_hears(moved, callee, rtp(sequence, ssrc=0xCA11EE))
            self.assertEqual(caller.waiting(), [])

    def test_follows_a_stream_536_sequence_numbers_ahead_and_no_further(self):
        caller, callee = self.call()
        self.talk(caller, callee, packets=1)
        self.assert_refused(callee, self.stranger(caller), rtp(1 + 537), caller)
        self.assert_refused(callee, self.stranger(caller), rtp(0), caller)

        caller, callee = self.call("other-call")
        self.talk(caller, callee, packets=1)
        self.assert_hears(callee, self.stranger(caller), rtp(1 + 536))

    def test_follows_a_stream_across_the_wrap_of_sequence_numbers(self):
        caller, callee = self.call()
        self.assert_hears(callee, caller, rtp(65_535))
        self.assert_hears(callee, self.stranger(caller), rtp(65_536))

    def test_refuses_a_third_party(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        for host in ("127.0.0.1", "127.0.0.66"):
            thief = self.stranger(caller, host)
            for name, datagram in [
                ("another SSRC", rtp(4, ssrc=0xBAD)),
                ("no RTP", b"not RTP"),
                ("empty", b""),
                ("RTCP", rtcp()),
                ("another version", rtp(4, version=0)),
            ]:
                with self.subTest(name, host=host):
                    self.assert_refused(callee, thief, datagram, caller)
            self.assert_hears(caller, callee, rtp(4, ssrc=0xCA11EE))
            self.assertEqual(thief.waiting(), [], "the thief heard the call")

    def test_refuses_a_third_party_on_the_rtcp_port(self):
        caller, callee = self.call()
        caller.send_rtcp(rtcp())
        self.assertEqual(callee.receive_rtcp(), rtcp())
        self.stranger(caller).send_rtcp(rtcp(0xBAD))
        caller.send_rtcp(rtcp(1))
        self.assertEqual(callee.receive_rtcp(), rtcp(1))

    def test_refused_packets_are_neither_received_nor_dropped_of_the_session(self):
        caller, callee = self.call()
        self.talk(caller, callee, packets=1)
        thief = self.stranger(caller)
        for _ in range(5):
            thief.send(rtp(2, ssrc=0xBAD))
        self.assert_refused(callee, thief, rtp(2, ssrc=0xBAD), caller)
        self.assertEqual(self.command("Q call from-tag to-tag npkts_ina ndropped"), "2 0")
        self.assert_counters(npkts_discard=6)

    def test_follows_any_source_after_a_new_offer(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        moved = self.party("127.0.0.8")
        offered = self.command(f"U call 127.0.0.8 {moved.port} from-tag to-tag")
        self.assertEqual(parse_address(offered), callee.relay)
        for ssrc in (0xAAAA, 0xBBBB):
            source = self.stranger(caller)
            self.assert_hears(callee, source, rtp(30_000, ssrc=ssrc))
            self.assert_hears(source, callee, rtp(5, ssrc=0xCA11EE))

    def test_a_new_offer_moves_the_destination_of_a_party_that_said_the_truth(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        moved = self.party("127.0.0.8")
        moved.relay = caller.relay
        self.command(f"U call 127.0.0.8 {moved.port} from-tag to-tag")
        self.assert_hears(moved, callee, rtp(4, ssrc=0xCA11EE))
        self.assertEqual(caller.waiting(), [])

    def test_hold_keeps_the_address(self):
        caller, callee = self.call()
        self.talk(caller, callee)
        self.command(f"U call 0.0.0.0 {caller.port} from-tag to-tag")
        self.talk(caller, callee, first=4)

    def test_guesses_the_rtcp_address_of_a_party_behind_a_nat(self):
        caller, callee = self.call()
        nat = self.stranger(caller, "127.0.0.7")
        self.assert_hears(callee, nat, rtp(1))
        callee.send_rtcp(rtcp())
        self.assertEqual(nat.receive_rtcp(), rtcp())


class GuardedLearning(MediaTest):
    """The default. Its rules are in test/unit/guarded_latch_test.cpp; here they meet real sockets and time."""

    def stream(self, speaker, first, packets, ssrc=0x5EED):
        """RTP at the pace of audio; enough of it is believed, or never will be."""
        for sequence in range(first, first + packets):
            speaker.send(rtp(sequence, ssrc=ssrc, timestamp=160 * sequence))
            time.sleep(0.02)

    def assert_reaches_in_time(self, listener, speaker, first, ssrc=0x5EED):
        """What `speaker` streams is relayed before long; all of it that is relayed has been heard afterwards."""
        for sequence in range(first, first + 400):
            self.stream(speaker, sequence, 1, ssrc)
            if listener.waiting():
                fence = rtp(sequence + 1, ssrc=ssrc, timestamp=160 * (sequence + 1), payload=b"fence")
                speaker.send(fence)
                while listener.receive() != fence:
                    pass
                return sequence + 2
        raise AssertionError("nothing came through")

    def test_nat_changes_the_port_at_the_beginning_and_during_the_call(self):
        caller, callee = self.call()
        first = 1
        for _ in range(2):
            nat = self.stranger(caller)
            first = self.assert_reaches_in_time(callee, nat, first)
            self.assert_hears(nat, callee, rtp(first, ssrc=0xCA11EE))
            self.assertEqual(caller.waiting(), [])

    def test_party_moves_to_another_host(self):
        caller, callee = self.call()
        self.stream(caller, 1, 10)
        for _ in range(10):
            callee.receive()
        moved = self.stranger(caller, "127.0.0.9")
        first = self.assert_reaches_in_time(callee, moved, 11)
        self.assert_hears(moved, callee, rtp(first, ssrc=0xCA11EE))

    def test_first_stranger_and_spray_get_nothing(self):
        caller, callee = self.call()
        thief = self.stranger(caller, "127.0.0.66")
        self.stream(thief, 1, 20, ssrc=0xBAD)
        thief.send_rtcp(rtcp(0xBAD))
        self.assertEqual(callee.waiting(), [])
        for sequence in range(1, 20):
            thief.send(rtp(sequence, ssrc=0xBAD))
            thief.send(rtp(sequence, payload=b"copied header"))
            self.assert_hears(callee, caller, rtp(sequence))
        self.assertEqual(callee.waiting() + thief.waiting(), [])
        self.assertEqual(self.command("Q call from-tag to-tag npkts_ina ndropped"), "19 0")

    def test_new_offer_is_obeyed_at_once(self):
        caller, callee = self.call()
        nat = self.stranger(caller)
        self.assert_reaches_in_time(callee, nat, 1)
        moved = self.party("127.0.0.8")
        moved.relay = caller.relay
        self.command(f"U call 127.0.0.8 {moved.port} from-tag to-tag")
        self.assert_hears(moved, callee, rtp(4, ssrc=0xCA11EE))
        self.assert_hears(callee, moved, rtp(4, ssrc=0xAAAA))
        self.assertEqual(nat.waiting(), [])

    def test_party_that_signalled_no_address_is_learned(self):
        caller, callee = self.party(), self.party()
        callee.relay = parse_address(self.command("U call 0.0.0.0 0 from"))
        caller.relay = parse_address(self.command(f"L call 127.0.0.1 {callee.port} from to"))
        first = self.assert_reaches_in_time(callee, caller, 1)
        self.assert_hears(caller, callee, rtp(first, ssrc=0xCA11EE))


class SignalledAddressOnly(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "--learning=signalled"]

    def test_hears_the_signalled_address_and_nobody_else(self):
        caller, callee = self.call()
        self.assert_refused(callee, self.stranger(caller), rtp(1), caller)
        self.talk(caller, callee)


class Asymmetric(MediaTest):
    def test_party_receives_where_it_said_and_sends_from_any_port(self):
        caller, callee = self.call(offer="Ua", answer="La")
        for _ in range(3):
            source = self.stranger(caller)
            self.assert_hears(callee, source, rtp(1, ssrc=source.port))
            self.assert_hears(caller, callee, rtp(1))
            self.assertEqual(source.waiting(), [])

    def test_party_does_not_send_from_another_host(self):
        caller, callee = self.call(offer="Ua", answer="La")
        self.assert_hears(callee, caller, rtp(1))
        self.assert_refused(callee, self.stranger(caller, "127.0.0.5"), rtp(2), caller)

    def test_holds_for_one_description(self):
        caller, callee = self.call(offer="Ua", answer="La")
        self.assert_hears(callee, caller, rtp(1))
        self.command(f"U call 127.0.0.1 {caller.port} from-tag to-tag")
        source = self.stranger(caller)
        source.send(rtp(2))
        self.assert_refused(callee, source, rtp(3), caller)


class AsymmetricByDefault(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "--force-asymmetric", "--learning=classic"]

    def test_unless_the_command_says_symmetric(self):
        caller, callee = self.call()
        source = self.stranger(caller)
        self.assert_hears(callee, source, rtp(1))
        self.assert_hears(caller, callee, rtp(1))

        caller, callee = self.call("other", offer="Us", answer="Ls")
        source = self.stranger(caller)
        self.assert_hears(callee, source, rtp(1))
        self.assert_hears(source, callee, rtp(1))


class BetweenFamilies(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "-6", "six@::1"]

    def test_each_pair_of_families_talks(self):
        for hosts in (("127.0.0.1", "::1"), ("::1", "127.0.0.1"), ("::1", "::1"), ("127.0.0.1", "127.0.0.2")):
            with self.subTest(hosts=hosts):
                caller, callee = self.call(f"call-{hosts}".replace(" ", ""), hosts)
                self.talk(caller, callee)
                caller.send_rtcp(rtcp())
                self.assertEqual(callee.receive_rtcp(), rtcp())

    def test_a_label_names_the_address_of_a_leg(self):
        caller, callee = self.party("127.0.0.1"), self.party("::1")
        callee.relay = parse_address(self.command(f"Ul{{six}} call 127.0.0.1 {caller.port} from"))
        self.assertEqual(callee.relay[0], "::1")
        caller.relay = parse_address(self.command(f"L6l127.0.0.1 call ::1 {callee.port} from to"))
        self.assertEqual(caller.relay[0], "127.0.0.1")
        self.assert_hears(caller, callee, rtp(1))
        self.assert_hears(callee, caller, rtp(1))

    def test_rebinding_is_followed_on_ipv6(self):
        self.command = self.start(*self.OPTIONS, "--learning=classic").command
        caller, callee = self.call(hosts=("::1", "127.0.0.1"))
        self.talk(caller, callee)
        moved = self.stranger(caller, "::1")
        self.assert_hears(callee, moved, rtp(4))
        self.assert_hears(moved, callee, rtp(4, ssrc=0xCA11EE))


class Bridging(MediaTest):
    OPTIONS = ["-l", "127.0.0.1/127.0.0.2"]

    def test_letters_choose_the_interface_of_each_side(self):
        for letters, callee_side, caller_side in [
            ("", "127.0.0.1", "127.0.0.1"),
            ("ei", "127.0.0.1", "127.0.0.2"),
            ("ie", "127.0.0.2", "127.0.0.1"),
            ("ee", "127.0.0.2", "127.0.0.2"),
            ("ii", "127.0.0.1", "127.0.0.1"),
            ("e", "127.0.0.1", "127.0.0.2"),
            ("i", "127.0.0.1", "127.0.0.1"),
        ]:
            with self.subTest(letters=letters):
                caller, callee = self.call(f"call{letters}", offer=f"U{letters}")
                self.assertEqual((callee.relay[0], caller.relay[0]), (callee_side, caller_side))
                self.talk(caller, callee)

    def test_makes_parties_asymmetric(self):
        caller, callee = self.call(offer="Uei")
        source = self.stranger(caller)
        self.assert_hears(callee, source, rtp(1))
        self.assert_hears(caller, callee, rtp(1))
        self.assertEqual(source.waiting(), [])


class BridgingBetweenFamilies(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "-6", "/::1"]

    def test_is_chosen_by_letters(self):
        caller, callee = self.party("127.0.0.1"), self.party("::1")
        callee.relay = parse_address(self.command(f"Uie call 127.0.0.1 {caller.port} from"))
        caller.relay = parse_address(self.command(f"L6ei call ::1 {callee.port} from to"))
        self.assertEqual((callee.relay[0], caller.relay[0]), ("::1", "127.0.0.1"))
        self.talk(caller, callee)


class TrafficClass(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "-6", "six@::1"]

    @staticmethod
    def received_class(of):
        """The TOS octet or the traffic class of the next datagram."""
        if of.family == socket.AF_INET6:
            of.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
        else:
            of.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)

        def receive():
            _, ancillary, _, _ = of.recvmsg(65536, 1024)
            return int.from_bytes(ancillary[0][2][:4], "little")

        return receive

    def assert_class(self, speaker, listener, expected):
        receive = self.received_class(listener.rtp_socket)
        receive_rtcp = self.received_class(listener.rtcp_socket)
        speaker.send(rtp(1))
        self.assertEqual(receive(), expected)
        speaker.send_rtcp(rtcp())
        self.assertEqual(receive_rtcp(), expected)

    def test_is_expedited_forwarding_unless_told(self):
        caller, callee = self.call(hosts=("127.0.0.1", "::1"))
        self.assert_class(callee, caller, 0xB8)
        self.assert_class(caller, callee, 0xB8)

    def test_is_what_the_option_says(self):
        for option, expected in (("0", 0), ("32", 32), ("0x2e", 0x2E), ("252", 252)):
            with self.subTest(option):
                self.command = self.start(*self.OPTIONS, "-t", option).command
                caller, callee = self.call(hosts=("::1", "127.0.0.1"))
                self.assert_class(callee, caller, expected)
                self.assert_class(caller, callee, expected)

    def test_is_set_for_one_leg_by_a_subcommand(self):
        caller, callee = self.call()
        renewed = f"U call 127.0.0.1 {caller.port} from-tag to-tag && "
        self.assertEqual(parse_address(self.command(renewed + "S tos=16")), callee.relay)
        self.assert_class(callee, caller, 16)
        self.assert_class(caller, callee, 0xB8)
        self.assertRegex(self.command("Q call from-tag to-tag ttl && Sr tos=8"), rf"{TTL}\Z")
        self.assert_class(caller, callee, 8)
        self.assert_class(callee, caller, 16)

    def test_set_before_the_port_exists_takes_effect_with_it(self):
        caller, callee = self.party(), self.party()
        callee.relay = parse_address(self.command(f"U call 127.0.0.1 {caller.port} from && S tos=24"))
        caller.relay = parse_address(self.command(f"L call 127.0.0.1 {callee.port} from to"))
        self.assert_class(callee, caller, 24)
        self.assert_class(caller, callee, 0xB8)

    def test_beyond_an_octet_is_an_error(self):
        caller, callee = self.call()
        self.assertRegex(self.command("Q call from-tag to-tag ttl && S tos=256"), rf"{TTL} && -1\Z")
        self.assert_class(callee, caller, 0xB8)


class SendingTwice(MediaTest):
    OPTIONS = ["-l", "127.0.0.1", "-2", "--host-media=any"]

    def test_is_for_packets_below_128_octets(self):
        caller, callee = self.call()
        for size, copies in ((0, 2), (12, 2), (127, 2), (128, 1), (172, 1)):
            with self.subTest(octets=size):
                datagram = rtp(1, payload=b"x" * SMALLEST_SENT_ONCE)[:size]
                fence = rtp(2, payload=b"y" * 200)
                caller.send(datagram)
                caller.send(fence)
                for _ in range(copies):
                    self.assertEqual(callee.receive(), datagram)
                self.assertEqual(callee.receive(), fence)

    def test_is_for_rtcp_and_counted_once(self):
        caller, callee = self.call()
        caller.send_rtcp(rtcp())
        self.assertEqual([callee.receive_rtcp() for _ in range(2)], [rtcp()] * 2)
        self.assert_counters(npkts_rcvd=1, npkts_relayed=1)


class Counters(MediaTest):
    def test_of_a_session(self):
        caller, callee = self.call()
        for sequence in (1, 2, 3, 3, 6):  # one duplicate, two lost
            self.assert_hears(callee, caller, rtp(sequence))
        self.assert_hears(callee, caller, b"\x8fis no RTP, but looks like it")
        self.assert_hears(caller, callee, rtp(1, ssrc=0xCA11EE))
        caller.send_rtcp(rtcp())
        callee.receive_rtcp()
        q = "Q call from-tag to-tag"
        self.assertRegex(self.command(q), rf"{TTL} 6 1 7 0\Z")
        self.assertRegex(self.command("Q call to-tag from-tag"), rf"{TTL} 1 6 7 0\Z")
        self.assertEqual(
            self.command("Qv call from-tag to-tag rtpa_nsent rtpa_nrcvd rtpa_ndups rtpa_nlost rtpa_perrs"),
            "rtpa_nsent=6 rtpa_nrcvd=4 rtpa_ndups=1 rtpa_nlost=2 rtpa_perrs=1",
        )
        self.assertEqual(self.command("Q call to-tag from-tag rtpa_nsent rtpa_nrcvd rtpa_nlost"), "1 1 0")
        for name in ("longest_ipi", "rtpa_jlast", "rtpa_jmax", "rtpa_javg"):
            self.assertRegex(self.command(f"{q} {name}"), r"\A\d+\.\d{6}\Z", name)
        self.assertEqual(float(self.command("Q call to-tag from-tag rtpa_jlast")), 0)

    def test_of_the_program(self):
        names = (
            "nsess_created nsess_destroyed nsess_timeout nsess_complete nsess_nortp nsess_owrtp nsess_nortcp nsess_owrtcp "
            "npkts_rcvd npkts_relayed npkts_discard rtpa_nsent rtpa_nrcvd rtpa_ndups rtpa_nlost rtpa_perrs"
        ).split()
        both, one_way, silent = self.call("both"), self.call("one-way"), self.call("silent")
        self.command(f"U half-open 127.0.0.1 {silent[0].port} from")
        self.talk(*both, packets=3)
        self.assert_hears(one_way[1], one_way[0], rtp(1))
        self.assert_hears(one_way[1], one_way[0], rtp(4))
        self.assert_refused(one_way[1], self.stranger(one_way[0]), rtp(5, ssrc=0xBAD), one_way[0])
        both[0].send_rtcp(rtcp())
        both[1].receive_rtcp()

        # Analysed packets are added up when their session ends.
        self.assert_counters(**dict.fromkeys(names[11:], 0))
        self.assertEqual(self.command("X"), "0")
        expected = [4, 4, 0, 3, 1, 1, 2, 1, 11, 10, 1, 3 + 3 + 4 + 1, 3 + 3 + 2 + 1, 0, 2, 0]
        self.assert_counters(**dict(zip(names, expected, strict=True)))

    def test_of_commands(self):
        names = "ncmds_rcvd ncmds_succd ncmds_errs ncmds_repld".split()
        before = self.proxy.counters(*names)
        self.command("V")
        self.command("Z")
        self.command("D none x")
        self.command("L none 127.0.0.1 4000 f t")
        after = self.proxy.counters(*names)
        self.assertEqual({name: after[name] - before[name] for name in names}, dict(zip(names, (5, 2, 3, 5), strict=True)))
        self.assertEqual(after["ncmds_rcvd"], after["ncmds_succd"] + after["ncmds_errs"] + 1)
        self.assertEqual(after["ncmds_repld"], after["ncmds_succd"] + after["ncmds_errs"])

    def test_of_duration(self):
        self.call()
        self.assert_counters(total_duration=0)
        self.command("D call from-tag")
        self.assertGreater(self.proxy.counters("total_duration")["total_duration"], 0)

    def test_of_the_summary_for_people(self):
        caller, callee = self.call()
        self.talk(caller, callee, packets=2)
        self.command("U half 127.0.0.1 4000 f")
        self.assert_counters(npkts_rcvd=4, npkts_relayed=4)
        self.assertEqual(
            self.command("I"),
            "sessions created: 2\nactive sessions: 2\nactive streams: 4\npackets received: 4\npackets transmitted: 4",
        )

    def test_without_destination_packets_are_dropped(self):
        caller = self.party()
        self.command(f"U call 127.0.0.1 {caller.port} from")
        caller.relay = parse_address(self.command("L call 0.0.0.0 0 from to"))
        for sequence in range(3):
            caller.send(rtp(sequence))
        counts = "Q call from to npkts_ina npkts_ino nrelayed ndropped"
        wait_until(lambda: self.command(counts) == "3 0 0 3", WAIT_S, "three dropped packets")
        self.assert_counters(npkts_rcvd=3, npkts_relayed=0, npkts_discard=3)

    def test_a_destination_port_of_zero_is_none(self):
        caller = self.party()
        self.command(f"U call 127.0.0.1 {caller.port} from")
        caller.relay = parse_address(self.command("L call 127.0.0.1 0 from to"))
        caller.send(rtp(1))
        wait_until(lambda: self.command("Q call from to ndropped") == "1", WAIT_S, "the dropped packet")


class ThroughItself(MediaTest):
    """Sessions whose parties are our own ports."""

    def test_a_chain_of_sessions_relays(self):
        caller, callee = self.party(), self.party()
        outer_offer = parse_address(self.command(f"U outer 127.0.0.1 {caller.port} f"))
        inner_offer = parse_address(self.command(f"U inner {outer_offer[0]} {outer_offer[1]} f"))
        callee.relay = inner_offer
        inner_answer = parse_address(self.command(f"L inner 127.0.0.1 {callee.port} f t"))
        caller.relay = parse_address(self.command(f"L outer {inner_answer[0]} {inner_answer[1]} f t"))
        self.talk(caller, callee, packets=5)
        caller.send_rtcp(rtcp())
        self.assertEqual(callee.receive_rtcp(), rtcp())
        self.assertRegex(self.command("Q outer f t"), rf"{TTL} 5 5 10 0\Z")
        self.assertRegex(self.command("Q inner f t"), rf"{TTL} 5 5 10 0\Z")

    def test_a_ring_of_sessions_is_cut(self):
        # Each session believes that the other one is both of its parties.
        a_callee_side = parse_address(self.command("U a 0.0.0.0 0 f"))
        b_callee_side = parse_address(self.command(f"U b {a_callee_side[0]} {a_callee_side[1]} f"))
        a_caller_side = parse_address(self.command(f"L a {b_callee_side[0]} {b_callee_side[1]} f t"))
        b_caller_side = parse_address(self.command(f"L b {a_caller_side[0]} {a_caller_side[1]} f t"))
        self.command(f"U a {b_caller_side[0]} {b_caller_side[1]} f t")
        injector = self.party()
        for target in (a_callee_side, a_caller_side, b_callee_side, b_caller_side):
            injector.relay = target
            for sequence in range(3):
                injector.send(rtp(sequence))
        self.assert_quiet()

    def test_a_session_that_is_its_own_party_is_cut(self):
        callee_side = parse_address(self.command("U a 0.0.0.0 0 f"))
        caller_side = parse_address(self.command(f"L a {callee_side[0]} {callee_side[1]} f t"))
        self.command(f"U a {caller_side[0]} {caller_side[1]} f t")
        injector = self.party()
        for target in (callee_side, caller_side):
            injector.relay = target
            injector.send(rtp(1))
        self.assert_quiet()

    def assert_quiet(self):
        """Packets stop going round: what is received comes to a rest. A ring would run at thousands a second."""
        received = -1

        def at_rest():
            nonlocal received
            before, received = received, self.proxy.counters("npkts_rcvd")["npkts_rcvd"]
            return received == before

        wait_until(at_rest, WAIT_S, "the ring to fall silent")
        self.assertLess(received, 200)


class Load(MediaTest):
    def test_many_calls_at_once_lose_nothing(self):
        calls = [self.call(f"call-{number}") for number in range(50)]
        for sequence in range(1, 21):
            for caller, callee in calls:
                caller.send(rtp(sequence, ssrc=caller.port))
                callee.send(rtp(sequence, ssrc=callee.port))
            for caller, callee in calls:
                self.assertEqual(callee.receive(), rtp(sequence, ssrc=caller.port))
                self.assertEqual(caller.receive(), rtp(sequence, ssrc=callee.port))
        self.assert_counters(npkts_relayed=50 * 20 * 2)


if __name__ == "__main__":
    unittest.main()
