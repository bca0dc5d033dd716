"""Prompts in Opus: `--dynamic-payload` says which payload type it has."""

import os
import time
import unittest

from opus_decoder import OpusDecoder
from playing_test import RATE, PlayingTest, correlation, decode_pcmu, tune, write_wav

OPUS = 111
FRAME_S = 0.020
TICKS = 960  # RFC 7587 section 4.1: 48000 a second, whatever the audio has
OCTETS = 120


class OpusPrompts(PlayingTest):
    OPTIONS = ("--dynamic-payload", f"{OPUS}=opus")

    def setUp(self):
        super().setUp()
        write_wav(self.path("moh.wav"), tune(rate=44100), rate=44100, channels=2)

    def start(self):
        super().start("--prompt-dir", self.directory, *self.OPTIONS)

    def play(self, codecs, offered=f"{OPUS},0,8,101"):
        caller, _ = self.set_up_call(offered=offered, answered=offered)
        self.assertEqual(self.command(f"P CID moh {codecs} F;1 T;1"), "0")
        heard = self.hear_all(caller)
        self.assertEqual(self.command("D CID F;1"), "0")
        return heard

    def assert_is_opus(self, heard):
        self.assert_one_stream(heard, OPUS, TICKS)
        self.assertEqual({len(packet.payload) for packet in heard}, {OCTETS})
        self.assertAlmostEqual(len(heard), 50, delta=1)
        with OpusDecoder(RATE) as decoder:
            frames = [decoder.decode(packet.payload) for packet in heard]
        self.assertEqual({len(frame) for frame in frames}, {round(FRAME_S * RATE)})
        samples = [sample for frame in frames for sample in frame]
        self.assertGreater(correlation(samples, tune()), 0.98)

    def assert_is_pcmu(self, heard):
        self.assert_one_stream(heard, payload_type=0, ticks=80)
        samples = [decode_pcmu(octet) for packet in heard for octet in packet.payload]
        self.assertGreater(correlation(samples, tune()), 0.98)


class WithOpus(OpusPrompts):
    def test_sound_file_is_heard(self):
        self.assert_is_opus(self.play(OPUS))

    def test_list_of_the_session_counts_as_well(self):
        self.assert_is_opus(self.play("session", offered=f"{OPUS},0,101"))

    def test_first_payload_type_of_the_list_counts(self):
        self.assert_is_opus(self.play(f"{OPUS},0"))
        self.assert_is_opus(self.play(f"96,101,{OPUS},8"))
        self.assert_is_pcmu(self.play(f"0,{OPUS}"))

    def test_file_of_raw_frames_is_none_for_opus(self):
        self.write(f"moh.{OPUS}", bytes(1000))
        self.assert_is_opus(self.play(f"{OPUS},0"))
        os.remove(self.path("moh.wav"))
        self.write("moh.0", bytes(80 * 3))
        self.assert_one_stream(self.play(f"{OPUS},0"), payload_type=0, ticks=80)
        self.set_up_call()
        self.assertEqual(self.command(f"P CID moh {OPUS} F;1 T;1"), "E60")
        self.assert_log_says("moh: no sound file, and opus is played from nothing else")

    def test_repetitions_follow_at_their_pace(self):
        write_wav(self.path("moh.wav"), tune(0.2, rate=48000), rate=48000)
        caller, _ = self.set_up_call()
        begin = time.monotonic()
        self.assertEqual(self.command(f"P3 CID moh {OPUS} F;1 T;1"), "0")
        heard = self.hear(caller, 30)
        self.assertGreater(time.monotonic() - begin, 29 * FRAME_S - 0.002)
        self.assertEqual(len(self.hear_all(caller)), 0)
        self.assert_one_stream(heard, OPUS, TICKS)
        payloads = [packet.payload for packet in heard]
        self.assertEqual(payloads[:10], payloads[10:20])

    def test_others_media_flows_again_when_it_ends(self):
        caller, callee = self.set_up_call()
        self.assert_relayed(callee, caller)
        self.assertEqual(self.command(f"P CID moh {OPUS} F;1 T;1"), "0")
        self.assert_is_opus(self.hear_all(caller))
        self.assert_relayed(callee, caller)

    def test_packets_keep_their_length_where_others_are_made_longer(self):
        caller, callee = self.set_up_call(offered=f"{OPUS},0", call="other")
        self.command(f"Lz60c{OPUS},0 other 127.0.0.1 {callee.port} F;1 T;1")
        self.command(f"Uz60c{OPUS},0 other 127.0.0.1 {caller.port} F;1 T;1")
        self.assertEqual(self.command("P other moh session F;1 T;1"), "0")
        self.assert_is_opus(self.hear_all(caller))
        self.command(f"Uz60c0,{OPUS} other 127.0.0.1 {caller.port} F;1 T;1")
        self.assertEqual(self.command("P other moh session F;1 T;1"), "0")
        self.assert_one_stream(self.hear_all(caller), payload_type=0, ticks=480)


class WithOpusSentTwice(OpusPrompts):
    OPTIONS = (*OpusPrompts.OPTIONS, "-2")

    def test_its_packets_are_too_large_for_that(self):
        self.assert_is_opus(self.play(OPUS))


class WithoutTheOption(OpusPrompts):
    OPTIONS = ()

    def test_dynamic_payload_types_are_passed_over(self):
        self.set_up_call()
        self.write(f"moh.{OPUS}", bytes(1000))
        self.assertEqual(self.command(f"P CID moh {OPUS} F;1 T;1"), "E60")
        self.assert_log_says("no payload type that can be played")
        self.command("D CID F;1")
        self.assert_is_pcmu(self.play(f"{OPUS},0"))


if __name__ == "__main__":
    unittest.main()
