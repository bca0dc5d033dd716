"""The slope of memory is that of the samples after the warm-up, so that a soak finds a leak and nothing else."""

import os
import unittest

from memory import LEAST_WATCHED_S, WARM_UP_S, Memory

START_KB = 8_000
SECONDS = WARM_UP_S + 2 * LEAST_WATCHED_S


def watched(size_at, seconds=SECONDS):
    memory = Memory(os.getpid())
    memory.samples = [(at, size_at(at)) for at in range(seconds + 1)]
    return memory


class Slope(unittest.TestCase):
    def test_is_that_of_a_leak(self):
        memory = watched(lambda at: START_KB + 5 * at)
        self.assertAlmostEqual(memory.slope_kb_per_minute(), 300)
        self.assertEqual(memory.watched_s(), 2 * LEAST_WATCHED_S)

    def test_ignores_what_fills_during_the_warm_up(self):
        memory = watched(lambda at: START_KB + 300 * min(at, WARM_UP_S))
        self.assertAlmostEqual(memory.slope_kb_per_minute(), 0)

    def test_ignores_what_comes_after_the_load(self):
        memory = watched(lambda at: START_KB + 10_000 * (at > 300))
        self.assertAlmostEqual(memory.slope_kb_per_minute(until=300), 0)

    def test_is_small_for_what_comes_and_goes(self):
        memory = watched(lambda at: START_KB + 500 * (at % 7))
        self.assertLess(abs(memory.slope_kb_per_minute()), 10)

    def test_of_a_short_run_is_that_of_its_second_half(self):
        memory = watched(lambda at: START_KB + max(0, at - 10), seconds=20)
        self.assertAlmostEqual(memory.slope_kb_per_minute(), 60)
        self.assertEqual(memory.watched_s(), 10)

    def test_is_none_without_samples_to_tell(self):
        self.assertIsNone(watched(lambda _: START_KB, seconds=1).slope_kb_per_minute())


class Sample(unittest.TestCase):
    def test_is_the_resident_memory_of_the_process(self):
        memory = Memory(os.getpid())
        before = memory.sample()
        held = b"\1" * (32 << 20)
        self.assertGreater(memory.sample() - before, len(held) // 1024 // 2)


if __name__ == "__main__":
    unittest.main()
