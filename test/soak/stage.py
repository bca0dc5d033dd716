"""Where a soak happens: the program in a network of its own with a small disk, its controller, the parties and their
calls.

Needs a mount namespace of its own, see scripts/soak.
"""

import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from calls import PROMPT, Churn
from canary import Canary
from controller import Controller, Violation
from log_file import LogFile
from media_party import Party
from memory import Memory
from network import Network
from notify_socket import NotifySocket
from rtpproxy_process import RtpproxyProcess, free_control_socket, free_port, is_sandboxed, program

PROXY, PEERS = ("198.51.100.1", "2001:db8::1"), ("198.51.100.10", "2001:db8::10")
PROHIBITED, NOBODY = "198.51.100.99", "198.51.100.77"
MEDIA_PORTS = (10_000, 17_999)
PARTIES = {PEERS[0]: 240, PEERS[1]: 60}
LIVE_CALLS = 120
# An even pace: the program remembers replies for 35 s, so a machine that gets faster would look like a leak.
STEPS_A_SECOND = 1000
TTL_S, SETUP_TTL_S, HOLD_TTL_S = 6, 4, 10
DISK_OCTETS = 16 << 20
RECORD_BUFFER_MIB = 1  # a ring that becomes resident while it is filled for the first time, so that it soon is
LOOK_AROUND_S = 0.25
KEEP_RECORDINGS_S = 1
FAKE_CLOCK = "/usr/lib/*/faketime/libfaketimeMT.so.1"
PLAIN_TIMERFD = pathlib.Path(__file__).parent / "plain_timerfd.c"
SANITIZER = re.compile(rb"__(asan|tsan)_init")


class Stage:
    """`chance` decides everything random. Entering starts the program and makes the call that lives on."""

    def __init__(self, chance):
        self.chance = chance
        binary = pathlib.Path(program()).read_bytes()
        self.sanitized = bool(SANITIZER.search(binary))
        self.checks_types = b"__ubsan_handle_dynamic_type" in binary
        self.fake_clock, self.no_fake_clock = self._find_fake_clock()
        self.notices_there = True
        self._looked_around_at = 0.0
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind and self.proxy.exit_status is None:
            print(self.proxy.output()[-4000:])
            self.proxy.kill()
        self._stack.close()

    # --- going on

    def churn_for(self, seconds):
        """Calls come, talk and go for that long."""
        end = time.monotonic() + seconds
        due = time.monotonic()
        while time.monotonic() < end:
            self.churn.step()
            due = max(due + 1 / STEPS_A_SECOND, time.monotonic() - LOOK_AROUND_S)
            time.sleep(max(0, due - time.monotonic()))
            if time.monotonic() - self._looked_around_at > LOOK_AROUND_S:
                self.look_around()

    def churn_until(self, condition, seconds):
        """The same until it is true, for so long at most; whether it is."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.churn_for(0.1)
        return condition()

    def look_around(self):
        self._looked_around_at = time.monotonic()
        self.check_alive()
        self.memory.sample()
        self.log.take()
        self._remove_old_recordings()
        self.collect_notices()

    def _remove_old_recordings(self):
        """Makes room. A recording is complete when its details are there, unless the next one of that name has begun."""
        for details in self.recordings.glob("*.json"):
            written = {file: file.stat().st_mtime for file in self.recordings.glob(f"{details.stem}.*")}
            if max(written.values()) <= written[details] < time.time() - KEEP_RECORDINGS_S:
                self.recorded += 1
                for file in written:
                    file.unlink()

    def check_alive(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self.proxy.wait(0)
            raise Violation(f"the program ended with {status}")
        if self.log.alarms:
            raise Violation("a sanitizer reported an error:\n" + self.log.alarms[0])

    def collect_notices(self):
        for _ in range(3):  # a connection, and what it brings
            if self.notices_there:
                self.notices.collect()

    def connect_control(self):
        """A connection to the TCP control socket; the caller has to be in the program's namespace."""
        host, port = self.control_sockets[1].removeprefix("tcp:").split(":")
        opened = socket.socket()
        opened.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            opened.connect((host, int(port)))
        return opened

    def set_clock(self, offset_s):
        """Steps the program's wall clock to so many seconds ahead of ours."""
        written = self.directory / "clock.new"
        written.write_text(f"{offset_s:+d}\n")
        written.rename(self.directory / "clock")

    def icmp_errors(self):
        """How many destination unreachable messages (RFC 792) the program's host has received."""
        with self.hosts["proxy"].entered():
            rows = [line.split() for line in pathlib.Path("/proc/thread-self/net/snmp").read_text().splitlines()]
        names, values = [row for row in rows if row[0] == "Icmp:"]
        return int(values[names.index("InDestUnreachs")])

    # --- setting up

    def _find_fake_clock(self):
        if self.sanitized:
            return None, "the sanitizer has to be the first library of the program, and so has libfaketime"
        if is_sandboxed():
            return None, "the sandbox keeps libfaketime from its file"
        if not shutil.which("cc"):
            return None, "there is no C compiler for what libfaketime needs beside it"
        found = sorted(pathlib.Path("/").glob(FAKE_CLOCK.lstrip("/")))
        return (str(found[0]), None) if found else (None, "there is no libfaketime (Debian package libfaketime)")

    def _set_up(self):
        self.directory = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        self._mount_disk()
        self._wire()
        with self.hosts["proxy"].entered():
            self.notices = NotifySocket(("127.0.0.1", free_port("127.0.0.1", socket.SOCK_STREAM)))
            self._stack.callback(self.notices.close)
            self.proxy = self._start_program()
            self._stack.callback(self.proxy.kill)
            self.controller = Controller(self.control_sockets[0], self.chance)
            self._stack.callback(self.controller.close)
        self.idle_descriptors = self.proxy.descriptor_count()
        self.memory = Memory(self.proxy.pid)
        self.start_kb = self.memory.sample()
        self._invite()

    def _mount_disk(self):
        self.disk = self.directory / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_OCTETS}", "soak", str(self.disk)]
        subprocess.run(mount, check=True, timeout=20)
        self._stack.callback(subprocess.run, ["umount", "--lazy", str(self.disk)], check=True, timeout=20)
        self.recordings = self.disk / "recordings"
        self.recordings.mkdir()
        self.recorded = 0  # recordings that were complete
        self.prompts = self.directory / "prompts"
        self.prompts.mkdir()
        (self.prompts / f"{PROMPT}.0").write_bytes(b"\xd5" * 4000)
        self.log = LogFile(self.disk / "log")
        self._stack.callback(self.log.file.close)

    def _wire(self):
        self.hosts = self._stack.enter_context(Network({"proxy": PROXY, "peers": PEERS}))
        self.hosts["proxy"].configure(f"route add prohibit {PROHIBITED}")
        with self.hosts["peers"].entered(), contextlib.suppress(OSError):
            # An ICMP error for each packet, not just one a second.
            pathlib.Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0")

    def _start_program(self):
        self.control_sockets = [free_control_socket(), free_control_socket("tcp")]
        host, port = self.notices.address
        self.notify = f"tcp:{host}:{port}"
        self.pid_file = self.disk / "pid"
        variables = self._use_fake_clock() if self.fake_clock else {}
        return RtpproxyProcess(
            "-l", PROXY[0], "-6", f"six@{PROXY[1]}", "-T", TTL_S, "-W", SETUP_TTL_S, "--hold-ttl", HOLD_TTL_S,
            "-n", self.notify, "-p", self.pid_file, "--log-format", "json", "-r", self.recordings, "--record-buffer",
            RECORD_BUFFER_MIB, "--prompt-dir", self.prompts,
            control_sockets=self.control_sockets, media_ports=MEDIA_PORTS, log=self.log.file, variables=variables,
        )  # fmt: skip

    def _use_fake_clock(self):
        """The variables that make a program use it."""
        self.set_clock(0)
        plain_timerfd = self.directory / "plain_timerfd.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", plain_timerfd, PLAIN_TIMERFD], check=True, timeout=60)
        return {
            "LD_PRELOAD": f"{plain_timerfd}:{self.fake_clock}",
            "FAKETIME_TIMESTAMP_FILE": str(self.directory / "clock"), "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip

    def _invite(self):
        with self.hosts["peers"].entered():
            parties = [
                self._stack.enter_context(Party(host)) for host, count in PARTIES.items() for _ in range(count)
            ]
        self.canary = Canary(self.controller, parties.pop(0), parties.pop(0))
        self.churn = Churn(
            self.chance, self.controller, parties, self.notify, prohibited=PROHIBITED, nobody=NOBODY,
            live_limit=LIVE_CALLS,
        )  # fmt: skip
