"""Calls between two phones (sipp) through a SIP server (Kamailio) that takes their media through the program, each with
real RTP and RTCP in both directions.

Every call has to succeed; each side has to be told our address and ports, never the other phone's; media has to come
from the very ports that were advertised; and in the end no session and no descriptor may be left over.
"""

import pathlib
import sys
import tempfile
import unittest

from call_site import HOLD_ADDRESS, call_site
from media_flow import play
from recording_files import read_adhoc
from rtpproxy_process import wait_until
from sip_server import kamailio
from sipp_phone import parse_sdp, sipp

SKIPPED = 77
CONCURRENT_CALLS = 20
PATIENCE_S = 30


class CallTest(unittest.TestCase):
    def check_descriptions(self, site, call):
        """Every SDP that a side has received names the relay and no phone. Until both sides have answered, the caller's
        may be missing."""
        self.assertTrue(call.callee.descriptions(sent=False))
        for receiver, sender in ((call.caller, call.callee), (call.callee, call.caller)):
            held = any(HOLD_ADDRESS in text for text in sender.descriptions(sent=True))
            addresses = {site.media_host, HOLD_ADDRESS} if held else {site.media_host}
            for text in receiver.descriptions(sent=False):
                self.check_addresses(site, text, addresses)
                self.check_media_ports(site, text)

    def check_addresses(self, site, text, addresses):
        media = parse_sdp(text)
        self.assertTrue(media, text)
        self.assertLessEqual({m.address for m in media}, addresses, text)
        for phone in {site.caller_host, site.callee_host} - {site.media_host}:
            self.assertNotIn(phone, text)

    def check_media_ports(self, site, text):
        """Even ports out of the range the relay was given, in which no phone has any; another one for each m= line."""
        ports = [media.port for media in parse_sdp(text)]
        lowest, highest = site.proxy.media_ports
        self.assertTrue(all(lowest <= port <= highest and port % 2 == 0 for port in ports), text)
        self.assertEqual(len(set(ports)), len(ports), text)

    def check_counts(self, site, call, to_callee, to_caller):
        """What the relay has counted of the RTP of each m= line is what was played: all that arrived, no more than was
        sent. The last packets may be counted a moment after they arrived."""
        for number, (out, back) in enumerate(zip(to_callee, to_caller, strict=True), start=1):
            arrived = len(out.received) + len(back.received)
            wait_until(lambda: self.stream_counts(site, call, number)[2] >= arrived, PATIENCE_S, "the packets to be counted")
            from_caller, from_callee, relayed, dropped = self.stream_counts(site, call, number)
            self.assertTrue(len(out.received) <= from_caller <= len(out.sent), from_caller)
            self.assertTrue(len(back.received) <= from_callee <= len(back.sent), from_callee)
            self.assertEqual((relayed, dropped), (from_caller + from_callee, 0))

    def stream_counts(self, site, call, number):
        """RTP packets from the caller, from the callee, relayed and dropped, of the m= line with that number."""
        tags = [f"{side.tag};{number}" for side in call.sides]
        return [int(word) for word in site.proxy.command(" ".join(("Q", call.call_id, *tags))).split()[1:]]

    def is_silent(self, site):
        return len(set(site.proxy.counters("nplrs_created", "nplrs_destroyed").values())) == 1

    def advertised_ports(self, call):
        """What each side was last told to send to."""
        return [[port for _, port in side.relays()] for side in call.sides]

    def simple_call(self, site, scenarios=("caller_basic", "callee_basic"), streams=1):
        """A call with media both ways, ended by the caller."""
        [call] = site.dial(*scenarios, streams=streams)
        call.wait_until_answered()
        self.check_descriptions(site, call)
        to_callee, to_caller = call.flows_to_callee(), call.flows_to_caller()
        play(to_callee + to_caller)
        self.assertEqual(site.proxy.active_sessions(), streams)
        self.check_counts(site, call, to_callee, to_caller)
        call.caller.cue()


class Calls(CallTest):
    def test_media_flows_both_ways_until_bye(self):
        with call_site() as site:
            self.simple_call(site)

    def test_script_with_offer_answer_and_destroy(self):
        with call_site(definitions=["EXPLICIT"], flags="cor") as site:
            self.simple_call(site)

    def test_script_that_records_and_plays(self):
        with tempfile.TemporaryDirectory() as name:
            recordings, prompts = pathlib.Path(name, "recordings"), pathlib.Path(name, "prompts")
            recordings.mkdir()
            prompts.mkdir()
            prompt = bytes(number % 251 for number in range(80 * 50))
            (prompts / "welcome.0").write_bytes(prompt)
            options = ("-r", recordings, "--prompt-dir", prompts)
            with call_site(flags="cor", definitions=["SERVICES"], options=options) as site:
                [call] = site.dial("caller_basic", "callee_basic")
                call.wait_until_answered()
                [listener] = call.caller.parties
                heard = b""
                while not heard.endswith(prompt):  # an answer that the callee sends again makes it begin again
                    heard += listener.receive()[12:]
                wait_until(lambda: self.is_silent(site), PATIENCE_S, "the end of the prompt")
                [to_callee], to_caller = call.flows_to_callee(), call.flows_to_caller()
                play([to_callee, *to_caller])
                call.caller.cue()
            recorded = [read_adhoc(path) for path in recordings.glob("*.rtp")]
            self.assertTrue(recorded)
            self.assertTrue(any(len(packets) >= len(to_callee.received) for packets in recorded))

    def test_hold_and_resume_keep_the_ports(self):
        with call_site(flags="cor") as site:
            [call] = site.dial("caller_hold", "callee_hold")
            call.wait_until_answered()
            ports = self.advertised_ports(call)
            play(call.flows())
            for number, flows in ((2, call.flows_to_callee()), (3, call.flows_to_callee()), (4, call.flows())):
                call.caller.cue()
                call.wait_until_answered(number)
                self.check_descriptions(site, call)
                self.assertEqual(self.advertised_ports(call), ports)
                play(flows)
            self.assertEqual(site.proxy.counters("nsess_created")["nsess_created"], 1)
            call.caller.cue()

    def test_callee_may_offer_again_and_hang_up(self):
        with call_site(flags="cor") as site:
            [call] = site.dial("caller_waits", "callee_reinvites")
            call.wait_until_answered()
            ports = self.advertised_ports(call)
            play(call.flows())
            call.callee.cue()
            call.wait_until_answered(2)
            self.check_descriptions(site, call)
            self.assertEqual(self.advertised_ports(call), ports)
            play(call.flows())
            call.callee.cue()

    def test_early_media_is_heard_before_the_call_is_cancelled(self):
        with call_site() as site:
            [call] = site.dial("caller_cancel", "callee_early")
            call.wait_for_media()
            self.check_descriptions(site, call)
            play(call.flows())
            self.assertEqual(site.proxy.active_sessions(), 1)
            call.caller.cue()

    def test_many_calls_at_once(self):
        with call_site() as site:
            calls = site.dial("caller_basic", "callee_basic", calls=CONCURRENT_CALLS)
            for call in calls:
                call.wait_until_answered()
                self.check_descriptions(site, call)
            relays = [relay for call in calls for side in call.sides for relay in side.relays()]
            self.assertEqual(len(set(relays)), 2 * CONCURRENT_CALLS)
            self.assertEqual(site.proxy.active_sessions(), CONCURRENT_CALLS)
            play([flow for call in calls for flow in call.flows()])
            for call in calls:
                call.caller.cue()

    def test_rejected_call_leaves_nothing(self):
        with call_site() as site:
            [call] = site.dial("caller_rejected", "callee_busy")
            self.check_descriptions(site, call)
            wait_until(lambda: site.proxy.counters("nsess_created")["nsess_created"] == 1, PATIENCE_S, "a session")

    def test_audio_and_video(self):
        with call_site() as site:
            self.simple_call(site, ("caller_video", "callee_video"), streams=2)

    def test_ipv6(self):
        with call_site(control="udp6", ipv6=True) as site:
            self.simple_call(site)

    def test_ipv6_audio_and_video(self):
        with call_site(control="unix", ipv6=True, flags="cor") as site:
            self.simple_call(site, ("caller_video", "callee_video"), streams=2)

    def test_control_over_each_transport(self):
        for control in ("udp6", "unix"):
            with self.subTest(control), call_site(control=control) as site:
                self.simple_call(site)

    def test_callee_behind_nat_is_heard_and_reached_where_its_media_comes_from(self):
        # Here all addresses are of the loopback network, which does not count as private: so the first source is taken.
        with call_site(flags="cor", options=["--learning=classic"]) as site:
            [call] = site.dial("caller_basic", "callee_basic")
            call.wait_until_answered()
            [named] = call.callee.parties
            outside = site.party("127.0.0.13")
            outside.relay = named.relay
            [to_callee], [to_caller] = call.flows_to_callee(), call.flows_to_caller()
            to_callee.receiver = to_caller.sender = outside
            play([to_caller], packets=1)
            play([to_callee, to_caller])
            self.assertEqual(named.waiting(), [])
            call.caller.cue()


def missing_tools():
    return [name for name, path in (("sipp", sipp()), ("kamailio", kamailio())) if not path]


if __name__ == "__main__":
    if missing_tools():
        print(f"skipped: not installed: {', '.join(missing_tools())}")
        sys.exit(SKIPPED)
    unittest.main()
