"""The relays that are compared: how each is started, and on which CPU."""

import contextlib
import dataclasses
import os
import shlex
import shutil
import signal
import subprocess
import tempfile

from .points import EVENT_DRIVEN, TWO_SHARDS

STOP_TIMEOUT_S = 10
CONTROL_PORT = 22222


@dataclasses.dataclass(frozen=True)
class Relay:
    """A relay and its command line; `{port}` in it stands for the control port."""

    name: str
    command: tuple[str, ...]
    protocol: str = "rtpproxy"
    only_where_named: bool = False  # measured at the points that list it as a variant
    every_cpu: bool = False  # not confined to the server's CPU

    @contextlib.contextmanager
    def running(self, cpu, real_time=False, port=CONTROL_PORT):
        """A fresh process on `cpu`, ended when the block is left. Yields the process."""
        command = [word.replace("{port}", str(port)) for word in self.command]
        with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as directory:
            process = subprocess.Popen(
                pinned(command, None if self.every_cpu else cpu, real_time),
                cwd=directory, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
            try:
                yield process
            except Exception:
                output.seek(0)
                print(f"--- output of {self.name}:\n{output.read()[-2000:].decode(errors='replace')}---")
                raise
            finally:
                stop(process)


def environment():
    """Ours without the settings of rtpproxy, which are variables as well."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RTPPROXY_")}


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


def our_command(binary, shards):
    """Quiet, enough ports for as many sessions as descriptors allow."""
    command = (binary, "-f", "-F", "-d", "ERR", "-s", "udp:127.0.0.1:{port}", "-l", "127.0.0.1")
    return command + ("-m", "10000", "-M", "60000", "--threads", str(shards))


def ours(binary):
    return Relay("rtpproxy", our_command(binary, 1))


def our_variants(binary):
    """The program with other settings than those it comes with."""
    yield Relay(EVENT_DRIVEN, our_command(binary, 1) + ("--gather-max", "0"), only_where_named=True)
    # Both halves of one CPU's load: without gathering, which would hide what a second shard costs.
    two_shards = our_command(binary, 2) + ("--gather-max", "0")
    yield Relay(TWO_SHARDS, two_shards, only_where_named=True, every_cpu=True)


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
