"""Replays the transcripts of docs/CONTROL_PROTOCOL.md against the program.

A transcript is a fenced block that begins with ```transcript, optionally followed by options of rtpproxy. Lines that
begin with "> " are commands, lines that begin with "< " are the replies that must follow. Each block gets a program of
its own, whose ports are handed out in ascending order from 30000, and a working directory with the directory "recordings".
"""

import contextlib
import os
import pathlib
import re
import select
import shlex
import subprocess
import tempfile
import time
import unittest

from rtpproxy_process import environment, program

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "CONTROL_PROTOCOL.md"
ATTEMPTS, PAUSE_S = 3, 2
BASE_OPTIONS = ["--config", "/dev/null", "-f", "-F", "-s", "stdio:", "-b", "-m", "30000", "-M", "30099", "-d", "CRIT"]
REPLY_TIMEOUT_S = 30


class Transcript:
    def __init__(self, line, options, exchange):
        self.line = line
        self.options = options
        self.exchange = exchange  # pairs: (line number, text with its "> " or "< ")

    def __str__(self):
        return f"{DOCUMENT.name}:{self.line}"


def transcripts():
    found = []
    current = None
    for number, line in enumerate(DOCUMENT.read_text(encoding="utf-8").splitlines(), start=1):
        if current is None:
            opening = re.fullmatch(r"```transcript(?: (.*))?", line)
            if opening:
                current = Transcript(number, shlex.split(opening.group(1) or ""), [])
        elif line == "```":
            found.append(current)
            current = None
        elif line == "<" or line.startswith(("> ", "< ")):
            current.exchange.append((number, line))
        else:
            raise ValueError(f"{DOCUMENT.name}:{number}: a transcript line begins with '> ' or '< '")
    if current is not None:
        raise ValueError(f"{current}: the block is not closed")
    return found


def some_seconds_later(reply):
    """What matches that reply, also when seconds of the time-out in it have passed, or another load was measured."""
    pattern = re.sub(r"\b60\b", r"(60|[1-5]\\d)", re.escape(reply))
    pattern = re.sub(r"\b200\b", r"(200|1[4-9]\\d)", pattern)
    return r"\A" + re.sub(r"(average\\ load:\\ )0\\\.\d+", r"\1[01]\\.\\d{6}", pattern) + r"\Z"


class Relay:
    """The program, spoken to over standard input and output."""

    def __init__(self, options):
        self.directory = tempfile.TemporaryDirectory()
        os.mkdir(os.path.join(self.directory.name, "recordings"))
        self.process = subprocess.Popen(
            [program(), *BASE_OPTIONS, *options],
            cwd=self.directory.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        self.received = b""

    def send(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        """The next line of the reply, or None if none comes."""
        deadline = time.monotonic() + REPLY_TIMEOUT_S
        while b"\n" not in self.received:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            octets = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not octets:
                return None
            self.received += octets
        line, self.received = self.received.split(b"\n", 1)
        return line.decode()

    def end(self):
        """Ends the program; its exit status and what it said beyond the replies that were received."""
        self.process.terminate()
        status = self.process.wait(REPLY_TIMEOUT_S)
        self.directory.cleanup()
        with self.process.stdin, self.process.stdout as output:
            return status, self.received + output.read()


class Transcripts(unittest.TestCase):
    def test_every_reply_is_as_documented(self):
        for transcript in transcripts():
            with self.subTest(str(transcript)):
                self.replay_with_patience(transcript)

    def replay_with_patience(self, transcript):
        """Another program of this host may have one of the ports for a moment."""
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(AssertionError):
                return self.replay(transcript)
            time.sleep(PAUSE_S)
        return self.replay(transcript)

    def replay(self, transcript):
        relay = Relay(transcript.options)
        command = ""
        try:
            for number, line in transcript.exchange:
                if line.startswith("> "):
                    command = line[2:]
                    relay.send(command)
                elif command.startswith(("Q", "I")):
                    self.assertRegex(relay.receive() or "", some_seconds_later(line[2:]), f"{DOCUMENT.name}:{number}")
                else:
                    self.assertEqual(relay.receive(), line[2:], f"{DOCUMENT.name}:{number}")
        finally:
            status, rest = relay.end()
        self.assertEqual(rest, b"", f"{transcript}: more replies than documented")
        self.assertEqual(status, 0, f"{transcript}: exit status after SIGTERM")

    def test_every_command_has_a_transcript(self):
        sent = {line[2].upper() for t in transcripts() for _, line in t.exchange if line.startswith("> ")}
        self.assertEqual(sent & set("VIGXULDPSRCNQ"), set("VIGXULDPSRCNQ"))


if __name__ == "__main__":
    unittest.main()
