"""A program that a test needs beside the one under test: started in a directory of its own, its output kept for when
something fails, ended by its process id."""

import os
import subprocess

STOP_TIMEOUT_S = 30


class ChildProcess:
    """Starts `command_line` in `directory`; what it prints goes to `name`.log there."""

    def __init__(self, name, command_line, directory):
        self.name = name
        self.directory = directory
        self.command_line = [str(word) for word in command_line]
        self.log_path = os.path.join(directory, f"{name}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                self.command_line,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(os.environ, TERM="vt100"),
            )

    @property
    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends the program, gently if it can be had; its exit status."""
        if self.is_running:
            self.process.terminate()
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def describe(self):
        """For messages: how it was started, what became of it, what it printed."""
        status = "running" if self.is_running else f"exit status {self.process.returncode}"
        return f"---- {' '.join(self.command_line)}: {status}\n{self.log()}----"
