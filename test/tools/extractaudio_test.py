#!/usr/bin/env python3
"""extractaudio: captures written octet by octet become sound files that are compared with what was encoded."""

import base64
import os
import pathlib
import unittest

import audio
import srtp
from captures import EPOCH, Datagram, adhoc, pcap, rtp, stream
from tools import ToolTest

MARGIN = 0.95  # correlation of what G.711, G.722 and GSM bring back
PCM = ("-D", "pcm_16")


class Extraction(ToolTest):
    def encode(self, samples, suffix):
        """Samples as makeann encodes them."""
        self.write("prompt", audio.to_bytes(samples))
        self.makeann("prompt")
        return self.read("prompt." + suffix) if f"prompt.{suffix}" in self.names() else None

    def mu_law(self, samples):
        return self.encode(samples, "0")

    def extract(self, *arguments, **options):
        """Extracts to 16 bit WAV; a list of samples for each channel."""
        self.extractaudio(*PCM, *arguments, **options)
        return audio.read_wav(self.directory / arguments[-1])


class Codecs(Extraction):
    def test_each_codec_comes_back(self):
        spoken = audio.speech(2)
        for suffix, octets in (("0", 160), ("8", 160), ("9", 160), ("3", 33), ("18", 20)):
            encoded = self.encode(spoken, suffix)
            if encoded is None:
                continue
            with self.subTest(payload_type=suffix):
                self.write("call.rtp", adhoc(stream(encoded, int(suffix), octets)))
                (heard,) = self.extract("-A", "call.rtp", "out.wav")
                self.assertEqual(len(heard), len(spoken))
                margin = 0.5 if suffix == "18" else MARGIN  # it models a voice, not the wave
                self.assertGreater(audio.best_correlation(spoken, heard), margin)

    def test_g729_without_the_library_is_told_of(self):
        later = {"start": EPOCH + 0.2, "timestamp": 1600, "sequence": 110}
        self.write("call.rtp", adhoc(stream(b"\xd5" * 1600, 0, 160) + stream(bytes(1000), 18, 20, **later)))
        _, err = self.extractaudio("-A", "call.rtp", "out.wav")
        if "payload type 18" not in err:
            self.assertIn("60 packets", err)
        else:
            self.assertIn("50 of payload type 18", err)

    def test_what_cannot_be_decoded_is_silence_as_long_as_it_lasted(self):
        self.write("call.rtp", adhoc(stream(bytes(24 * 100), 4, 24)))
        _, err = self.extractaudio(*PCM, "-d", "-A", "call.rtp", "out.wav", expect=3)
        self.assertIn("100 of payload type 4", err)
        self.assertIn("the output is silence", err)
        (heard,) = audio.read_wav(self.directory / "out.wav")
        self.assertAlmostEqual(len(heard), 100 * 160, delta=160)
        self.assertEqual(set(heard), {0})
        self.assertIn("call.rtp", self.names())

        later = {"start": EPOCH + 1, "timestamp": 8000, "sequence": 150}
        self.write("call.rtp", adhoc(stream(b"\xd5" * 8000, 0, 160) + stream(bytes(24 * 100), 4, 24, **later)))
        (heard,) = self.extract("-A", "call.rtp", "out.wav")
        self.assertAlmostEqual(len(heard), 8000 + 100 * 160, delta=160)

    def test_payload_type_may_change(self):
        first, second = audio.speech(1), audio.tone(600, 1)
        packets = stream(self.encode(first, "0"), 0, 160)
        packets += stream(self.encode(second, "8"), 8, 160, start=EPOCH + 1, sequence=150, timestamp=8000)
        self.write("call.rtp", adhoc(packets))
        (heard,) = self.extract("-A", "call.rtp", "out.wav")
        self.assertGreater(audio.correlation(first + second, heard), MARGIN)


class Inputs(Extraction):
    def setUp(self):
        super().setUp()
        self.spoken = audio.speech(1)
        self.packets = stream(self.mu_law(self.spoken), 0, 160)

    def check(self, *arguments):
        (heard,) = self.extract(*arguments)
        self.assertEqual(len(heard), len(self.spoken))
        self.assertGreater(audio.correlation(self.spoken, heard), MARGIN)

    def test_formats_are_recognised(self):
        ipv6 = [Datagram(p.when, p.payload, ("2001:db8::1", 5004)) for p in self.packets]
        for name, octets in (
            ("ad-hoc", adhoc(self.packets)),
            ("ad-hoc IPv6", adhoc(ipv6)),
            ("pcap", pcap(self.packets)),
            ("pcap, big endian", pcap(self.packets, ">")),
        ):
            with self.subTest(name):
                self.write("capture", octets)
                self.check("-A", "capture", "out.wav")

    def test_recording_is_found_by_its_name(self):
        self.write("call=tag.a.rtp", adhoc(self.packets))
        self.write("call=tag.o.rtp", adhoc([]))
        self.check("call=tag", "out.wav")

    def test_one_party_is_enough(self):
        self.write("call=tag.o.rtp", adhoc(self.packets))
        _, err = self.extractaudio("call=tag", "out.wav")
        self.assertIn("call=tag.a.rtp: No such file", err)
        _, err = self.extractaudio("-e", "call=tag", "strict.wav", expect=1)
        self.assertIn("call=tag.a.rtp: No such file", err)
        self.assertNotIn("strict.wav", self.names())

    def test_capture_may_come_from_a_pipe(self):
        self.extractaudio(*PCM, "-B", "/dev/stdin", "out.wav", input=pcap(self.packets))
        (heard,) = audio.read_wav(self.directory / "out.wav")
        self.assertGreater(audio.correlation(self.spoken, heard), MARGIN)

    def test_rtcp_and_rubbish_are_left_out(self):
        report = bytes([0x81, 200, 0, 6]) + bytes(24)
        others = [Datagram(EPOCH + 0.5, octets) for octets in (report, b"", b"hello", os.urandom(10))]
        self.write("capture", adhoc(sorted(self.packets + others, key=lambda p: p.when)))
        self.check("-A", "capture", "out.wav")

    def test_both_directions_may_be_in_one_capture(self):
        other = audio.tone(1000, 1)
        packets = self.packets + stream(
            self.mu_law(other), 0, 160, ssrc=0x99, timestamp=77777, source=("198.51.100.9", 4000), start=EPOCH + 0.001
        )
        self.write("capture", pcap(sorted(packets, key=lambda p: p.when)))
        (heard,) = self.extract("-A", "capture", "out.wav")
        both = [a + b for a, b in zip(self.spoken, [0] * 8 + other)]
        self.assertGreater(audio.correlation(both, heard), MARGIN)


class Timing(Extraction):
    def setUp(self):
        super().setUp()
        self.spoken = audio.speech(2)
        self.packets = stream(self.mu_law(self.spoken), 0, 160)

    def heard(self, packets, *options):
        self.write("capture", adhoc(packets))
        (samples,) = self.extract(*options, "-A", "capture", "out.wav")
        return samples

    def test_lost_packets_leave_silence(self):
        heard = self.heard(self.packets[:20] + self.packets[30:])
        self.assertEqual(len(heard), len(self.spoken))
        self.assertEqual(heard[20 * 160 : 30 * 160], [0] * 1600)
        self.assertGreater(audio.correlation(self.spoken[4800:], heard[4800:]), MARGIN)

    def test_gaps_can_be_left_out(self):
        heard = self.heard(self.packets[:20] + self.packets[30:], "-n")
        self.assertGreater(audio.correlation(self.spoken[:3200] + self.spoken[4800:], heard), MARGIN)
        self.assertEqual(len(heard), len(self.spoken) - 1600)

    def test_silence_suppression_is_a_pause(self):
        later = [Datagram(p.when + 5, p.payload[:4] + (k * 160 + 7 * 8000 + 40).to_bytes(4, "big") + p.payload[8:])
                 for k, p in enumerate(self.packets)]
        heard = self.heard(self.packets + [Datagram(p.when + 2, p.payload) for p in later])
        self.assertEqual(len(heard), 9 * 8000 + 40)
        self.assertEqual(set(heard[16000 : 7 * 8000]), {0})
        self.assertGreater(audio.correlation(self.spoken, heard[7 * 8000 + 40 :]), MARGIN)

    def test_overtaken_and_repeated_packets_are_put_right(self):
        packets = list(self.packets)
        packets[10], packets[12] = packets[12], packets[10]
        packets[40], packets[41] = packets[41], packets[40]
        packets.insert(60, packets[59])
        packets.insert(80, packets[70])
        heard = self.heard(packets)
        self.assertEqual(len(heard), len(self.spoken))
        self.assertGreater(audio.correlation(self.spoken, heard), 0.999)

    def test_jitter_is_not_heard(self):
        packets = [Datagram(p.when + (k * 7919 % 90) / 1000, p.payload) for k, p in enumerate(self.packets)]
        packets = [packets[0]] + sorted(packets[1:], key=lambda p: p.when)
        heard = self.heard(packets)
        self.assertGreater(audio.correlation(self.spoken, heard), 0.999)

    def test_new_ssrc_begins_where_it_arrives(self):
        other = stream(self.mu_law(audio.tone(700, 1)), 0, 160, start=EPOCH + 3, ssrc=7, timestamp=123456789)
        heard = self.heard(self.packets + other)
        self.assertEqual(len(heard), 4 * 8000)
        self.assertGreater(audio.correlation(audio.tone(700, 1), heard[3 * 8000 :]), MARGIN)

    def test_timestamps_wrap(self):
        heard = self.heard(stream(self.mu_law(self.spoken), 0, 160, timestamp=2**32 - 8000, sequence=65500))
        self.assertGreater(audio.correlation(self.spoken, heard), 0.999)

    def test_timestamps_that_jump_are_not_believed(self):
        for jump in (2**31, 2**31 - 1, 10**9, -(10**9)):
            with self.subTest(jump):
                packets = self.packets[:50] + [
                    Datagram(p.when, rtp(0, 150 + k, 8000 + k * 160 + jump, p.payload[12:]))
                    for k, p in enumerate(self.packets[50:])
                ]
                heard = self.heard(packets)
                self.assertEqual(len(heard), len(self.spoken))
                self.assertGreater(audio.correlation(self.spoken, heard), 0.999)

    def test_parties_are_synchronised(self):
        self.write("a", adhoc(self.packets))
        self.write("o", pcap(stream(self.mu_law(self.spoken), 0, 160, start=EPOCH + 1.5)))
        left, right = self.extract("-s", "-A", "a", "-B", "o", "out.wav")
        self.assertEqual((len(left), len(right)), (28000, 28000))
        self.assertEqual(set(right[:12000]), {0})
        self.assertGreater(audio.correlation(self.spoken, left), MARGIN)
        self.assertGreater(audio.correlation(self.spoken, right[12000:]), MARGIN)

    def test_answer_is_left_and_originate_right(self):
        self.write("call.a.rtp", adhoc(stream(self.mu_law(audio.tone(500, 1)), 0, 160)))
        self.write("call.o.rtp", adhoc(stream(self.mu_law(audio.tone(900, 1)), 0, 160)))
        left, right = self.extract("-s", "call", "out.wav")
        self.assertGreater(audio.correlation(audio.tone(500, 1), left), MARGIN)
        self.assertGreater(audio.correlation(audio.tone(900, 1), right), MARGIN)

    def test_parties_are_averaged_so_that_nothing_is_clipped(self):
        spoken = audio.tone(500, 2, amplitude=30000)
        loud = stream(self.mu_law(spoken), 0, 160)
        other = stream(self.mu_law(spoken), 0, 160, ssrc=0x99, source=("198.51.100.9", 4000))
        moved = stream(self.mu_law(spoken), 0, 160, ssrc=0x98, start=EPOCH + 2, source=("198.51.100.8", 4000))
        self.write("a", adhoc(loud))
        self.write("both", pcap(sorted(loud + other, key=lambda p: p.when)))
        self.write("moved", pcap(loud + moved))
        self.write("silent", adhoc([]))
        for arguments in (
            ("-A", "a"),
            ("-A", "a", "-B", "a"),
            ("-A", "both"),
            ("-A", "both", "-B", "a"),
            ("-A", "moved"),
            ("-A", "a", "-B", "silent"),
        ):
            with self.subTest(arguments):
                (heard,) = self.extract(*arguments, "out.wav")
                self.assertAlmostEqual(max(heard), 30000, delta=1200)
                self.assertAlmostEqual(min(heard), -30000, delta=1200)
        quiet = stream(self.mu_law(audio.tone(500, 2, amplitude=0)), 0, 160)
        self.write("quiet", adhoc(quiet))
        (heard,) = self.extract("-A", "a", "-B", "quiet", "out.wav")
        self.assertAlmostEqual(max(heard), 15000, delta=600)


class Encrypted(Extraction):
    KEY = bytes(range(30))
    SPEC = base64.b64encode(KEY).decode()

    def setUp(self):
        super().setUp()
        self.spoken = audio.speech(0.4)
        self.packets = stream(self.mu_law(self.spoken), 0, 160)

    def test_the_cipher_of_the_test_is_that_of_the_rfc(self):
        # RFC 3711 appendix B.3.
        master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139" "0EC675AD498AFEEBB6960B3AABE6")
        self.assertEqual(
            srtp.Sender.derive(master, 0, 16), bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087")
        )
        self.assertEqual(srtp.Sender.derive(master, 2, 14), bytes.fromhex("30CBBC08863D8C85D49DB34A9AE1"))
        self.assertEqual(
            srtp.Sender.derive(master, 1, 20), bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
        )

    def protect(self, tag, sequence=100):
        sender = srtp.Sender(self.KEY, tag)
        packets = stream(self.mu_law(self.spoken), 0, 160, sequence=sequence)
        return [
            Datagram(p.when, sender.protect(p.payload, (sequence + k) >> 16)) for k, p in enumerate(packets)
        ]

    def test_both_suites_are_decrypted(self):
        for tag in (4, 10):
            with self.subTest(tag):
                self.write("capture", adhoc(self.protect(tag)))
                spec = f"AES_CM_128_HMAC_SHA1_{tag * 8}:{self.SPEC}"
                (heard,) = self.extract("--alice-crypto", spec, "-A", "capture", "out.wav")
                self.assertGreater(audio.correlation(self.spoken, heard), MARGIN)

    def test_each_party_has_its_key(self):
        self.write("a", adhoc(self.packets))
        self.write("o", adhoc(self.protect(10)))
        spec = "AES_CM_128_HMAC_SHA1_80:" + self.SPEC
        left, right = self.extract("-s", "-A", "a", "-B", "o", "--bob-crypto", spec, "out.wav")
        self.assertGreater(audio.correlation(self.spoken, left), MARGIN)
        self.assertGreater(audio.correlation(self.spoken, right), MARGIN)

    def test_sequence_numbers_wrap(self):
        self.write("capture", adhoc(self.protect(10, sequence=65530)))
        spec = "AES_CM_128_HMAC_SHA1_80:" + self.SPEC
        (heard,) = self.extract("--alice-crypto", spec, "-A", "capture", "out.wav")
        self.assertGreater(audio.correlation(self.spoken, heard), MARGIN)

    def test_wrong_key_gives_no_noise(self):
        self.write("capture", adhoc(self.protect(10)))
        spec = "AES_CM_128_HMAC_SHA1_80:" + base64.b64encode(bytes(30)).decode()
        _, err = self.extractaudio("--alice-crypto", spec, "-A", "capture", "out.wav", expect=1)
        self.assertIn("20 not authentic", err)
        self.assertNotIn("out.wav", self.names())

    def test_tampered_packets_are_left_out(self):
        packets = self.protect(10)
        packets[3].payload = packets[3].payload[:-20] + bytes(20)
        self.write("capture", adhoc(packets))
        spec = "AES_CM_128_HMAC_SHA1_80:" + self.SPEC
        (heard,) = self.extract("--alice-crypto", spec, "-A", "capture", "out.wav")
        self.assertEqual(heard[480:640], [0] * 160)

    def test_malformed_keys_are_refused_and_not_repeated(self):
        self.write("capture", adhoc(self.packets))
        for spec in (
            self.SPEC,
            "AES_256_CM_HMAC_SHA1_80:" + self.SPEC,
            "AES_CM_128_HMAC_SHA1_80",
            "AES_CM_128_HMAC_SHA1_80:" + self.SPEC[:-1],
            "AES_CM_128_HMAC_SHA1_80:" + self.SPEC + "AAAA",
            "AES_CM_128_HMAC_SHA1_80:" + "!" * 40,
            "",
        ):
            with self.subTest(spec):
                _, err = self.extractaudio("-A", "capture", "--alice-crypto", spec, "out.wav", expect=1)
                self.assertNotIn(self.SPEC[:20], err)
        self.assertNotIn("out.wav", self.names())


class Output(Extraction):
    def setUp(self):
        super().setUp()
        self.spoken = audio.speech(0.4)
        self.write("call.rtp", adhoc(stream(self.mu_law(self.spoken), 0, 160)))

    def wav_format(self, name):
        """Format tag and channels."""
        header = self.read(name)
        at = header.index(b"fmt ") + 8
        return int.from_bytes(header[at : at + 2], "little"), int.from_bytes(header[at + 2 : at + 4], "little")

    def test_defaults_are_gsm_and_in_stereo_adpcm(self):
        self.extractaudio("-A", "call.rtp", "mono.wav")
        self.extractaudio("-s", "-A", "call.rtp", "stereo.wav")
        self.assertEqual(self.wav_format("mono.wav"), (0x31, 1))
        self.assertEqual(self.wav_format("stereo.wav"), (2, 2))

    def test_formats_can_be_chosen(self):
        for container, magic in (("au", b".snd"), ("aiff", b"FORM"), ("flac", b"fLaC"), ("ogg", b"OggS")):
            self.extractaudio("-F", container, "-A", "call.rtp", "out")
            self.assertEqual(self.read("out")[:4], magic)
        self.extractaudio("-F", "raw", "-D", "ulaw", "-A", "call.rtp", "out")
        # Of the two codes for zero the encoder may take either.
        self.assertEqual(self.read("out").replace(b"\x7f", b"\xff"), self.read("prompt.0").replace(b"\x7f", b"\xff"))

    def test_unknown_formats_get_a_list(self):
        _, err = self.extractaudio("-F", "mp9", "-A", "call.rtp", "out", expect=1)
        self.assertRegex(err, r"\bwav\b.*\bflac\b")
        _, err = self.extractaudio("-D", "pcm_17", "-A", "call.rtp", "out", expect=1)
        self.assertRegex(err, r"\bpcm_16\b.*\bgsm610\b")
        _, err = self.extractaudio("-F", "flac", "-D", "gsm610", "-A", "call.rtp", "out", expect=1)
        self.assertIn("flac", err)
        self.assertNotIn("out", self.names())

    def test_report_has_the_classic_lines(self):
        encoded = self.mu_law(audio.speech(0.4))
        packets = stream(encoded, 0, 160, sequence=65530)
        del packets[3]
        packets.append(packets[-1])
        self.write("call.rtp", adhoc(packets))
        out, err = self.extractaudio("-A", "call.rtp", "out.wav")
        lines = out.splitlines()
        self.assertEqual(
            lines[:2],
            [
                "pcount=19, min_seq=65530, max_seq=65549, seq_offset=65536, ssrc=0x11223344, duplicates=1",
                "ssrc_changes=1, psent=20, precvd=19, plost=1",
            ],
        )
        self.assertRegex(lines[2], r"^last_jitter=\d+\.\d+,average_jitter=\d+\.\d+,max_jitter=\d+\.\d+$")
        self.assertIn("call.rtp: 3040 samples of 19 packets, 1 late or repeated", err)
        self.assertNotIn("\r", err)

    def test_links_are_the_same_file(self):
        self.write("two.wav", b"old")
        self.extractaudio("-A", "call.rtp", "one.wav", "two.wav", "three.wav")
        inodes = {(self.directory / name).stat().st_ino for name in ("one.wav", "two.wav", "three.wav")}
        self.assertEqual(len(inodes), 1)
        self.assertEqual((self.directory / "one.wav").stat().st_nlink, 3)

    def test_captures_are_deleted_when_asked(self):
        self.write("call.a.rtp", self.read("call.rtp"))
        self.write("call.o.rtp", self.read("call.rtp"))
        self.extractaudio("call", "kept.wav")
        self.assertIn("call.a.rtp", self.names())
        self.extractaudio("-d", "call", "out.wav")
        self.assertFalse({"call.a.rtp", "call.o.rtp"} & self.names())

    def test_details_beside_captures_are_deleted_with_them(self):
        details = '{"call_id":"call","files":["%s"]}'
        for name, json in (("call.a.rtp", "call.a.json"), ("call.pcap", "call.json"), ("name", "name.json")):
            self.write(name, self.read("call.rtp"))
            self.write(json, (details % name).encode())
        self.write("call.o.rtp", self.read("call.rtp"))
        self.write("call.o.json", (details % "another.rtp").encode())
        self.extractaudio("call", "kept.wav")
        self.assertIn("call.a.json", self.names())
        self.extractaudio("-d", "call", "out.wav")
        self.extractaudio("-d", "-A", "call.pcap", "-B", "name", "out.wav")
        self.assertEqual({name for name in self.names() if name.endswith(".json")}, {"call.o.json"})

    def test_statistics_alone(self):
        out, err = self.extractaudio("-A", "call.rtp", "/dev/null")
        self.assertIn("ssrc_changes=1", out)
        self.assertIn("samples of", err)
        self.write("video", adhoc(stream(bytes(5000), 97, 100)))
        out, err = self.extractaudio("-A", "video", "/dev/null")
        self.assertIn("precvd=50", out)
        _, err = self.extractaudio("-A", "call.rtp", "/dev/null", "link.wav", expect=2)
        self.assertIn("cannot have links", err)
        self.assertNotIn("link.wav", self.names())
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())

    def test_idle_priority(self):
        self.extractaudio("-i", "-A", "call.rtp", "out.wav")
        self.assertIn("out.wav", self.names())

    def test_packets_are_counted(self):
        self.write("call.a.rtp", self.read("call.rtp"))
        self.write("broken", self.read("call.rtp")[:-1])
        out, _ = self.extractaudio("-S", "call")
        self.assertEqual(out, "call.a.rtp: 20\ncall.o.rtp: -1\n")
        out, _ = self.extractaudio("-S", "-A", "call.rtp", "-B", "broken")
        self.assertEqual(out, "call.rtp: 20\nbroken: -1\n")


class Failures(Extraction):
    """What was there before is there afterwards, and nothing else."""

    def setUp(self):
        super().setUp()
        self.packets = stream(self.mu_law(audio.speech(0.4)), 0, 160)
        self.write("good", adhoc(self.packets))
        self.write("out.wav", b"old")

    def failed(self, *arguments, reason, code=1):
        before = {name: self.read(name) for name in self.names() if (self.directory / name).is_file()}
        _, err = self.extractaudio(*arguments, expect=code)
        self.assertIn(reason, err)
        self.assertEqual({name: self.read(name) for name in before}, before)
        self.assertEqual({name for name in self.names() if (self.directory / name).is_file()}, set(before))

    def test_arguments(self):
        for arguments in ((), ("call",), ("-S",), ("-A", "good"), ("-S", "call", "more"), ("-x", "a", "b"), ("-A",)):
            self.failed(*arguments, reason="usage:")
        self.failed("--bob-crypto", "x", "-A", "good", "out.wav", reason="--bob-crypto needs -B")

    def test_truncated_captures(self):
        whole = adhoc(self.packets)
        record = 30 + 172
        self.write("cut", whole[:-1])
        self.failed("-A", "cut", "out.wav", reason=f"cut: offset {19 * record}: ")
        self.write("cut", whole[: 5 * record + 10])
        self.failed("-A", "cut", "-B", "good", "out.wav", reason=f"cut: offset {5 * record}: ")
        self.write("cut.pcap", pcap(self.packets)[:-1])
        self.failed("-d", "-A", "cut.pcap", "out.wav", reason=f"cut.pcap: offset {24 + 19 * (16 + 42 + 172)}: ")

    def test_corrupt_captures(self):
        octets = bytearray(adhoc(self.packets))
        octets[3 * 202] = 99
        self.write("bad", octets)
        self.failed("-A", "bad", "out.wav", reason="bad: offset 606: ")
        self.write("noise", os.urandom(1) + b"\xee" * 10000)
        self.failed("-A", "noise", "out.wav", reason="noise: offset 0: ")

    def test_what_is_in_front_of_the_damage_can_be_salvaged(self):
        self.write("cut", adhoc(self.packets)[:-1])
        _, err = self.extractaudio("--salvage", *PCM, "-A", "cut", "out.wav")
        self.assertIn("cut: offset 3838: ", err)
        (heard,) = audio.read_wav(self.directory / "out.wav")
        self.assertEqual(len(heard), 19 * 160)

    def test_nothing_to_extract(self):
        self.write("empty", b"")
        self.failed("-A", "empty", "out.wav", reason="nothing of that is audio")
        self.write("events", adhoc(stream(bytes(400), 101, 4)))
        self.failed("-A", "events", "out.wav", reason="100 of payload type 101")
        self.failed("-A", "nosuch", "out.wav", reason="nosuch: No such file")
        self.failed("-A", ".", "out.wav", reason=".: Is a directory")

    def test_output_that_cannot_be_made(self):
        self.failed("-A", "good", "nosuch/out.wav", reason="nosuch/out.wav: No such file", code=2)
        (self.directory / "folder").mkdir()
        self.failed("-A", "good", "folder", reason="folder: not a regular file", code=2)
        self.failed("-A", "good", "/dev/zero", reason="/dev/zero: not a regular file", code=2)
        self.failed("-A", "good", "out.wav", "nosuch/link.wav", reason="nosuch/link.wav", code=2)

    def test_output_is_no_capture(self):
        self.failed("-d", "-A", "good", "good", reason="good: is one of the captures")
        self.failed("-d", "-A", "good", "out.wav", "./good", reason="good: is one of the captures")

    def test_link_to_the_output_is_followed(self):
        (self.directory / "link.wav").symlink_to("out.wav")
        self.extractaudio("-A", "good", "link.wav")
        self.assertTrue((self.directory / "link.wav").is_symlink())
        self.assertEqual(self.read("out.wav")[:4], b"RIFF")


if __name__ == "__main__":
    unittest.main()
