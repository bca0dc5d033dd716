"""A program's own memory over time, and whether it grows for good."""

import itertools
import pathlib
import re
import statistics
import time

# 100 calls a second that leak 20 octets each are 117 kB/min. Allocators are noisier than that over a few minutes.
MOST_KB_PER_MINUTE = 256
# The second half of a run is looked at: before, what fills once (reply cache: 35 s, arenas, peaks of load) would pass for
# growth. Where that half is shorter, nothing can be told.
LEAST_WATCHED_S = 150
PARTS = 4


class Growth:
    """What became of memory in the second half of a run, by the least of each quarter of it.

    Peaks of load come and go, what leaks stays: so the least counts. It is a leak if each quarter has more than the one
    before. A warm-up that ends in the first two of them is over then, and one step, whenever it comes, lifts a single
    quarter above the one before.
    """

    def __init__(self, samples):
        self.seconds = samples[-1][0] - samples[0][0] if samples else 0
        parts = _parts_of(samples, self.seconds / PARTS) if self.seconds else []
        lows = [min(part) for part in parts]
        rises = [after - before for before, after in itertools.pairwise(lows)]
        a_minute = PARTS * 60 / self.seconds if rises else 0
        self.kb_per_minute = a_minute * statistics.mean(rises) if rises else 0
        self.least_kb_per_minute = a_minute * min(rises) if rises else 0
        self.level_kb = max(parts[-1]) if parts else 0

    @property
    def can_be_told(self):
        return self.seconds >= LEAST_WATCHED_S

    @property
    def is_leak(self):
        return self.can_be_told and self.least_kb_per_minute > MOST_KB_PER_MINUTE


def _parts_of(samples, part_s):
    """The sizes in each part of the time; parts without any are left out."""

    def part_of(sample):
        return min(int((sample[0] - samples[0][0]) / part_s), PARTS - 1)

    return [[size for _, size in inside] for _, inside in itertools.groupby(samples, part_of)]


class Memory:
    def __init__(self, pid):
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.started = time.monotonic()
        self.samples = []  # (seconds, kB)

    def sample(self):
        """Without the pages of files, as of the program itself: the kernel lends these and takes them back."""
        kilobytes = sum(int(size) for size in re.findall(r"^(?:RssAnon|VmSwap):\s+(\d+)", self.status.read_text(), re.M))
        self.samples.append((time.monotonic() - self.started, kilobytes))
        return kilobytes

    def growth(self, until=None):
        """Over the second half of the time up to `until`."""
        last = self.samples[-1][0] if until is None else until
        return Growth([(at, size) for at, size in self.samples if last / 2 <= at <= last])
