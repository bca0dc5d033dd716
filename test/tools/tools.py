"""Runs makeann and extractaudio in a directory of their own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

PATIENCE_S = 120


class ToolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_tool(self, variable, *arguments, expect=0, **options):
        done = subprocess.run(
            [os.environ[variable], *map(str, arguments)],
            cwd=self.directory,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            **options,
        )
        self.assertEqual(done.returncode, expect, done.stderr.decode(errors="replace"))
        return done.stdout.decode(), done.stderr.decode(errors="replace")

    def makeann(self, *arguments, **options):
        return self.run_tool("MAKEANN_BINARY", *arguments, **options)

    def extractaudio(self, *arguments, **options):
        return self.run_tool("EXTRACTAUDIO_BINARY", *arguments, **options)

    def write(self, name, octets):
        (self.directory / name).write_bytes(octets)
        return name

    def read(self, name):
        return (self.directory / name).read_bytes()

    def names(self):
        """Everything in the directory, hidden files too."""
        return {path.name for path in self.directory.iterdir()}
