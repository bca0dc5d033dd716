"""Recordings: which files there are, what is in them, and that calls go on whatever the disk does.

What was sent has reached the recorder once the other party has it; the JSON file appears when everything is written.
"""

import contextlib
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import time
import unittest

from media_party import establish, rtcp, rtp
from media_test import MediaTest
from recording_files import (
    a_law,
    details,
    fields,
    has_tshark,
    likeness,
    malformed,
    mu_law,
    read_adhoc,
    read_wav,
    rtp_streams,
    tone,
)
from rtpproxy_process import RtpproxyProcess, environment, is_sandboxed, program, wait_until

WAIT_S = 30
ATTEMPTS = 6
CALLER_SSRC = 0xCA11E700
CALLEE_SSRC = 0xCA11EE00


class RecordingTest(MediaTest):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.files = self.directory / "recordings"
        self.files.mkdir()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def enterContext(self, manager):  # of unittest, from Python 3.11 on
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def run_proxy(self, *options, **more):
        self.proxy = self.stack.enter_context(
            RtpproxyProcess("-l", "127.0.0.1", "-6", "six@::1", "-r", self.files, *options, **more)
        )
        self.command = self.proxy.command

    def stop_proxy(self):
        self.stack.close()

    def names(self):
        return sorted(path.name for path in self.files.iterdir())

    def wait_for(self, *names):
        for name in names:
            wait_until((self.files / name).exists, WAIT_S, f"{name} among {self.names()}")

    def assert_replies(self, *exchange):
        for command, reply in exchange:
            self.assertEqual(self.command(command), reply, command)

    def speak(self, caller, callee, packets=5, first=1):
        """As many packets of RTP, and one of RTCP, in both directions, and all of them arrive."""
        for number in range(first, first + packets):
            self.say(caller, callee, rtp(number, ssrc=CALLER_SSRC, payload=b"o" * 160))
            self.say(callee, caller, rtp(number, ssrc=CALLEE_SSRC, payload=b"a" * 160))
        self.say_rtcp(caller, callee, rtcp(CALLER_SSRC))
        self.say_rtcp(callee, caller, rtcp(CALLEE_SSRC))

    def say(self, speaker, listener, datagram):
        speaker.send(datagram)
        self.assertEqual(listener.receive(), datagram)

    def say_rtcp(self, speaker, listener, datagram):
        speaker.send_rtcp(datagram)
        self.assertEqual(listener.receive_rtcp(), datagram)


class Commands(RecordingTest):
    def test_a_lone_tag_is_that_of_the_caller(self):
        self.run_proxy("-P")
        caller, callee = self.call()
        self.assert_replies(
            ("R call to-tag", "E50"),
            ("Rs call to-tag", "E50"),
            ("C call name to-tag", "E50"),
            ("N call to-tag", "E50"),
            ("Na call to-tag", "E50"),
            ("S call to-tag", "E50"),
            ("Q call to-tag", "E50"),
            ("P1 call prompt 0 to-tag", "E50"),
            ("Rs call to-tag from-tag", "0"),
            ("Rs call from-tag", "0"),
        )
        self.speak(caller, callee)
        self.assert_replies(("N call to-tag", "E50"), ("Na call from-tag", "0"), ("D call to-tag", "0"))
        self.wait_for("call=from-tag.json")
        self.assertEqual(self.names(), ["call=from-tag.json", "call=from-tag.pcap"])

    def test_without_a_directory_there_is_no_recording(self):
        with RtpproxyProcess("-l", "127.0.0.1") as proxy:
            proxy.command("U call 127.0.0.1 4000 f")
            for command, reply in (
                ("R call f", "E50"),
                ("C call name f", "E65"),
                ("Cp call name f", "E65"),
                ("N call f", "E50"),
            ):
                self.assertEqual(proxy.command(command), reply, command)

    def test_reply_as_the_classic_program_does(self):
        self.run_proxy()
        self.call()
        self.assert_replies(
            ("Rp call from-tag", "E6"),
            ("Rx call from-tag", "E7"),
            ("R none from-tag", "E50"),
            ("R call other-tag", "E50"),
            ("N call from-tag", "E50"),
            ("R call from-tag to-tag", "0"),
            ("R call from-tag to-tag", "0"),
            ("Rs call from-tag to-tag", "0"),  # no effect without pcap
            ("N call to-tag from-tag", "E50"),
            ("Nx call from-tag", "E7"),
            ("Naa call from-tag", "E6"),
            ("Na call to-tag from-tag", "0"),
            ("Na call to-tag from-tag", "E50"),
            ("Cp call name from-tag", "E65"),
            ("Cz call name from-tag", "E7"),
            ("C none name from-tag", "E50"),
            ("C call name from-tag", "0"),
            ("C call name from-tag", "0"),
            ("N call from-tag", "0"),
            ("N call from-tag", "E50"),
        )

    def test_one_file_takes_effect_in_pcap_files_only(self):
        self.run_proxy("-P")
        self.call()
        self.assert_replies(
            ("Rs call from-tag to-tag", "0"),
            ("R call from-tag to-tag", "0"),
            ("Rs call from-tag to-tag", "E50"),
            ("Rs call to-tag from-tag", "0"),
            ("N call from-tag to-tag", "0"),
            ("N call from-tag to-tag", "E50"),
            ("N call to-tag from-tag", "0"),
        )
        self.wait_for("call=from-tag.json")
        self.assertEqual(self.names(), ["call=from-tag.json", "call=from-tag.pcap"])

    def test_a_tag_without_media_number_means_all_streams(self):
        self.run_proxy()
        for number in (1, 2):
            self.command(f"U call 127.0.0.1 4000 f;{number}")
            self.command(f"L call 127.0.0.1 5000 f;{number} t;{number}")
        self.assert_replies(("R call f t", "0"), ("N call f;2 t;2", "0"), ("N call f t", "0"), ("N call f t", "E50"))
        self.wait_for("call=f.o.json", "call=f-2.o.json")
        self.assertEqual({name for name in self.names() if name.endswith(".rtp")}, {"call=f.o.rtp", "call=f-2.o.rtp"})

    def test_a_party_may_have_several_recordings_but_not_any_number(self):
        self.run_proxy()
        caller, callee = self.call()
        self.assert_replies(("R call from-tag", "0"), *((f"C call name-{n} from-tag", "0") for n in range(3)))
        self.assert_replies(("C call name-3 from-tag", "E65"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag", "0"))
        for name in ("call=from-tag.o", "name-0", "name-1", "name-2"):
            self.wait_for(f"{name}.json")
            self.assertEqual(len(read_adhoc(self.files / f"{name}.rtp")), 5)


class AdHoc(RecordingTest):
    def test_has_a_file_for_each_party_and_component(self):
        self.run_proxy()
        caller, callee = self.call()
        began = time.time()
        self.assert_replies(("R call from-tag to-tag", "0"), ("R call to-tag from-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json", "call=from-tag.a.json")
        self.assertEqual(
            self.names(), [f"call=from-tag.{leg}.{end}" for leg in "ao" for end in ("json", "rtcp", "rtp")]
        )
        for leg, party, ssrc in (("o", caller, CALLER_SSRC), ("a", callee, CALLEE_SSRC)):
            packets = read_adhoc(self.files / f"call=from-tag.{leg}.rtp")
            expected = [rtp(n, ssrc=ssrc, payload=leg.encode() * 160) for n in range(1, 6)]
            self.assertEqual([payload for *_, payload in packets], expected)
            for port, address, when, _ in packets:
                self.assertEqual((port, address), (party.port, bytes((127, 0, 0, 1))))
                self.assertTrue(began - 1 <= when <= time.time() + 1, when)
            ((port, *_, payload),) = read_adhoc(self.files / f"call=from-tag.{leg}.rtcp")
            self.assertEqual((port, payload), (party.port + 1, rtcp(ssrc)))

    def test_begins_octet_by_octet_as_described(self):
        self.run_proxy()
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.say(caller, callee, rtp(1))
        self.assert_replies(("N call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        octets = (self.files / "call=from-tag.o.rtp").read_bytes()
        self.assertEqual(octets[:20], struct.pack("=H", 2) + struct.pack("!H", caller.port) + bytes([127, 0, 0, 1]) + bytes(12))
        self.assertEqual(octets[28:], struct.pack("=H", 172) + rtp(1))

    def test_of_ipv6(self):
        self.run_proxy()
        caller, callee = self.call(hosts=("::1", "::1"))
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.say(caller, callee, rtp(1))
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        octets = (self.files / "call=from-tag.o.rtp").read_bytes()
        self.assertEqual(octets[:20], struct.pack("=H", 10) + struct.pack("!H", caller.port) + bytes(15) + b"\1")

    def test_without_packets_there_are_files_all_the_same(self):
        self.run_proxy()
        self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.rtp", "call=from-tag.o.rtcp")
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        self.assertEqual([(self.files / f"call=from-tag.o.{end}").stat().st_size for end in ("rtp", "rtcp")], [0, 0])

    def test_leaves_rtcp_out_when_told_to(self):
        self.run_proxy("-R")
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        self.assertEqual(self.names(), ["call=from-tag.o.json", "call=from-tag.o.rtp"])

    def test_leaves_the_details_out_when_told_to(self):
        for options in ((), ("-P",), ("--record-format=wav",)):
            self.run_proxy("--no-record-details", *options)
            caller, callee = self.call()
            self.assert_replies(("Rs call from-tag to-tag", "0"))
            self.speak(caller, callee)
            self.assert_replies(("D call from-tag to-tag", "0"))
            self.stop_proxy()
        self.assertEqual(
            self.names(), [f"call=from-tag.{end}" for end in ("o.rtcp", "o.rtp", "pcap", "wav")]
        )

    def test_of_every_session_without_a_command(self):
        self.run_proxy("-a")
        caller, callee = self.call()
        self.speak(caller, callee)
        self.assert_replies(("Rs call from-tag", "0"), ("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json", "call=from-tag.a.json")
        for leg in "oa":
            self.assertEqual(len(read_adhoc(self.files / f"call=from-tag.{leg}.rtp")), 5)

    def test_keeps_what_was_recorded_before(self):
        self.run_proxy()
        caller, callee = self.call()
        for number in range(1, 4):
            self.assert_replies(("R call from-tag to-tag", "0"), ("R call to-tag from-tag", "0"))
            self.say(caller, callee, rtp(number))
            self.say(callee, caller, rtp(number))
            self.assert_replies(("Na call from-tag to-tag", "0"))
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.stop_proxy()
        # The program begins anew, and there is a call of the same name.
        self.run_proxy()
        caller, callee = self.call()
        self.assert_replies(("R call to-tag from-tag", "0"), ("R call from-tag to-tag", "0"))
        self.say(caller, callee, rtp(4))
        self.say(callee, caller, rtp(4))
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.stop_proxy()
        for number, stem in enumerate(("call=from-tag", "call=from-tag-2", "call=from-tag-3", "call=from-tag-4"), 1):
            for leg in "oa":
                ((*_, payload),) = read_adhoc(self.files / f"{stem}.{leg}.rtp")
                self.assertEqual(payload, rtp(number))
        self.assertEqual(len(self.names()), 4 * 6)

    def test_is_complete_when_the_program_ends(self):
        self.run_proxy("--threads", "2")
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        for number in range(500):
            self.say(caller, callee, rtp(number))
        self.stop_proxy()
        self.assertEqual(len(read_adhoc(self.files / "call=from-tag.o.rtp")), 500)
        self.assertEqual(details(self.files / "call=from-tag.o.json")["reason"], "shut_down")


@unittest.skipUnless(has_tshark(), "needs tshark")
class Pcap(RecordingTest):
    def check_whole_call(self, hosts):
        self.run_proxy("-P", "-a")
        caller, callee = self.call(hosts=hosts)
        self.speak(caller, callee, packets=20)
        ports = {side: self.relay_port(party) for side, party in (("caller", caller), ("callee", callee))}
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.json")
        self.assertEqual(self.names(), ["call=from-tag.json", "call=from-tag.pcap"])
        pcap = self.files / "call=from-tag.pcap"
        self.assertEqual(malformed(pcap), [])
        self.assertEqual(
            sorted(rtp_streams(pcap)),
            sorted(
                [
                    (hosts[0], caller.port, hosts[0], ports["caller"], CALLER_SSRC, 20, 0),
                    (hosts[1], callee.port, hosts[1], ports["callee"], CALLEE_SSRC, 20, 0),
                ]
            ),
        )
        # RTCP is shown as it leaves.
        reports = fields(pcap, "udp.srcport", "udp.dstport", where="udp.length == 16")
        self.assertEqual(
            [tuple(map(int, row)) for row in reports],
            [(ports["callee"] + 1, callee.port + 1), (ports["caller"] + 1, caller.port + 1)],
        )

    @staticmethod
    def relay_port(party):
        return party.relay[1]

    def test_has_both_directions_as_tshark_sees_them(self):
        self.check_whole_call(("127.0.0.1", "127.0.0.1"))

    def test_has_both_directions_of_ipv6(self):
        self.check_whole_call(("::1", "::1"))

    def test_has_both_directions_of_a_call_between_ip_versions(self):
        self.check_whole_call(("127.0.0.1", "::1"))

    def test_has_files_of_their_own_for_each_party(self):
        self.run_proxy("--record-format", "pcap")
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        ((*_, ssrc, packets, lost),) = rtp_streams(self.files / "call=from-tag.o.rtp")
        self.assertEqual((ssrc, packets, lost), (CALLER_SSRC, 5, 0))
        # A file of its own has RTCP as it came in.
        ((source, destination),) = fields(self.files / "call=from-tag.o.rtcp", "udp.srcport", "udp.dstport")
        self.assertEqual((int(source), int(destination)), (caller.port + 1, caller.relay[1] + 1))

    def test_begins_with_a_header_before_there_are_packets(self):
        self.run_proxy("-P")
        self.call()
        self.assert_replies(("R call from-tag to-tag", "0"), ("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        header = struct.pack("=IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
        for end in ("rtp", "rtcp"):
            self.assertEqual((self.files / f"call=from-tag.o.{end}").read_bytes(), header)

    def test_under_a_name_of_the_controllers(self):
        self.run_proxy("-P")
        caller, callee = self.call()
        self.assert_replies(("Cs call mine from-tag to-tag", "0"), ("Cs call ignored to-tag from-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("N call from-tag", "0"), ("N call to-tag from-tag", "0"))
        self.wait_for("mine.json")
        self.assertEqual(self.names(), ["mine", "mine.json"])
        self.assertEqual(len(rtp_streams(self.files / "mine")), 2)

    def test_replaces_a_wildcard_by_the_real_address(self):
        proxy = self.stack.enter_context(RtpproxyProcess("-r", self.files, "-P", "-a"))
        caller, callee = self.party(), self.party()
        callee.relay = ("127.0.0.1", int(proxy.command(f"U call 127.0.0.1 {caller.port} f")))
        caller.relay = ("127.0.0.1", int(proxy.command(f"L call 127.0.0.1 {callee.port} f t")))
        self.speak(caller, callee)
        self.assertEqual(proxy.command("D call f t"), "0")
        self.wait_for("call=f.json")
        addresses = {word for row in fields(self.files / "call=f.pcap", "ip.src", "ip.dst") for word in row}
        self.assertEqual(addresses, {"127.0.0.1"})


class Names(RecordingTest):
    def record(self, call, tag="f"):
        self.command(f"U {call} 127.0.0.1 4000 {tag}")
        self.command(f"L {call} 127.0.0.1 5000 {tag} t")
        self.assertEqual(self.command(f"R {call} {tag}"), "0")
        self.assertEqual(self.command(f"D {call} {tag}"), "0")

    def test_stay_in_the_directory(self):
        self.run_proxy()
        self.record("../../escaped")
        self.record("/tmp/escaped")
        self.record("..")
        self.record("x", "../y")
        self.wait_for("%2E.%2F..%2Fescaped=f.o.json", "%2Ftmp%2Fescaped=f.o.json", "%2E.=f.o.json", "x=%2E.%2Fy.o.json")
        self.assertEqual([path.name for path in self.directory.iterdir()], ["recordings"])

    def test_of_the_controllers_choice_stay_there_as_well(self):
        self.run_proxy("-P")
        self.call()
        self.assert_replies(("Cs call ../../../tmp/x from-tag", "0"), ("C call . to-tag from-tag", "0"))
        self.assert_replies(("D call from-tag", "0"))
        self.wait_for("%2E.%2F..%2F..%2Ftmp%2Fx.json", "%2E.json")
        self.assertEqual([path.name for path in self.directory.iterdir()], ["recordings"])

    def test_are_bounded(self):
        self.run_proxy()
        for end in ("1", "2"):
            self.record("x" * 7000 + end)
        wait_until(lambda: len([n for n in self.names() if n.endswith(".json")]) == 2, WAIT_S, "two recordings")
        self.assertLessEqual(max(map(len, self.names())), 220)

    def test_show_what_cannot_be_printed(self):
        self.run_proxy()
        self.command(b"U a\x01\x7f\xff%41 127.0.0.1 4000 f")
        self.command(b"R a\x01\x7f\xff%41 f")
        self.command(b"D a\x01\x7f\xff%41 f")
        self.wait_for("a%01%7F%FF%2541=f.o.json")
        self.assertEqual(details(self.files / "a%01%7F%FF%2541=f.o.json")["call_id"], "a%01%7F%FF%2541")

    def test_do_not_follow_links(self):
        self.run_proxy()
        victim = self.directory / "victim"
        victim.write_text("precious")
        (self.files / "call=from-tag.o.rtp").symlink_to(victim)
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag-2.o.json")
        self.assertEqual(victim.read_text(), "precious")
        self.assertTrue((self.files / "call=from-tag.o.rtp").is_symlink())
        self.assertEqual(len(read_adhoc(self.files / "call=from-tag-2.o.rtp")), 5)


class Details(RecordingTest):
    def test_tell_of_call_parties_packets_and_end(self):
        self.run_proxy("-P")
        caller, callee = self.party(), self.party()
        establish(self.command, "call", caller, callee, offer="Uc0,101", answer="Lc0,101")
        self.assert_replies(("Rs call from-tag to-tag", "0"), ("Rs call to-tag from-tag", "0"))
        self.speak(caller, callee)
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.json")
        told = details(self.files / "call=from-tag.json")
        self.assertEqual(told["call_id"], "call")
        self.assertEqual((told["format"], told["files"]), ("pcap", ["call=from-tag.pcap"]))
        self.assertEqual((told["reason"], told["packets_lost"]), ("deleted", 0))
        self.assertLessEqual(told["started"], told["ended"])
        self.assertRegex(told["started"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
        for side, tag, party in (("caller", "from-tag", caller), ("callee", "to-tag", callee)):
            self.assertEqual(
                told[side],
                {
                    "tag": tag,
                    "address": f"127.0.0.1:{party.port}",
                    "signalled_payload_types": "0,101",
                    "codecs": ["PCMU"],
                    "rtp_packets": 5,
                    "rtcp_packets": 1,
                },
            )

    def test_tell_that_only_the_recording_ended(self):
        self.run_proxy()
        self.call()
        self.assert_replies(("R call from-tag", "0"), ("N call from-tag", "0"))
        self.wait_for("call=from-tag.o.json")
        self.assertEqual(details(self.files / "call=from-tag.o.json")["reason"], "stopped")

    def test_tell_of_a_timeout(self):
        self.run_proxy()
        self.call()
        self.assert_replies(("R call from-tag", "0"))
        self.assertRegex(self.command("Q call from-tag to-tag ttl && S ttl=1"), r"\A\d+\Z")
        self.wait_for("call=from-tag.o.json")
        self.assertEqual(details(self.files / "call=from-tag.o.json")["reason"], "timed_out")


class Spool(RecordingTest):
    def check(self, spool):
        self.run_proxy("-P", "-S", spool)
        caller, callee = self.call()
        self.assert_replies(("Rs call from-tag to-tag", "0"))
        self.speak(caller, callee)
        wait_until((spool / "call=from-tag.pcap").exists, WAIT_S, "the file in the spool directory")
        self.assertEqual(self.names(), [])
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.json", "call=from-tag.pcap")
        self.assertEqual(self.names(), ["call=from-tag.json", "call=from-tag.pcap"])
        wait_until(lambda: not list(spool.iterdir()), WAIT_S, "an empty spool directory")
        self.assertEqual(details(self.files / "call=from-tag.json")["caller"]["rtp_packets"], 5)

    def test_has_the_files_until_they_are_complete(self):
        spool = self.directory / "spool"
        spool.mkdir()
        self.check(spool)

    @unittest.skipUnless(os.path.isdir("/dev/shm"), "needs another file system")
    def test_may_be_on_another_file_system(self):
        spool = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir="/dev/shm")))
        if spool.stat().st_dev == self.files.stat().st_dev:
            self.skipTest("/dev/shm is no other file system")
        self.check(spool)

    def test_needs_a_directory_for_the_end(self):
        line = [program(), "--config", "/dev/null", "-f", "-S", str(self.directory)]
        ended = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False, env=environment())
        self.assertEqual(ended.returncode, 1)
        self.assertIn("needs record_dir", ended.stderr)


class Sound(RecordingTest):
    """Parties that say a tone, in bursts short enough for the relay to believe their timestamps."""

    RATE = 8000
    SECONDS = 0.4
    CALLER_TONE = 440
    CALLEE_TONE = 1000

    def call_with_tones(self, *recording):
        """A call in which both parties have said their tones. The program believes timestamps that are half a second
        ahead of their packets at most, or behind: so a voice that took long to be said, as the machine stood still, is
        no good, and is tried again in another call."""
        for attempt in range(ATTEMPTS):
            name = f"call-{attempt}"
            caller, callee = self.call(name)
            self.assert_replies(*((f"R {name} {tags}", "0") for tags in recording))
            if self.say_tones(caller, callee) < self.SECONDS:
                return name
            self.assert_replies((f"D {name} from-tag to-tag", "0"))
            caller.close(), callee.close()
        self.fail("this machine stands still all the time")

    def say_tones(self, caller, callee):
        """How long the voice took that took longest."""
        took = []
        voices = (
            (caller, callee, 0, CALLER_SSRC, bytes(map(mu_law, tone(self.CALLER_TONE, self.RATE, self.SECONDS)))),
            (callee, caller, 8, CALLEE_SSRC, bytes(map(a_law, tone(self.CALLEE_TONE, self.RATE, self.SECONDS)))),
        )
        for speaker, listener, payload_type, ssrc, octets in voices:
            began = time.monotonic()
            for number in range(len(octets) // 160):
                payload = octets[number * 160 : (number + 1) * 160]
                self.say(speaker, listener, rtp(number, ssrc=ssrc, payload_type=payload_type, payload=payload))
            took.append(time.monotonic() - began)
        return max(took)

    def check(self, path):
        rate, left, right = read_wav(path)
        self.assertEqual(rate, self.RATE)
        for name, samples, frequency, other in (
            ("caller", left, self.CALLER_TONE, self.CALLEE_TONE),
            ("callee", right, self.CALLEE_TONE, self.CALLER_TONE),
        ):
            with self.subTest(name):
                heard = [n for n, sample in enumerate(samples) if sample]
                said = samples[heard[0] : heard[-1] + 1]
                self.assertAlmostEqual(len(said), self.RATE * self.SECONDS, delta=80)
                self.assertGreater(likeness(said, frequency, rate), 0.98)
                self.assertLess(likeness(said, other, rate), 0.02)

    def test_has_the_caller_left_and_the_callee_right(self):
        self.run_proxy("--record-format=wav")
        call = self.call_with_tones("from-tag to-tag", "to-tag from-tag")
        self.assert_replies((f"D {call} from-tag to-tag", "0"))
        self.wait_for(f"{call}=from-tag.json")
        self.assertEqual([name for name in self.names() if call in name], [f"{call}=from-tag.json", f"{call}=from-tag.wav"])
        self.check(self.files / f"{call}=from-tag.wav")
        told = details(self.files / f"{call}=from-tag.json")
        self.assertEqual((told["caller"]["codecs"], told["callee"]["codecs"]), (["PCMU"], ["PCMA"]))

    def test_says_once_what_cannot_be_decoded(self):
        self.run_proxy("--record-format=wav")
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        for number in range(10):
            self.say(caller, callee, rtp(number, payload_type=4, payload=bytes(24)))
        self.assert_replies(("N call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.json")
        told = details(self.files / "call=from-tag.json")
        self.assertEqual(told["caller"]["not_decoded"], [{"payload_type": 4, "codec": "G723", "packets": 10}])
        self.assertEqual(self.proxy.output().count("recording: this build cannot decode payload type 4 (G723)"), 1)

    def test_can_be_played_when_the_program_was_killed(self):
        self.run_proxy("--record-format=wav", "-a")
        path = self.files / f"{self.call_with_tones()}=from-tag.wav"
        enough = 44 + self.RATE * self.SECONDS * 4
        wait_until(lambda: path.exists() and path.stat().st_size >= enough, WAIT_S, "the sound in the file")
        self.proxy.kill()
        self.check(path)
        self.stack.pop_all()  # there is nothing left to be ended in good order

    def test_without_audio_is_an_empty_file(self):
        self.run_proxy("--record-format=wav", "-a")
        self.call()
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.json")
        self.assertEqual(read_wav(self.files / "call=from-tag.wav"), (8000, (), ()))


class Trouble(RecordingTest):
    """The disk fails; the call does not notice."""

    def wait_for_log(self, text):
        wait_until(lambda: text in self.proxy.output(), WAIT_S, f"{text!r} in the log")

    def talk_until(self, caller, callee, condition, what):
        """Talks on, and every packet is relayed, until the condition holds."""
        number = 1000

        def holds():
            nonlocal number
            number += 1
            self.say(caller, callee, rtp(number, ssrc=CALLER_SSRC))
            return condition()

        wait_until(holds, WAIT_S, what)

    def test_a_vanished_directory_costs_recordings_only(self):
        self.run_proxy()
        caller, callee = self.call()
        self.assert_replies(("R call from-tag to-tag", "0"))
        self.speak(caller, callee)
        self.wait_for("call=from-tag.o.rtp")
        shutil.rmtree(self.files)
        self.talk_until(
            caller, callee, lambda: "recording: cannot write" in self.proxy.output(), "the log to tell of the failure"
        )
        self.assert_replies(("R call to-tag from-tag", "E50"), ("C call name to-tag from-tag", "E65"))
        self.assertEqual(self.proxy.output().count("recording: cannot write"), 1)
        if is_sandboxed():
            return  # a directory that is made anew is out of the program's sight
        self.files.mkdir()
        self.talk_until(
            caller, callee, lambda: (self.files / "call=from-tag.o.rtp").exists(), "the recording to go on"
        )
        self.talk_until(
            caller, callee, lambda: "takes recordings again" in self.proxy.output(), "the log to tell of the recovery"
        )
        self.assert_replies(("R call to-tag from-tag", "0"), ("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json", "call=from-tag.a.json")
        self.assertGreater(len(read_adhoc(self.files / "call=from-tag.o.rtp")), 0)
        self.assertGreater(details(self.files / "call=from-tag.o.json")["packets_lost"], 0)

    @contextlib.contextmanager
    def small_file_system(self):
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "rtpproxy-test", str(self.files)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            self.skipTest("cannot mount a file system")
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(self.files)], check=True)

    def test_a_full_disk_costs_recordings_only(self):
        with self.small_file_system():
            self.run_proxy("-P")
            caller, callee = self.call()
            self.assert_replies(("R call from-tag to-tag", "0"))
            ballast = self.files / "ballast"
            ballast.write_bytes(bytes(32768))
            self.talk_until(
                caller, callee, lambda: "recording: cannot write" in self.proxy.output(), "the disk to be full"
            )
            self.assertIn("No space left on device", self.proxy.output())
            ballast.unlink()
            self.talk_until(
                caller, callee, lambda: "takes recordings again" in self.proxy.output(), "the log to tell of room"
            )
            self.assert_replies(("D call from-tag to-tag", "0"))
            self.wait_for("call=from-tag.o.json")
            told = details(self.files / "call=from-tag.o.json")
            self.assertGreater(told["packets_lost"], 0)
            if has_tshark():  # whole packets only, before the gap and behind it
                self.assertEqual(malformed(self.files / "call=from-tag.o.rtp"), [])
                packets = fields(self.files / "call=from-tag.o.rtp", "frame.number")
                self.assertEqual(len(packets), told["caller"]["rtp_packets"] - told["packets_lost"])
            self.stop_proxy()

    def test_a_directory_that_is_missing_from_the_start_is_told_of(self):
        if is_sandboxed():
            self.skipTest("the sandbox refuses to start")
        self.files.rmdir()
        self.run_proxy("-a")
        self.wait_for_log("recording: cannot write")
        caller, callee = self.call()
        self.speak(caller, callee)
        self.files.mkdir()
        self.wait_for("call=from-tag.o.rtp")
        self.assert_replies(("D call from-tag to-tag", "0"))
        self.wait_for("call=from-tag.o.json")


if __name__ == "__main__":
    unittest.main()
