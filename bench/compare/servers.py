"""The relays that are compared: how each is started, and on which CPU."""

import contextlib
import dataclasses
import os
import shlex
import shutil
import signal
import subprocess
import tempfile

STOP_TIMEOUT_S = 10
CONTROL_PORT = 22222


@dataclasses.dataclass(frozen=True)
class Relay:
    """A relay and its command line; `{port}` in it stands for the control port."""

    name: str
    command: tuple[str, ...]
    protocol: str = "rtpproxy"

    @contextlib.contextmanager
    def running(self, cpu, real_time=False, port=CONTROL_PORT):
        """A fresh process on `cpu`, ended when the block is left. Yields the process."""
        command = [word.replace("{port}", str(port)) for word in self.command]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                pinned(command, cpu, real_time), cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            try:
                yield process
            except Exception:
                output.seek(0)
                print(f"--- output of {self.name}:\n{output.read()[-2000:].decode(errors='replace')}---")
                raise
            finally:
                stop(process)


def pinned(command, cpu, real_time=False):
    """`command`, kept on one CPU where there are several; `real_time`: ahead of everything else there."""
    prefix = ["chrt", "--fifo", "10"] if real_time else []
    if cpu is not None and shutil.which("taskset"):
        prefix += ["taskset", "--cpu-list", str(cpu)]
    return [*prefix, *command]


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def ours(binary):
    """One shard, quiet, enough ports for as many sessions as descriptors allow."""
    return Relay(
        "rtpproxy",
        (binary, "-f", "-F", "-d", "ERR", "-s", "udp:127.0.0.1:{port}", "-l", "127.0.0.1")
        + ("-m", "10000", "-M", "60000", "--threads", "1"),
    )


def null_relay(binary):
    return Relay("null relay", (binary, "{port}"))


def rtpengine(binary):
    """User space forwarding, one worker."""
    return Relay(
        "rtpengine",
        (binary, "--foreground", "--table=-1", "--interface=127.0.0.1", "--listen-ng=127.0.0.1:{port}")
        + ("--port-min=10000", "--port-max=60000", "--num-threads=1", "--log-level=1", "--log-stderr"),
        protocol="ng",
    )


def parse_relay(text):
    """NAME=COMMAND, COMMAND with `{port}`; a bare path gets the options of the classic program."""
    name, separator, command = text.partition("=")
    if not separator or not name or not command.strip():
        raise ValueError(f"expected NAME=COMMAND, not '{text}'")
    words = tuple(shlex.split(command))
    if len(words) == 1:
        words += ("-f", "-F", "-s", "udp:127.0.0.1:{port}", "-l", "127.0.0.1", "-m", "10000", "-M", "60000")
    return Relay(name, (os.path.abspath(words[0]) if os.path.exists(words[0]) else words[0], *words[1:]))
