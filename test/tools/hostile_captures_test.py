#!/usr/bin/env python3
"""Captures that somebody made to do harm: whatever they say, extractaudio ends, and its output is bounded by how long
the capture lasted and by what is in it."""

import os
import random
import struct
import subprocess
import unittest

from captures import EPOCH, Datagram, adhoc, frame, pcap, pcap_header, pcap_record, rtp
from tools import ToolTest

LOUD = b"\x80" * 160
WAV_HEADER = 100  # octets at most


class HostileCaptures(ToolTest):
    def extract(self, octets, *options, seconds=0.0):
        """Extracts to 16 bit WAV, which must be no longer than `seconds`, and says what came on standard error."""
        self.write("capture", octets)
        _, err = self.extractaudio("-D", "pcm_16", *options, "-A", "capture", "out.wav")
        self.assertLessEqual(len(self.read("out.wav")), WAV_HEADER + seconds * 16000)
        return err

    def refused(self, octets, reason):
        self.write("capture", octets)
        before = self.names()
        _, err = self.extractaudio("-A", "capture", "out.wav", expect=1)
        self.assertIn(reason, err)
        self.assertEqual(self.names(), before)

    def test_a_new_ssrc_with_every_packet(self):
        packets = [
            Datagram(EPOCH + k * 0.001, rtp((0, 3, 8, 9)[k % 4], k, k * 2654435761, LOUD, ssrc=k)) for k in range(20000)
        ]
        self.extract(adhoc(packets), seconds=21)
        self.extract(adhoc(packets), "-n", seconds=20000 * 0.02)

    def test_all_packets_at_once(self):
        self.extract(
            adhoc([Datagram(EPOCH, rtp(0, k, k, LOUD, ssrc=k)) for k in range(20000)]), seconds=0.03
        )

    def test_timestamps_that_jump_by_half_their_range(self):
        packets = [Datagram(EPOCH + k * 0.001, rtp(0, k, (k % 2) << 31, LOUD)) for k in range(20000)]
        self.extract(adhoc(packets), seconds=21)

    def test_clock_that_goes_back(self):
        packets = [Datagram(EPOCH + 1000 - k, rtp(0, k, k * 160, LOUD)) for k in range(1000)]
        self.extract(pcap(packets), seconds=2.1)

    def test_pause_of_years(self):
        for years in (0.01, 1, 400):
            late = [Datagram(EPOCH, rtp(0, 1, 0, LOUD)), Datagram(EPOCH + years * 31536000, rtp(0, 2, 160, LOUD))]
            self.refused(adhoc(late), "packet 2 arrived more than 24 hours after the first")

    def test_long_silence_takes_no_memory(self):
        def memory(pause):
            """KiB that extracting two packets with a pause between them takes."""
            packets = [Datagram(EPOCH, rtp(0, 1, 0, LOUD)), Datagram(EPOCH + pause, rtp(0, 2, 160, LOUD))]
            self.write("capture", adhoc(packets))
            program = subprocess.Popen(
                [os.environ["EXTRACTAUDIO_BINARY"], "-F", "raw", "-D", "ulaw", "-A", "capture", "out"],
                cwd=self.directory,
                stderr=subprocess.DEVNULL,
            )
            _, status, usage = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(program.returncode, 0)
            self.assertEqual(len(self.read("out")), pause * 8000 + 160)
            return usage.ru_maxrss

        self.assertLess(memory(3600), memory(2) + 50_000)

    def test_times_that_are_none(self):
        for when in (float("nan"), float("inf"), -1.0, 1e300):
            self.refused(adhoc([Datagram(when, rtp(0, 1, 0, LOUD))]), "capture: offset 20: ")

    def test_payload_as_long_as_udp_carries(self):
        packets = [Datagram(EPOCH + k, rtp((0, 3, 18)[k % 3], k, k * 8000, b"\xd5" * 65490)) for k in range(30)]
        self.write("capture", adhoc(packets))
        _, err = self.extractaudio("-A", "capture", "out.wav", expect=1)
        self.assertIn("nothing of that is audio", err)

    def test_lengths_that_do_not_fit(self):
        good = frame(Datagram(EPOCH, rtp(0, 1, 0, LOUD)))
        for length in (0xFFFFFFFF, 0x7FFFFFFF, 300000):
            record = struct.pack("<IIII", int(EPOCH), 0, length, length)
            self.refused(pcap_header() + pcap_record(EPOCH, good) + record + good, "capture: offset ")
        self.refused(pcap_header(link_type=147), "capture: offset ")

    def test_every_single_octet_changed(self):
        """Ends with audio or with a message, never otherwise."""
        random.seed(8)
        packets = [Datagram(EPOCH + k * 0.02, rtp(0, k, k * 160, LOUD[:40])) for k in range(3)]
        for whole in (adhoc(packets), pcap(packets)):
            for at in random.sample(range(len(whole)), 25):
                octets = bytearray(whole)
                octets[at] ^= 1 << random.randrange(8)
                self.write("capture", octets)
                self.run_either("capture")

    def test_noise(self):
        random.seed(9)
        for start in (b"", b"\x02\x00", struct.pack("<I", 0xA1B2C3D4), pcap_header()):
            self.write("capture", start + random.randbytes(5000))
            self.run_either("capture")

    def run_either(self, name):
        before = self.names() - {"out.wav"}
        self.write("out.wav", b"old")
        try:
            self.extractaudio("-A", name, "out.wav")
        except AssertionError:
            _, err = self.extractaudio("-A", name, "out.wav", expect=1)
            self.assertRegex(err, r"extractaudio: .+")
            self.assertNotIn("Sanitizer", err)
            self.assertEqual(self.read("out.wav"), b"old")
        self.assertEqual(self.names(), before | {"out.wav"})
        os.unlink(self.directory / "out.wav")


if __name__ == "__main__":
    unittest.main()
