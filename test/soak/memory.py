"""Resident memory over time."""

import pathlib
import re
import time

# Judged only where the program is built as operators run it and was watched for that long after the warm-up: before,
# what fills once (reply cache: 35 s, arenas, peaks of load) would pass for growth.
WARM_UP_S = 90
LEAST_WATCHED_S = 180
# 100 calls a second that leak 20 octets each are 117 kB/min. Allocators are noisier than that over a few minutes.
MOST_KB_PER_MINUTE = 256


class Memory:
    def __init__(self, pid):
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.started = time.monotonic()
        self.samples = []  # (seconds, kB)

    def sample(self):
        kilobytes = int(re.search(r"VmRSS:\s+(\d+)", self.status.read_text())[1])
        self.samples.append((time.monotonic() - self.started, kilobytes))
        return kilobytes

    def watched(self, until=None):
        """The samples after the warm-up; in a short run, those of its second half."""
        last = self.samples[-1][0] if until is None else until
        warm = min(WARM_UP_S, last / 2)
        return [(at, size) for at, size in self.samples if warm <= at <= last]

    def slope_kb_per_minute(self, until=None):
        """Least squares; None if there is too little to tell."""
        samples = self.watched(until)
        count = len(samples)
        if count < 3:
            return None
        mean_at, mean_size = (sum(each[i] for each in samples) / count for i in (0, 1))
        spread = sum((at - mean_at) ** 2 for at, _ in samples)
        return 60 * sum((at - mean_at) * (size - mean_size) for at, size in samples) / spread if spread else None

    def watched_s(self, until=None):
        samples = self.watched(until)
        return samples[-1][0] - samples[0][0] if samples else 0
