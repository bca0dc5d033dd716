"""The program's log on a small disk: read, looked through and emptied as it grows."""

import datetime
import json
import os
import re

ALARM = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:")
UNWRITABLE = re.compile(r"(\d+) unwritable\)")
NOT_RELAYED = re.compile(r"dropped since the start: (.*): (\d+) packets")


class LogFile:
    def __init__(self, path):
        self.file = open(path, "a+b", buffering=0)  # the program appends, so that it may be emptied
        self.resting = False  # while the disk is meant to stay full
        self.unwritable = 0  # lines, as the program tells
        self.clock = None  # seconds since the epoch, of the last line
        self.alarms = []  # what sanitizers said
        self.lines = 0

    def take(self):
        """Reads and empties it, unless it rests. A line that comes between the two is lost."""
        if self.resting:
            return
        size = os.fstat(self.file.fileno()).st_size
        text = os.pread(self.file.fileno(), size, 0).decode(errors="replace")
        if ALARM.search(text):
            self.alarms.append(text)
            return
        self.file.truncate(0)
        self.study(text)

    def study(self, text):
        for line in text.splitlines():
            self.lines += 1
            if found := UNWRITABLE.search(line):
                self.unwritable = max(self.unwritable, int(found[1]))
        self._read_clock(text)

    def _read_clock(self, text):
        for line in reversed(text.splitlines()[-20:]):
            try:
                self.clock = datetime.datetime.fromisoformat(json.loads(line)["ts"]).timestamp()
                return
            except (ValueError, KeyError, TypeError):
                continue  # the disk filled within that line


def drops_by_reason(text):
    """What the program tells at its end."""
    return {reason: int(count) for reason, count in NOT_RELAYED.findall(text)}
