"""Prompts and music on hold: files are played to one party of a call, on time, in the payload type it understands.

Audio is compared by correlation with the samples that went into the file, so it does not matter where a packet begins.
"""

import contextlib
import math
import os
import struct
import tempfile
import time
import unittest
import wave

from media_party import WAIT_S, Party, parse_address, rtp
from rtpproxy_process import RtpproxyProcess, is_sandboxed, wait_until

PACKET_S = 0.010
RATE = 8000
LONGEST_PROMPT_S = 60  # a second, and time for the machine to stand still


def tune(seconds=1.0, rate=RATE):
    """Samples that look like nothing but themselves: a tone that rises from 300 to 1500 Hz."""
    return [
        int(12000 * math.sin(2 * math.pi * (300 + 600 * at / seconds) * at))
        for at in (number / rate for number in range(int(seconds * rate)))
    ]


def write_wav(path, samples, rate=RATE, channels=1):
    with wave.open(path, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) * channels for sample in samples))


def decode_pcmu(octet):
    """ITU-T G.711, table 2a."""
    octet ^= 0xFF
    magnitude = ((((octet & 0x0F) << 3) + 0x84) << ((octet & 0x70) >> 4)) - 0x84
    return -magnitude if octet & 0x80 else magnitude


def decode_pcma(octet):
    """ITU-T G.711, table 1a."""
    octet ^= 0x55
    exponent = (octet & 0x70) >> 4
    magnitude = ((octet & 0x0F) << 4) + 8
    if exponent:
        magnitude = (magnitude + 0x100) << (exponent - 1)
    return magnitude if octet & 0x80 else -magnitude


def correlation(heard, expected, largest_shift=200):
    """1 when `heard` is `expected`, moved by some samples at most and louder or softer; about 0 when it is not."""

    def at(shift):
        pairs = list(zip(heard[shift:], expected))
        product = sum(a * b for a, b in pairs)
        return product / math.sqrt((sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)) or 1)

    return max(at(shift) for shift in range(largest_shift))


class RtpPacket:
    def __init__(self, datagram):
        first, second, self.sequence, self.timestamp, self.ssrc = struct.unpack("!BBHII", datagram[:12])
        self.plain = first == 0x80
        self.marker = second >= 0x80
        self.payload_type = second & 0x7F
        self.payload = datagram[12:]


class PlayingTest(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.directory = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.start()

    def start(self, *options):
        self.proxy = self.stack.enter_context(
            RtpproxyProcess("-l", "127.0.0.1", *(options or ("--prompt-dir", self.directory)))
        )
        self.command = self.proxy.command

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, octets):
        with open(self.path(name), "wb") as file:
            file.write(octets)

    def set_up_call(self, offered="0,8,101", answered="0,8,101", call="CID"):
        """The lines are OpenSIPS's. The parties send once each."""
        caller, callee = self.stack.enter_context(Party()), self.stack.enter_context(Party())
        callee.relay = parse_address(self.command(f"Uc{offered} {call} 127.0.0.1 {caller.port} F;1"))
        caller.relay = parse_address(self.command(f"Lc{answered} {call} 127.0.0.1 {callee.port} F;1 T;1"))
        return caller, callee

    def assert_relayed(self, speaker, listener):
        datagram = rtp(1, payload=b"relayed")
        speaker.send(datagram)
        self.assertEqual(listener.receive(), datagram)

    def hear(self, party, packets):
        return [RtpPacket(party.receive()) for _ in range(packets)]

    def hear_all(self, party):
        """What the party has heard when nothing is played any more."""
        wait_until(self.is_silent, LONGEST_PROMPT_S, "the end of all prompts")
        return [RtpPacket(datagram) for datagram in party.waiting()]

    def is_silent(self):
        return len(set(self.proxy.counters("nplrs_created", "nplrs_destroyed").values())) == 1

    def assert_one_stream(self, packets, payload_type, ticks):
        """As RFC 3550 wants a stream to be."""
        for number, packet in enumerate(packets):
            self.assertTrue(packet.plain)
            self.assertEqual(packet.payload_type, payload_type)
            self.assertEqual(packet.marker, number == 0)
            self.assertEqual(packet.ssrc, packets[0].ssrc)
            self.assertEqual(packet.sequence, (packets[0].sequence + number) & 0xFFFF)
            self.assertEqual(packet.timestamp, (packets[0].timestamp + number * ticks) & 0xFFFFFFFF)
        self.assertEqual(packets[0].timestamp % 2, 0)

    def assert_log_says(self, text):
        wait_until(lambda: text in self.proxy.output(), WAIT_S, f"{text!r} in the log")


class RawFrames(PlayingTest):
    def test_reach_the_party_as_they_are_in_the_file(self):
        octets = bytes(number % 251 for number in range(1000))
        self.write("prompt.0", octets)
        caller, callee = self.set_up_call()
        self.assertEqual(self.command("P CID prompt session F;1 T;1"), "0")
        heard = self.hear_all(caller)
        self.assert_one_stream(heard, payload_type=0, ticks=80)
        self.assertEqual(b"".join(packet.payload for packet in heard), octets[:960])
        self.assertEqual(callee.waiting(), [])
        expected = {"npkts_played": 12, "nplrs_created": 1, "nplrs_destroyed": 1, "npkts_relayed": 0}
        self.assertEqual(self.proxy.counters(*expected), expected)
        self.assertEqual(self.proxy.info()["packets transmitted"], 12)

    def test_come_at_their_pace(self):
        self.write("prompt.8", bytes(80 * 50))
        caller, _ = self.set_up_call()
        begin = time.monotonic()
        self.assertEqual(self.command("P2 CID prompt session F;1 "), "0")
        self.hear(caller, 100)
        self.assertGreater(time.monotonic() - begin, 99 * PACKET_S - 0.002)

    def test_take_the_place_of_the_other_partys_media_until_they_end(self):
        self.write("prompt.0", bytes(80 * 10))
        self.write("long.0", bytes(80 * 100 * LONGEST_PROMPT_S))
        caller, callee = self.set_up_call()
        self.assert_relayed(callee, caller)
        self.assertEqual(self.command("P CID long session F;1 T;1"), "0")
        callee.send(rtp(2, payload=b"dropped"))
        wait_until(lambda: self.command("Q CID T;1 F;1 ndropped") == "1", WAIT_S, "the packet to be dropped")
        self.assert_relayed(caller, callee)  # the other direction flows
        self.assertEqual(self.command("S CID F;1 T;1"), "0")
        self.hear_all(caller)
        self.assertEqual(self.command("P CID prompt session F;1 T;1"), "0")
        self.assertEqual(len(self.hear_all(caller)), 10)
        self.assert_relayed(callee, caller)
        self.assertEqual(self.command("Q CID T;1 F;1 nrelayed ndropped"), "3 1")

    def test_play_for_ever_until_they_are_stopped(self):
        self.write("prompt.0", bytes([1]) * 160)
        caller, callee = self.set_up_call()
        for to_party, first, second in ((caller, "F;1", "T;1"), (callee, "T;1", "F;1")):
            self.assertEqual(self.command(f"P-1 CID {self.path('prompt')} session {first} {second}"), "0")
            self.assert_one_stream(self.hear(to_party, 40), payload_type=0, ticks=80)
            self.assertEqual(self.command(f"S CID {first} {second}"), "0")
        caller.waiting(), callee.waiting()
        self.assert_relayed(callee, caller)
        self.assert_relayed(caller, callee)

    def test_are_those_of_the_first_payload_type_with_a_file(self):
        self.write("prompt.18", bytes(10 * 4))
        self.write("prompt.3", bytes(33 * 4))
        caller, _ = self.set_up_call(offered="96,18,0,101")
        self.assertEqual(self.command("P CID prompt session F;1 "), "0")
        self.assert_one_stream(self.hear_all(caller), payload_type=18, ticks=80)
        self.assertEqual(self.command("P CID prompt 8x3x18 F;1 "), "0")
        self.assert_one_stream(self.hear_all(caller), payload_type=3, ticks=160)

    def test_begin_when_the_callee_has_answered(self):
        self.write("prompt.0", bytes(80 * 5))
        caller, callee = self.stack.enter_context(Party()), self.stack.enter_context(Party())
        self.command(f"Uc0 CID 127.0.0.1 {caller.port} F;1")
        self.assertEqual(self.command("P CID prompt session F;1"), "0")
        self.assertEqual(caller.waiting(), [])
        self.command(f"Lc0 CID 127.0.0.1 {callee.port} F;1 T;1")
        self.assertEqual(len(self.hear_all(caller)), 5)

    def test_stay_in_their_directory(self):
        self.write("prompt.0", bytes(80))
        os.mkdir(self.path("in"))
        os.symlink("/", self.path("in/root"))
        self.set_up_call()
        for name in ("../prompt", "/etc/passwd", f"in/root{self.directory}/../x", f"{self.directory}-not/prompt"):
            with self.subTest(name=name):
                self.assertEqual(self.command(f"P CID {name} 0 F;1"), "E60")
        self.assertEqual(self.command("P CID in/../prompt 0 F;1"), "0")

    def test_are_refused_with_a_reason(self):
        self.set_up_call()
        self.write("dynamic.96", bytes(100))
        os.mkdir(self.path("directory.0"))
        for line, reason in (
            ("P CID none session F;1 T;1", "none.0: No such file or directory"),
            ("P CID dynamic 96 F;1 T;1", "no payload type that can be played"),
            ("P CID directory 0 F;1 T;1", "directory.0: is not a regular file"),
        ):
            with self.subTest(line):
                self.assertEqual(self.command(line), "E60")
                self.assert_log_says(reason)
        self.assertEqual(self.command("P0 CID none 55 F;1"), "0")
        self.assertEqual(self.command("P CID none 0 nobody"), "E50")


class ChangedDescriptions(PlayingTest):
    def setUp(self):
        super().setUp()
        for payload_type in (0, 8):
            octets = b"".join(bytes([place]) * 80 for place in range(100))
            self.write(f"moh.{payload_type}", octets)

    def describe_again(self, caller, callee, offered, answered):
        self.command(f"Uc{offered} CID 127.0.0.1 {caller.port} F;1 T;1")
        self.command(f"Lc{answered} CID 127.0.0.1 {callee.port} F;1 T;1")

    def hear_until(self, party, payload_type):
        """Up to the first packet of that type."""
        heard = [RtpPacket(party.receive())]
        while heard[-1].payload_type != payload_type:
            self.assertLess(len(heard), 100 * WAIT_S)
            heard.append(RtpPacket(party.receive()))
        return heard

    def test_prompt_is_in_a_type_that_the_answer_has(self):
        caller, _ = self.set_up_call(offered="8,0,101", answered="0,101")
        self.assertEqual(self.command("P CID moh session F;1 T;1"), "0")
        self.assert_one_stream(self.hear_all(caller), payload_type=0, ticks=80)

    def test_prompt_from_before_the_answer_begins_in_a_type_that_the_answer_has(self):
        caller, callee = self.stack.enter_context(Party()), self.stack.enter_context(Party())
        self.command(f"Uc8,0 CID 127.0.0.1 {caller.port} F;1")
        self.assertEqual(self.command("P CID moh session F;1"), "0")
        self.command(f"Lc0 CID 127.0.0.1 {callee.port} F;1 T;1")
        heard = self.hear_all(caller)
        self.assertEqual(len(heard), 100)
        self.assert_one_stream(heard, payload_type=0, ticks=80)

    def test_prompt_goes_on_in_the_new_type_where_it_was(self):
        caller, callee = self.set_up_call(offered="0", answered="0")
        self.assertEqual(self.command("P-1 CID moh session F;1 T;1"), "0")
        heard = self.hear(caller, 10)
        for payload_type in (8, 0, 8):
            self.describe_again(caller, callee, str(payload_type), str(payload_type))
            heard += self.hear_until(caller, payload_type)
        heard += self.hear(caller, 10)
        for before, after in zip(heard, heard[1:]):
            self.assertEqual(after.ssrc, before.ssrc)
            self.assertEqual(after.sequence, (before.sequence + 1) & 0xFFFF)
            self.assertEqual(after.timestamp, (before.timestamp + 80) & 0xFFFFFFFF)
            self.assertEqual(after.payload[0], (before.payload[0] + 1) % 100)
            self.assertEqual(after.marker, after.payload_type != before.payload_type)
        self.assertEqual({packet.payload_type for packet in heard[-10:]}, {8})

    def test_lack_of_a_common_type_is_logged_once(self):
        self.set_up_call(offered="0", answered="8")
        for _ in range(3):
            self.assertEqual(self.command("P-1 CID moh session F;1 T;1"), "0")
        self.assertEqual(self.command("S CID F;1 T;1"), "0")
        text = "is not in the descriptions of both parties"
        self.assert_log_says(text)
        self.set_up_call(offered="8,0", answered="0", call="other")
        self.assertEqual(self.command("P CID nosuch session F;1 T;1"), "E60")
        self.assert_log_says("nosuch")
        self.assertEqual(self.proxy.output().count(text), 1)


class SentTwice(PlayingTest):
    def start(self):
        super().start("--prompt-dir", self.directory, "-2")

    def test_each_small_packet_comes_two_times_in_a_row(self):
        self.write("prompt.0", bytes(number % 251 for number in range(80 * 10)))
        caller, _ = self.set_up_call()
        self.assertEqual(self.command("P CID prompt session F;1 T;1"), "0")
        heard = self.hear_all(caller)
        self.assertEqual([packet.payload for packet in heard[::2]], [packet.payload for packet in heard[1::2]])
        self.assert_one_stream(heard[::2], payload_type=0, ticks=80)
        self.assertEqual(len(heard), 20)


class SoundFiles(PlayingTest):
    """Music on hold: a WAV file in the directory, played in whatever the party understands."""

    def setUp(self):
        super().setUp()
        self.samples = tune()
        write_wav(self.path("moh.wav"), tune(rate=44100), rate=44100, channels=2)

    def play(self, codecs, name="moh"):
        caller, _ = self.set_up_call(offered=codecs)
        self.assertEqual(self.command(f"P CID {name} session F;1 T;1"), "0")
        heard = self.hear_all(caller)
        self.assertEqual(self.command("D CID F;1"), "0")
        return heard

    def assert_is_tune(self, heard, decode):
        samples = [decode(octet) for packet in heard for octet in packet.payload]
        self.assertGreater(correlation(samples, self.samples), 0.98)

    def test_are_encoded_as_g711(self):
        for payload_type, decode in ((0, decode_pcmu), (8, decode_pcma)):
            with self.subTest(payload_type):
                heard = self.play(str(payload_type))
                self.assert_one_stream(heard, payload_type, ticks=80)
                self.assertAlmostEqual(len(heard), 100, delta=2)
                self.assert_is_tune(heard, decode)

    def test_are_encoded_as_other_codecs(self):
        for payload_type, octets, packets, ticks in ((9, 80, 100, 80), (3, 33, 50, 160)):
            with self.subTest(payload_type):
                heard = self.play(str(payload_type))
                self.assert_one_stream(heard, payload_type, ticks)
                self.assertAlmostEqual(len(heard), packets, delta=2)
                self.assertEqual({len(packet.payload) for packet in heard}, {octets})

    def test_may_have_any_name_and_format(self):
        os.rename(self.path("moh.wav"), self.path("music"))
        self.assert_is_tune(self.play("0", name="music"), decode_pcmu)

    def test_yield_to_raw_frames(self):
        self.write("moh.0", bytes(80 * 3))
        self.assertEqual(len(self.play("0")), 3)

    def test_are_read_again_when_they_have_changed(self):
        self.assertAlmostEqual(len(self.play("0")), 100, delta=2)
        write_wav(self.path("moh.wav"), tune(0.5))
        self.assertIn(self.command("P CID moh 0 F;1"), "E50")
        wait_until(lambda: len(self.play("0")) <= 52, WAIT_S, "the new file")

    def test_that_are_corrupt_are_refused_with_the_reason(self):
        with open(self.path("moh.wav"), "rb") as file:
            whole = file.read()
        self.write("bad.wav", whole[:8] + b"JUNK" + whole[12:])
        self.write("text.wav", b"no sound at all")
        self.write("empty.wav", b"")
        self.set_up_call()
        for name in ("bad", "text", "empty"):
            with self.subTest(name):
                self.assertEqual(self.command(f"P CID {name} session F;1 T;1"), "E60")
                self.assert_log_says(f"cannot play {name} to the caller: {name}.wav")
        self.assertEqual(self.command("P CID moh session F;1 T;1"), "0")

    def test_wait_behind_nobody_elses_commands(self):
        """The commands of the call come back in order, whatever the time it takes to read the file."""
        write_wav(self.path("long.wav"), [0] * RATE * 600)
        self.set_up_call()
        caller, _ = self.set_up_call(call="other")
        self.assertEqual(self.command("P-1 CID long session F;1 T;1"), "0")
        self.assertEqual(self.command("S CID F;1 T;1"), "0")
        self.assertEqual(self.command("P CID moh session F;1 T;1"), "0")
        self.assertEqual(self.command("P other moh session F;1 T;1"), "0")
        self.assert_one_stream(self.hear_all(caller), 0, 80)


class WithoutDirectory(PlayingTest):
    def start(self):
        super().start("-d", "info")

    def test_names_are_as_they_are_but_not_in_the_sandbox(self):
        self.write("prompt.0", bytes(80))
        self.set_up_call()
        expected = "E60" if is_sandboxed() else "0"
        self.assertEqual(self.command(f"P CID {self.path('prompt')} session F;1 T;1"), expected)
        if is_sandboxed():
            self.assert_log_says("with --sandbox, prompts are played from --prompt-dir only")


if __name__ == "__main__":
    unittest.main()
