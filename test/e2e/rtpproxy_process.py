"""The program under test: start it, speak to it over its control sockets, look at what it holds, and end it.

    with RtpproxyProcess("-l", "127.0.0.1") as proxy:
        self.assertEqual(proxy.command("V"), "20040107")

Leaving the block ends the program with SIGTERM and checks that it left in good order: exit status 0 and no report of a
sanitizer. If the block fails, what the program logged is printed.
"""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

# Bounds on what comes soon, or not at all. They are ample, as the machine or a process may stand still for a while.
READY_TIMEOUT_S = 60
REPLY_TIMEOUT_S = 30
RETRANSMIT_AFTER_S = 5  # nothing is lost on loopback unless a buffer is full
STOP_TIMEOUT_S = 60
IDLE_TIMEOUT_S = 30
POLL_INTERVAL_S = 0.05

# Media ports lie below the ports that the kernel hands out to everybody else, and above the well-known defaults.
MEDIA_PORTS = range(20000, 29000, 2)
MEDIA_PORTS_PER_PROCESS = 400

SANITIZER_REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:")


def program():
    """The path of the program under test."""
    path = os.environ.get("RTPPROXY_BINARY")
    if not path:
        raise RuntimeError("set RTPPROXY_BINARY to the path of the program under test")
    return path


def watches_threads():
    """Whether the program was built with ThreadSanitizer."""
    with open(program(), "rb") as binary:
        return b"__tsan_init" in binary.read()


def is_sandboxed():
    """Whether the programs that tests start are to run with --sandbox, as the whole suite does once more (CMakeLists)."""
    return os.environ.get("RTPPROXY_SANDBOX") == "on"


def environment():
    """Ours without the settings of rtpproxy, which are variables as well; but for the sandbox."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RTPPROXY_")}
    if is_sandboxed():
        inherited["RTPPROXY_SANDBOX"] = "on"
    inherited.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    return inherited


def free_port(host="127.0.0.1", kind=socket.SOCK_DGRAM):
    """A port nobody uses at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def free_control_socket(kind="udp", directory=None):
    """A control socket as `-s` takes it. `kind` is udp, udp6, tcp, tcp6, unix or cunix; the last two need a
    directory."""
    if kind in ("unix", "cunix"):
        return f"{kind}:{os.path.join(directory, f'{kind}.sock')}"
    host = "::1" if kind.endswith("6") else "127.0.0.1"
    kind_of_socket = socket.SOCK_STREAM if kind.startswith("tcp") else socket.SOCK_DGRAM
    return f"{kind}:{host}:{free_port(host, kind_of_socket)}"


def wait_until(condition, timeout_s, what):
    """Polls until `condition()` is true and returns its value; TimeoutError names `what` was awaited."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(POLL_INTERVAL_S)
    return value


class ControlClient:
    """One client of a control socket given as for `-s`. Datagrams carry a cookie and are repeated with the same cookie
    every `retransmit_after_s` until answered; `unix:` takes a connection for each command; the rest keep their
    connection."""

    def __init__(self, spec):
        self.kind, self.address = spec.split(":", 1)
        self.retransmit_after_s = RETRANSMIT_AFTER_S
        self.buffered = b""
        self.connection = None

    def command(self, text, timeout_s=REPLY_TIMEOUT_S):
        """The reply without cookie and line end. `text` may be str or bytes. Several lines come back from `I`: in
        datagrams and over `unix:` only, as nothing on the other transports marks the end of such a reply."""
        octets = text.encode() if isinstance(text, str) else text
        if self.kind in ("udp", "udp6"):
            return self._exchange_datagrams(octets, timeout_s)
        if self.kind == "unix":
            return self._exchange_once(octets, timeout_s)
        return self._exchange_line(octets, timeout_s)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        self.buffered = b""

    def _connect(self, timeout_s):
        family = {"unix": socket.AF_UNIX, "cunix": socket.AF_UNIX}.get(
            self.kind, socket.AF_INET6 if self.kind.endswith("6") else socket.AF_INET
        )
        kind = socket.SOCK_DGRAM if self.kind.startswith("udp") else socket.SOCK_STREAM
        connection = socket.socket(family, kind)
        connection.settimeout(timeout_s)
        try:
            connection.connect(self.address if family == socket.AF_UNIX else self._host_and_port())
        except OSError:
            connection.close()
            raise
        return connection

    def _host_and_port(self):
        host, port = self.address.rsplit(":", 1)
        return host, int(port)

    def _exchange_datagrams(self, octets, timeout_s):
        cookie = f"{os.getpid()}_{random.getrandbits(40)}".encode()
        self.connection = self.connection or self._connect(timeout_s)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self.connection.settimeout(min(self.retransmit_after_s, left))
            self.connection.send(cookie + b" " + octets)
            with contextlib.suppress(socket.timeout):
                while not (reply := self.connection.recv(65536)).startswith(cookie + b" "):
                    pass
                return reply[len(cookie) + 1 :].decode().removesuffix("\n")
        raise TimeoutError(f"no reply to {octets!r} within {timeout_s} s")

    def _exchange_once(self, octets, timeout_s):
        with self._connect(timeout_s) as connection:
            connection.sendall(octets)
            reply = b""
            while chunk := connection.recv(65536):
                reply += chunk
        return reply.decode().removesuffix("\n")

    def _exchange_line(self, octets, timeout_s):
        self.connection = self.connection or self._connect(timeout_s)
        self.connection.settimeout(timeout_s)
        self.connection.sendall(octets + b"\n")
        while b"\n" not in self.buffered:
            chunk = self.connection.recv(65536)
            if not chunk:
                raise ConnectionError(f"{self.kind}:{self.address} closed before the reply to {octets!r}")
            self.buffered += chunk
        line, self.buffered = self.buffered.split(b"\n", 1)
        return line.decode()


class RtpproxyProcess:
    """A running rtpproxy in the foreground, with a control socket and a range of media ports of its own.

    `options` are appended to the command line. `control_sockets` are specifications as for `-s`; by default one UDP
    socket on a free port. The first one is what `command()` speaks to. `media_ports` is (lowest, highest), or None to
    choose it at random. `standard_streams` are (stdin, stdout) as for Popen, for programs with a `stdio:` control
    socket, which must not be the first. `log` is an open file for what the program writes to stderr, by default a
    temporary one, and `variables` are added to its environment. The object is ready for commands once constructed.
    """

    def __init__(
        self, *options, control_sockets=None, media_ports=None, standard_streams=None, log=None, variables=None
    ):
        self.control_sockets = list(control_sockets or [free_control_socket()])
        self.media_ports = media_ports or self._some_media_ports()
        self.clients = {}
        self.exit_status = None
        self._log = log or tempfile.TemporaryFile()
        self._command_line = self._make_command_line(options)
        stdin, stdout = standard_streams or (subprocess.DEVNULL, self._log)
        self._process = subprocess.Popen(
            self._command_line,
            stdin=stdin,
            stdout=stdout,
            stderr=self._log,
            env=environment() | (variables or {}),
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            print(self.describe(), file=sys.stderr)
            raise

    @staticmethod
    def _some_media_ports():
        last_start = len(MEDIA_PORTS) - MEDIA_PORTS_PER_PROCESS // 2
        lowest = MEDIA_PORTS[random.randrange(last_start)]
        return lowest, lowest + MEDIA_PORTS_PER_PROCESS - 1

    def _make_command_line(self, options):
        line = [program(), "--config", "/dev/null", "-f", "-F"]
        line += [word for spec in self.control_sockets for word in ("-s", spec)]
        line += ["-m", str(self.media_ports[0]), "-M", str(self.media_ports[1])]
        return line + [str(option) for option in options]

    def _wait_until_ready(self):
        def answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"rtpproxy ended with {self._process.returncode} instead of starting")
            with contextlib.suppress(OSError):  # includes TimeoutError and refused connections
                return self.command("V", timeout_s=0.5) == "20040107"
            self._close_clients()
            return False

        wait_until(answers, READY_TIMEOUT_S, "rtpproxy to answer V")

    def __enter__(self):
        return self

    def __exit__(self, kind, _error, _trace):
        if kind is None:
            self.stop()
            return
        self.kill(signal.SIGTERM)
        print(self.describe(), file=sys.stderr)

    @property
    def pid(self):
        return self._process.pid

    @property
    def stdin(self):
        return self._process.stdin

    @property
    def stdout(self):
        return self._process.stdout

    def client(self, spec=None):
        """The client of that control socket, by default the first."""
        spec = spec or self.control_sockets[0]
        if spec not in self.clients:
            self.clients[spec] = ControlClient(spec)
        return self.clients[spec]

    def command(self, text, spec=None, timeout_s=REPLY_TIMEOUT_S):
        """Sends one command and returns the reply, see ControlClient.command."""
        return self.client(spec).command(text, timeout_s)

    def info(self):
        """What `I` says as a dictionary from label to number, such as {"active sessions": 0}. The first control socket
        has to be a datagram socket or `unix:`."""
        return {label: int(number) for label, number in (line.split(": ") for line in self.command("I").splitlines())}

    def active_sessions(self):
        return self.info()["active sessions"]

    def counters(self, *names):
        """Those counters of `G` as a dictionary from name to number."""
        values = self.command(" ".join(("G", *names))).split()
        return {name: float(value) if "." in value else int(value) for name, value in zip(names, values, strict=True)}

    def descriptor_count(self):
        """How many descriptors the program has open now."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def descriptors(self):
        """What the open descriptors refer to, for messages."""
        directory = f"/proc/{self.pid}/fd"
        names = []
        for number in sorted(os.listdir(directory), key=int):
            with contextlib.suppress(FileNotFoundError):
                names.append(f"{number} -> {os.readlink(os.path.join(directory, number))}")
        return names

    def wait_until_idle(self, descriptors, timeout_s=IDLE_TIMEOUT_S):
        """Waits until there are no sessions and no more open descriptors than that; TimeoutError lists what is left.
        Descriptors may close a moment after their session is gone."""
        try:
            wait_until(
                lambda: self.active_sessions() == 0 and self.descriptor_count() <= descriptors, timeout_s, "idleness"
            )
        except TimeoutError as error:
            left = "\n".join(self.descriptors())
            raise TimeoutError(
                f"{error}: {self.active_sessions()} sessions, {self.descriptor_count()} descriptors open where "
                f"{descriptors} were at the start:\n{left}"
            ) from None

    def output(self):
        """Everything written to stdout and stderr so far."""
        if self._log.closed:
            return self._last_output
        log = self._log.fileno()
        # Not read(): the program writes at the file position that it shares with us.
        return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")

    def describe(self):
        status = "running" if self._process.poll() is None else f"exit status {self._process.returncode}"
        return f"---- {' '.join(self._command_line)}: {status}\n{self.output()}----"

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait(self, timeout_s=STOP_TIMEOUT_S):
        """Waits for the program to end by itself; the exit status, negative for a signal."""
        self.exit_status = self._process.wait(timeout_s)
        self._release()
        return self.exit_status

    def stop(self, expected_status=0):
        """Ends the program with SIGTERM. AssertionError, with the log, if it does not end, ends with another status, or
        a sanitizer reported anything."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {STOP_TIMEOUT_S} s of SIGTERM\n{self.describe()}") from None
        if self.exit_status != expected_status:
            raise AssertionError(f"exit status {self.exit_status}, expected {expected_status}\n{self.describe()}")
        if SANITIZER_REPORT.search(self.output()):
            raise AssertionError(f"a sanitizer reported an error\n{self.describe()}")

    def kill(self, first_signal=signal.SIGKILL):
        """Ends the program whatever it takes and checks nothing."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.poll() is None:
                self._process.send_signal(first_signal)
            self._process.wait(STOP_TIMEOUT_S)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._release()

    def _release(self):
        """Closes what belongs to a program that has ended."""
        self._close_clients()
        self._last_output = self.output()
        self._log.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _close_clients(self):
        for client in self.clients.values():
            client.close()
        self.clients.clear()
