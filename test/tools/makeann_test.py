#!/usr/bin/env python3
"""makeann: what prompts it makes of which input, and that it leaves nothing half done."""

import os
import resource
import signal
import stat
import subprocess
import time
import unittest

import audio
from tools import ToolTest

ALWAYS = {"0", "3", "8", "9"}  # payload types every build with spandsp has


def suffixes(names, stem):
    return {name.removeprefix(stem + ".") for name in names if name.startswith(stem + ".")}


class Prompts(ToolTest):
    def test_raw_samples_become_a_prompt_for_each_codec(self):
        self.write("hello", audio.to_bytes(audio.speech(1)))
        self.makeann("hello")
        self.assertLessEqual(ALWAYS, suffixes(self.names(), "hello"))
        lengths = {suffix: len(self.read("hello." + suffix)) for suffix in suffixes(self.names(), "hello")}
        expected = {"0": 8000, "8": 8000, "9": 8000, "3": 50 * 33, "18": 100 * 10}
        self.assertEqual(lengths, {suffix: expected[suffix] for suffix in lengths})

    def test_template_names_the_output(self):
        self.write("hello", audio.to_bytes(audio.speech(0.1)))
        self.makeann("hello", "welcome")
        self.assertEqual(suffixes(self.names(), "hello"), set())
        self.assertLessEqual(ALWAYS, suffixes(self.names(), "welcome"))

    def test_missing_codecs_are_named(self):
        self.write("hello", audio.to_bytes(audio.speech(0.1)))
        _, err = self.makeann("hello")
        if "18" in suffixes(self.names(), "hello"):
            self.assertEqual(err, "")
        else:
            self.assertIn("hello.18 is left out", err)

    def test_a_last_short_block_is_filled_up_for_frame_codecs_only(self):
        self.write("hello", audio.to_bytes(audio.speech(1)[: 160 + 50]))
        self.makeann("hello")
        lengths = {suffix: len(self.read("hello." + suffix)) for suffix in ALWAYS}
        self.assertEqual(lengths, {"0": 210, "8": 210, "9": 320, "3": 66})

    def test_mu_law_is_that_of_the_recommendation(self):
        self.write("values", audio.to_bytes([0, 4 * 8031, -4 * 8031, 4 * 99]))
        self.makeann("values")
        self.assertEqual(self.read("values.0").hex(), "ff8000df")

    def test_sound_files_of_any_rate_and_channels_are_read(self):
        reference = audio.speech(1)
        self.write("raw", audio.to_bytes(reference))
        self.makeann("raw")
        wide = audio.speech(1, 48000)
        audio.write_wav(self.directory / "stereo.wav", [wide, wide], 48000)
        self.makeann("stereo.wav", "stereo")
        for suffix in ALWAYS:
            self.assertEqual(len(self.read("stereo." + suffix)), len(self.read("raw." + suffix)), suffix)
        self.assertNotEqual(self.read("stereo.0"), b"\xff" * 8000)

    def test_limit_counts_samples_at_8_khz(self):
        audio.write_wav(self.directory / "long.wav", [audio.tone(440, 1, 16000)], 16000)
        self.makeann("-l", 1600, "long.wav", "cut")
        self.assertEqual(len(self.read("cut.0")), 1600)
        self.assertEqual(len(self.read("cut.9")), 1600)

    def test_input_is_repeated_up_to_the_limit(self):
        self.write("hello", audio.to_bytes(audio.speech(0.5)))
        self.makeann("-l", 10000, "-L", "hello")
        prompt = self.read("hello.0")
        self.assertEqual(len(prompt), 10000)
        self.assertEqual(prompt[4000:8000], prompt[:4000])

    def test_limit_beyond_the_end_is_no_error(self):
        self.write("hello", audio.to_bytes(audio.speech(0.5)))
        self.makeann("-l", 10000, "hello")
        self.assertEqual(len(self.read("hello.0")), 4000)

    def test_input_may_come_from_a_pipe(self):
        samples = audio.to_bytes(audio.speech(0.5))
        self.write("hello", samples)
        self.makeann("hello")
        self.makeann("/dev/stdin", "piped", input=samples)
        for suffix in ALWAYS:
            self.assertEqual(self.read("piped." + suffix), self.read("hello." + suffix))

    def test_options_may_stand_behind_names(self):
        self.write("hello", audio.to_bytes(audio.speech(0.5)))
        self.makeann("hello", "-l", "160")
        self.assertEqual(len(self.read("hello.0")), 160)

    def test_header_can_be_taken_for_samples(self):
        audio.write_wav(self.directory / "hello.wav", [audio.speech(0.5)])
        self.makeann("--raw", "hello.wav", "raw")
        self.assertEqual(len(self.read("raw.0")), 4000 + 22)

    def test_permissions_are_those_of_a_new_file(self):
        self.write("hello", audio.to_bytes(audio.speech(0.1)))
        self.makeann("hello", umask=0o027)
        self.assertEqual(stat.S_IMODE((self.directory / "hello.0").stat().st_mode), 0o640)


class Refusals(ToolTest):
    def refused(self, *arguments, reason, **options):
        before = self.names()
        _, err = self.makeann(*arguments, expect=1, **options)
        self.assertIn(reason, err)
        self.assertEqual(self.names(), before)

    def test_arguments(self):
        self.write("hello", b"")
        self.refused(reason="usage:")
        self.refused("a", "b", "c", reason="usage:")
        self.refused("-L", "hello", reason="-L needs -l")
        self.refused("-x", "hello", reason="usage:")
        for limit in ("0", "-1", "many", "1e3", "", "99999999999999999999"):
            self.refused("-l", limit, "hello", reason="-l takes")

    def test_help(self):
        out, _ = self.makeann("--help")
        self.assertIn("usage: makeann", out)

    def test_missing_input(self):
        self.refused("nosuch", reason="nosuch: No such file")

    def test_directory_as_input(self):
        self.refused(".", "out", reason=".: Is a directory")

    def test_nothing_to_repeat(self):
        self.write("empty", b"")
        self.refused("-l", "100", "-L", "empty", reason="empty: no samples to repeat")

    def test_damaged_sound_file_does_not_become_noise(self):
        self.write("music.wav", b"RIFF" + os.urandom(1000))
        self.refused("music.wav", reason="music.wav: ")
        self.write("music.FLAC", os.urandom(1000))
        self.refused("music.FLAC", reason="music.FLAC: ")

    def test_old_prompts_stay_if_one_cannot_be_written(self):
        self.write("hello", audio.to_bytes(audio.speech(0.1)))
        self.write("hello.0", b"old")
        (self.directory / "hello.9").mkdir()
        self.refused("hello", reason="hello.9: not a regular file")
        self.assertEqual(self.read("hello.0"), b"old")

    def test_full_disk_leaves_nothing(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        self.write("hello", audio.to_bytes(audio.speech(1)))
        # The program's own handler for SIGXFSZ ends it by that signal.
        before = self.names()
        done = subprocess.run(
            [os.environ["MAKEANN_BINARY"], "hello"], cwd=self.directory, preexec_fn=limit, check=False
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.names(), before)

    def test_interrupted_work_leaves_nothing(self):
        self.write("hello", audio.to_bytes(audio.speech(0.1)))
        before = self.names()
        program = subprocess.Popen(
            [os.environ["MAKEANN_BINARY"], "-l", "1000000000", "-L", "hello"], cwd=self.directory
        )
        deadline = time.monotonic() + 60
        while self.names() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertNotEqual(self.names(), before)
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(60), -signal.SIGTERM)
        self.assertEqual(self.names(), before)


if __name__ == "__main__":
    unittest.main()
