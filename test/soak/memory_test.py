"""What a soak takes for a leak, on made-up series: all that keeps growing at any length of run, and nothing else."""

import math
import os
import random
import unittest

from memory import LEAST_WATCHED_S, MOST_KB_PER_MINUTE, Growth, Memory

START_KB = 8_000
RUNS_S = (330, 360, 600, 3600)
LEAK_KB_PER_S = 2 * MOST_KB_PER_MINUTE / 60


def growth(size_at, seconds, until=None, noise_kb=60):
    """Of a run whose memory is sampled each second, a little unevenly, and is never quite still."""
    chance = random.Random(1)
    memory = Memory(os.getpid())
    memory.samples = [
        (at + chance.random() / 4, START_KB + size_at(at) + chance.randrange(noise_kb)) for at in range(seconds + 1)
    ]
    return memory.growth(until)


class Leak(unittest.TestCase):
    def assert_found(self, size_at, runs=RUNS_S):
        for seconds in runs:
            with self.subTest(seconds=seconds):
                found = growth(size_at, seconds)
                self.assertTrue(found.is_leak, vars(found))

    def test_that_is_steady(self):
        self.assert_found(lambda at: LEAK_KB_PER_S * at)
        self.assertAlmostEqual(growth(lambda at: LEAK_KB_PER_S * at, 600).kb_per_minute, 2 * MOST_KB_PER_MINUTE, delta=20)

    def test_that_is_a_little_above_the_limit(self):
        self.assert_found(lambda at: 1.2 * MOST_KB_PER_MINUTE / 60 * at)

    def test_behind_a_warm_up(self):
        self.assert_found(lambda at: 100 * min(at, 180) + LEAK_KB_PER_S * at)

    def test_below_peaks(self):
        for period in (7, 20, 30, 40):
            self.assert_found(lambda at, period=period: 50 * (at % period) + LEAK_KB_PER_S * at)

    def test_in_small_steps(self):
        self.assert_found(lambda at: 10 * LEAK_KB_PER_S * (at // 10))

    def test_that_begins_in_the_first_half(self):
        for seconds in RUNS_S:
            self.assert_found(lambda at, start=seconds / 3: LEAK_KB_PER_S * max(0, at - start), [seconds])

    def test_that_grows_faster_and_faster(self):
        for seconds in RUNS_S:
            self.assert_found(lambda at, seconds=seconds: 40 * LEAK_KB_PER_S * at * at / seconds, [seconds])


class NoLeak(unittest.TestCase):
    def assert_passed(self, size_at, runs=RUNS_S):
        for seconds in runs:
            with self.subTest(seconds=seconds):
                found = growth(size_at, seconds)
                self.assertTrue(found.can_be_told)
                self.assertFalse(found.is_leak, vars(found))

    def test_is_what_stays(self):
        self.assert_passed(lambda _: 0)
        self.assertAlmostEqual(growth(lambda _: 0, 600).kb_per_minute, 0, delta=20)

    def test_is_a_warm_up_however_long_and_large(self):
        for seconds in RUNS_S:
            for share in (0.1, 0.3, 0.5, 0.6, 0.7, 0.75):
                self.assert_passed(lambda at, warm=share * seconds: 100 * min(at, warm), [seconds])

    def test_is_a_warm_up_that_slows_down(self):
        self.assert_passed(lambda at: 5_000 * (1 - 0.5 ** (at / 25)))

    def test_is_one_step_whenever_it_comes(self):
        for seconds in RUNS_S:
            for percent in range(0, 100, 2):
                self.assert_passed(lambda at, when=seconds * percent / 100: 20_000 * (at > when), [seconds])

    def test_is_what_comes_and_goes(self):
        for period in (7, 20, 45, 60, 90):
            self.assert_passed(lambda at, period=period: 50 * (at % period))
            self.assert_passed(lambda at, period=period: 2_000 * math.sin(at / period))

    def test_is_a_peak(self):
        for seconds in RUNS_S:
            for percent in range(50, 96, 5):
                when = seconds * percent / 100
                self.assert_passed(lambda at, when=when: 30_000 * (when < at < when + 20), [seconds])

    def test_is_growth_below_the_limit(self):
        self.assert_passed(lambda at: 0.8 * MOST_KB_PER_MINUTE / 60 * at)

    def test_is_growth_that_ended(self):
        self.assert_passed(lambda at: LEAK_KB_PER_S * min(at, 270), [330])

    def test_is_shrinking(self):
        self.assert_passed(lambda at: -LEAK_KB_PER_S * at)

    def test_is_what_comes_after_the_load(self):
        self.assertFalse(growth(lambda at: 200 * max(0, at - 400), 600, until=400).is_leak)


class Figures(unittest.TestCase):
    def test_of_a_short_run_tell_nothing(self):
        for seconds in (0, 1, 20, 2 * LEAST_WATCHED_S - 20):
            found = growth(lambda at: 1000 * at, seconds)
            self.assertFalse(found.can_be_told)
            self.assertFalse(found.is_leak)
        self.assertFalse(Growth([]).is_leak)

    def test_name_the_level_of_the_end(self):
        self.assertEqual(growth(lambda at: 10_000 * (at > 320), 360, noise_kb=1).level_kb, START_KB + 10_000)

    def test_of_few_samples_can_be_had(self):
        memory = Memory(os.getpid())
        memory.samples = [(at, START_KB + 20 * at) for at in range(0, 700, 100)]
        self.assertTrue(memory.growth().is_leak)


class Sample(unittest.TestCase):
    def test_is_the_memory_of_the_process(self):
        memory = Memory(os.getpid())
        before = memory.sample()
        held = b"\1" * (32 << 20)
        self.assertGreater(memory.sample() - before, len(held) // 1024 // 2)


if __name__ == "__main__":
    unittest.main()
