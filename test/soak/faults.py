"""What goes wrong during a soak. Each fault is a context manager; while it is entered calls go on.

`effect` counts what shows that a fault took place, and `told` says what was counted. A fault that cannot be had has a
reason in `unavailable`.
"""

import contextlib
import resource
import signal
import socket
import subprocess
import threading
import time

from controller import Violation

PAUSE_S = 2
PATIENCE_S = 20


class Fault:
    name = "?"
    unavailable = None

    def __init__(self, stage):
        self.stage = stage
        self.runs = 0
        self.effect = 0  # how often it was seen to work

    @property
    def told(self):
        return f"{self.runs} times, {self.effect} {self.counts}" if not self.unavailable else self.unavailable

    @contextlib.contextmanager
    def entered(self):
        self.runs += 1
        with self.present():
            yield


    def await_recordings(self):
        """The program takes up recordings again once files can be written: from then on it has to."""
        churn = self.stage.churn
        begun = churn.services["R"]
        if not self.stage.churn_until(lambda: churn.services["R"] > begun, PATIENCE_S):
            raise Violation(f"no recording was begun for {PATIENCE_S} s after {self.name}")
        churn.files_may_lack = False


class FullLink(Fault):
    """A link so slow that packets fill the send buffers of the program's sockets: sending would block (EAGAIN)."""

    name = "full send buffers"
    counts = "packets not sent for it"

    def __init__(self, stage):
        super().__init__(stage)
        with self._shaped() as made:
            if not made:
                self.unavailable = "not covered: this kernel has no token bucket filter (tc, sch_tbf)"

    @contextlib.contextmanager
    def present(self):
        with self._shaped():
            before = self.stage.canary.dropped()
            self.stage.canary.shout(600)
            yield
            self.effect += self.stage.canary.dropped() - before

    @contextlib.contextmanager
    def _shaped(self):
        limits = "rate 1mbit burst 16kb limit 16mb".split()
        made = self._tc("add", "dev", "net", "root", "tbf", *limits) == 0
        try:
            yield made
        finally:
            if made:
                self._tc("del", "dev", "net", "root")

    def _tc(self, *words):
        with self.stage.hosts["proxy"].entered():
            return subprocess.run(["tc", "qdisc", *words], capture_output=True, timeout=20, check=False).returncode


class NoDescriptors(Fault):
    """The limit of open files is lowered to little more than what is open (EMFILE)."""

    name = "no descriptors (EMFILE)"
    counts = "offers or answers refused"

    def __init__(self, stage):
        super().__init__(stage)
        if stage.checks_types:
            self.unavailable = "not covered: UndefinedBehaviorSanitizer needs descriptors for its own checks (vptr)"

    @contextlib.contextmanager
    def present(self):
        pid, churn = self.stage.proxy.pid, self.stage.churn
        before, refused = resource.prlimit(pid, resource.RLIMIT_NOFILE), churn.refused
        churn.ports_may_lack = churn.files_may_lack = True
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (self.stage.proxy.descriptor_count() + 3, before[1]))
        try:
            # Nor can connections be accepted, which has to do no harm either.
            with self.stage.hosts["proxy"].entered(), contextlib.ExitStack() as stack:
                for _ in range(8):
                    stack.enter_context(self.stage.connect_control())
                yield
                self.stage.churn_until(lambda: churn.refused > refused, PATIENCE_S)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            churn.ports_may_lack = False
        self.await_recordings()
        self.effect += churn.refused - refused


class DiskFull(Fault):
    """The file system of the log, the recordings and the pid file has no room left (ENOSPC)."""

    name = "disk full"
    counts = "log lines the program said it could not write"

    @contextlib.contextmanager
    def present(self):
        before, churn = self.stage.log.unwritable, self.stage.churn
        churn.files_may_lack = True
        filler = self.stage.disk / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(1 << 16)):
                pass
        self.stage.log.resting = True
        try:
            yield
        finally:
            filler.unlink()
            self.stage.log.resting = False
        self._wait_for_the_tale(before)
        self.await_recordings()
        self.effect = self.stage.log.unwritable

    def _wait_for_the_tale(self, before):
        """The program tells with its next lines how many it could not write."""
        self.stage.churn_until(lambda: self.stage.log.unwritable > before, PATIENCE_S)


class NotifyPeerGone(Fault):
    """The controller stops listening for notices and comes back."""

    name = "notify peer gone"
    counts = "notices that came after its return"

    @contextlib.contextmanager
    def present(self):
        self.stage.collect_notices()
        self.stage.notices.close()
        self.stage.notices_there = False
        yield
        with self.stage.hosts["proxy"].entered():
            self.stage.notices.open()
        self.stage.notices_there = True
        before = len(self.stage.notices.lines)
        self.stage.churn_until(lambda: len(self.stage.notices.lines) > before, PATIENCE_S)
        self.effect += len(self.stage.notices.lines) - before


class Stopped(Fault):
    """SIGSTOP for 2 s, in the middle of everything."""

    name = "SIGSTOP for 2 s"
    counts = "commands that waited for it"

    @contextlib.contextmanager
    def present(self):
        self.stage.proxy.send_signal(signal.SIGSTOP)
        resume = threading.Timer(PAUSE_S, self.stage.proxy.send_signal, (signal.SIGCONT,))
        resume.start()
        started = time.monotonic()
        try:
            self.stage.controller.command("V")
            self.effect += time.monotonic() - started > PAUSE_S / 2
            yield
        finally:
            resume.join()


class ClockStep(Fault):
    """The wall clock jumps, by libfaketime in the program alone. Its monotonic clock goes on, as it does in life."""

    name = "clock steps"
    counts = "seen in the log"
    STEPS_S = (3600, -3600, 10 * 365 * 86400, -5 * 365 * 86400, 90, -60)

    def __init__(self, stage):
        super().__init__(stage)
        if not stage.fake_clock:
            self.unavailable = f"not covered: {stage.no_fake_clock}"

    @contextlib.contextmanager
    def present(self):
        step = self.stage.chance.choice(self.STEPS_S)
        self.stage.set_clock(step)
        try:
            yield
            self._wait_for(step)
        finally:
            self.stage.set_clock(0)

    def _wait_for(self, step):
        def seen():
            clock = self.stage.log.clock
            return clock is not None and abs(clock - time.time() - step) < abs(step) / 4

        self.effect += self.stage.churn_until(seen, PATIENCE_S)


class ControlJunk(Fault):
    """Datagrams and connections that make no sense, and connections that end in the middle of a command."""

    name = "junk on the control sockets"
    counts = "datagrams and lines"
    LETTERS = b"VLDQIGPSRCNZ"  # none that makes or ends the calls of others
    WORDS = (b"junk", b"", b"&&", b"\0", b"\xff\xfe", b"127.0.0.1", b"99999", b"a;1", b"S ttl=1", b"%s%n", b"x" * 3000)

    @contextlib.contextmanager
    def present(self):
        chance = self.stage.chance
        with contextlib.ExitStack() as stack:
            with self.stage.hosts["proxy"].entered():
                senders = [stack.enter_context(self._datagram_socket()) for _ in range(4)]
                lines = [stack.enter_context(self.stage.connect_control()) for _ in range(6)]
            for _ in range(300):
                with contextlib.suppress(OSError):  # full, or closed by the program, as it may be
                    self.effect += bool(chance.choice(senders).send(self._junk(chance)))
                    end = chance.choice((b"\n", b"", b"\r\n"))
                    self.effect += bool(chance.choice(lines).send(self._junk(chance) + end))
            for line in lines:
                if chance.random() < 0.5:  # reset rather than end
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            yield

    def _datagram_socket(self):
        host, port = self.stage.control_sockets[0].removeprefix("udp:").split(":")
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.bind(("127.0.0.66", 0))
        opened.connect((host, int(port)))
        return opened

    def _junk(self, chance):
        if chance.random() < 0.3:
            junk = chance.randbytes(chance.randrange(1, 400))
            # A datagram is carried out from its second word on, a line from its first.
            return bytes(octet for octet in junk if octet not in b"uUxX")
        words = [bytes([chance.choice(self.LETTERS)]) + chance.choice((b"", b"v", b"6", b"zz", b"w"))]
        words += chance.choices(self.WORDS, k=chance.randrange(6))
        return b"cookie%d " % chance.randrange(50) + b" ".join(words)


ALL = (FullLink, NoDescriptors, DiskFull, NotifyPeerGone, Stopped, ClockStep, ControlJunk)
