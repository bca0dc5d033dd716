"""The program as a process: daemon, signals, draining, control sockets of all kinds, privileges, and what runs out."""

import contextlib
import os
import pathlib
import pwd
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from media_party import Party, establish, parse_address, rtp
from rtpproxy_process import (
    SANITIZER_REPORT,
    ControlClient,
    RtpproxyProcess,
    environment,
    free_control_socket,
    free_port,
    program,
    wait_until,
    watches_threads,
)

PATIENCE_S = 60
IS_ROOT = os.geteuid() == 0
NOT_AN_ADDRESS_OF_THIS_HOST = "198.51.100.77"  # RFC 5737
NOBODY = "nobody"


def run(*options, **more):
    """Runs the program to its end: for starts that fail, and daemons, whose parent ends."""
    line = [program(), "--config", "/dev/null", *options]
    return subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=PATIENCE_S, **more)


def is_running(pid):
    """False for a process that is gone, or only waits for its parent to look."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def status_of(pid, name):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:\s*(.*)$", text, re.M)[1].split()


def wait_for_draining(command):
    """A signal is seen some time after it was sent; sessions made until then are taken back."""

    def refused():
        if command("U probe 127.0.0.1 4000 f") == "E99":
            return True
        command("D probe f")
        return False

    wait_until(refused, PATIENCE_S, "draining")


class ProcessTest(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.directory = self.stack.enter_context(tempfile.TemporaryDirectory())
        os.chmod(self.directory, 0o777)  # also for the user that the program becomes

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, *options, **more):
        return self.stack.enter_context(RtpproxyProcess("-l", "127.0.0.1", *options, **more))

    def assert_refused(self, finished, *named):
        """The start failed with a message that names what is wrong."""
        self.assertEqual(finished.returncode, 1, finished.stderr)
        for text in named:
            self.assertIn(text, finished.stderr)
        self.assertNotRegex(finished.stderr, SANITIZER_REPORT)


class Daemon(ProcessTest):
    def start_daemon(self, *options, pid_file="pid", **more):
        """Starts a daemon and returns its process id as its control socket's owner tells it."""
        self.socket = f"unix:{self.path('control')}"
        options = ["-F", "-l", "127.0.0.1", "-m", "29000", "-M", "29099", "-s", self.socket, *options]
        if pid_file:
            options += ["-p", self.path(pid_file)]
        started = run(*options, **more)
        self.assertEqual((started.returncode, started.stdout), (0, ""), started.stderr)
        self.said = started.stderr
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path("control"))
            connection.sendall(b"V")
            self.assertEqual(connection.recv(100), b"20040107\n", "the parent returned before the daemon served")
        pid = self.find_daemon()
        self.stack.callback(self.end_daemon, pid)
        return pid

    def find_daemon(self):
        """The process whose command line names our directory and which is not our child."""
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = entry.read_bytes().split(b"\0")
                if words[0] == program().encode() and self.socket.encode() in words and is_running(entry.parent.name):
                    return int(entry.parent.name)
        self.fail("there is no daemon")

    def end_daemon(self, pid):
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_running(pid), PATIENCE_S, "the daemon to end")

    def test_serves_once_its_parent_ended_and_cleans_up_behind_itself(self):
        pid = self.start_daemon()
        self.assertEqual(pathlib.Path(self.path("pid")).read_text(), f"{pid}\n")
        self.assertNotEqual(os.getsid(pid), os.getsid(0), "it is in our session")
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        for stream in range(3):
            self.assertEqual(os.readlink(f"/proc/{pid}/fd/{stream}"), "/dev/null")
        self.assertRegex(ControlClient(self.socket).command("U call 127.0.0.1 4000 f"), r"\A\d+ 127\.0\.0\.1\Z")
        self.end_daemon(pid)
        self.assertEqual(os.listdir(self.directory), [])

    def test_may_keep_its_directory(self):
        pid = self.start_daemon("-D")
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), os.getcwd())

    def test_replaces_the_pid_file_of_a_dead_one_and_leaves_that_of_another(self):
        pathlib.Path(self.path("pid")).write_text("99999999\n")
        pid = self.start_daemon()
        self.assertEqual(pathlib.Path(self.path("pid")).read_text(), f"{pid}\n")
        pathlib.Path(self.path("pid")).write_text("1\n")
        self.end_daemon(pid)
        self.assertEqual(os.listdir(self.directory), ["pid"], "it is somebody else's by now")

    def test_that_cannot_start_fails_its_parent(self):
        other = self.path("missing/other")
        common = ["-F", "-l", "127.0.0.1", "-p", self.path("pid"), "-s", f"unix:{self.path('control')}"]
        self.assert_refused(run(*common, "-s", f"unix:{other}"), other)
        self.assert_refused(run(*common, "-L", "999999999999"), "-L")
        pathlib.Path(self.path("precious")).write_text("precious")
        self.assert_refused(run(*common, "-p", self.path("precious")), "something else than a process id")
        os.unlink(self.path("precious"))
        self.assertEqual(os.listdir(self.directory), [], "nothing is left behind")

    def test_goes_on_without_a_pid_file_that_cannot_be_made(self):
        pid = self.start_daemon(pid_file="missing/pid")
        self.assertIn("missing/pid: cannot open the pid file", self.said)
        self.end_daemon(pid)
        finished = run("-f", "-F", "-l", "127.0.0.1", "-s", "stdio:", "-p", self.path("missing/pid"), input="V\n")
        self.assertEqual((finished.returncode, finished.stdout), (0, "20040107\n"), finished.stderr)
        self.assertRegex(finished.stderr, r"(?m)^ERR:GLOBAL:.*missing/pid: cannot open the pid file: .*; going on without one$")
        self.assertEqual(os.listdir(self.directory), [])

    @unittest.skipUnless(IS_ROOT, "becomes another user")
    def test_of_an_ordinary_user_needs_no_pid_file(self):
        if os.path.exists("/run/rtpproxy.pid"):
            self.skipTest("another program has the pid file")
        # It may not reach the directory of the program, as in a clone that is root's alone.
        with open(program(), "rb") as opened:
            reachable = f"/proc/self/fd/{opened.fileno()}"
            pid = self.start_daemon(pid_file=None, user="nobody", executable=reachable, pass_fds=[opened.fileno()])
        self.assertIn("/run/rtpproxy.pid: cannot open the pid file", self.said)
        self.assertTrue(is_running(pid))

    @unittest.skipUnless(IS_ROOT, "makes device nodes")
    def test_never_unlinks_what_is_no_regular_file(self):
        # 1. A device and a FIFO of our own, so that the one that everybody needs is tried only when they survived.
        node, fifo = self.path("null"), self.path("fifo")
        try:
            os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError:
            self.skipTest("no permission to make device nodes")
        os.mkfifo(fifo)
        for path, kind in ((node, stat.S_ISCHR), (fifo, stat.S_ISFIFO)):
            self.end_daemon(self.start_daemon("-p", path, pid_file=None))
            self.assertTrue(kind(os.lstat(path).st_mode), path)

        # 2. /dev/null by name.
        self.end_daemon(self.start_daemon("-p", "/dev/null", pid_file=None))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_finds_a_relative_pid_file_where_it_was_started(self):
        pid = self.start_daemon(pid_file=None, *["-p", "relative.pid"], cwd=self.directory)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        self.assertEqual(pathlib.Path(self.path("relative.pid")).read_text(), f"{pid}\n")
        self.end_daemon(pid)
        self.assertEqual(os.listdir(self.directory), [])

    def test_keeps_its_pid_file_and_socket_from_a_second_start(self):
        pid = self.start_daemon()
        common = ["-F", "-l", "127.0.0.1"]
        for foreground in ([], ["-f"]):
            second = run(*common, *foreground, "-p", self.path("pid"), "-s", f"unix:{self.path('other')}")
            self.assert_refused(second, self.path("pid"), f"already running with pid {pid};")
            second = run(*common, *foreground, "-p", self.path("other.pid"), "-s", f"cunix:{self.path('control')}")
            self.assert_refused(second, self.path("control"), "in use by a running program")
        self.assertEqual(pathlib.Path(self.path("pid")).read_text(), f"{pid}\n")
        self.assertEqual(sorted(os.listdir(self.directory)), ["control", "pid"], "nothing is left of the second starts")
        self.assertEqual(ControlClient(self.socket).command("V"), "20040107")

    def test_that_was_killed_leaves_nothing_in_the_way(self):
        pid = self.start_daemon()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid), PATIENCE_S, "the daemon to be gone")
        self.assertEqual(sorted(os.listdir(self.directory)), ["control", "pid"])
        pid = self.start_daemon()
        self.assertEqual(pathlib.Path(self.path("pid")).read_text(), f"{pid}\n")

    def test_never_changes_a_file_that_is_none_of_its_own(self):
        precious, link = self.path("precious"), self.path("link")
        pathlib.Path(precious).write_text("precious\n")
        common = ["-F", "-l", "127.0.0.1", "-s", f"unix:{self.path('control')}"]
        if IS_ROOT:
            common += ["-u", NOBODY]
        for make, why in ((os.symlink, "symbolic link"), (os.link, "hard links")):
            make(precious, link)
            self.assert_refused(run(*common, "-p", link), link, why)
            os.unlink(link)
        self.assert_refused(run(*common, "-p", precious), precious, "something else than a process id")
        self.assertEqual(pathlib.Path(precious).read_text(), "precious\n")
        self.assertEqual(os.listdir(self.directory), ["precious"])

    def test_drains_as_well(self):
        pid = self.start_daemon()
        client = ControlClient(self.socket)
        client.command("U call 127.0.0.1 4000 f")
        os.kill(pid, signal.SIGHUP)
        wait_for_draining(client.command)
        self.assertEqual(client.command("D call f"), "0")
        wait_until(lambda: not is_running(pid), PATIENCE_S, "the daemon to end")


class Signals(ProcessTest):
    def end_with(self, proxy, *signals):
        for number in signals:
            proxy.send_signal(number)
        return proxy.wait(PATIENCE_S)

    def test_end_the_program_in_good_order(self):
        for name in "TERM INT USR1 USR2 XCPU XFSZ VTALRM PROF".split():
            with self.subTest(name):
                path = self.path(name)
                proxy = self.start(control_sockets=[f"unix:{path}"])
                proxy.command("U call 127.0.0.1 4000 f")
                self.assertEqual(self.end_with(proxy, getattr(signal, f"SIG{name}")), 0)
                self.assertFalse(os.path.exists(path))

    def test_that_come_twice_end_it_at_once(self):
        proxy = RtpproxyProcess("-l", "127.0.0.1")
        proxy.send_signal(signal.SIGTERM)
        wait_until(lambda: "shutting down" in proxy.output(), PATIENCE_S, "the first signal to be seen")
        with contextlib.suppress(ProcessLookupError):
            proxy.send_signal(signal.SIGINT)
        self.assertIn(proxy.wait(PATIENCE_S), (128 + signal.SIGINT, 0), "0 if it was faster")

    def test_of_misfortune_are_told_and_kill(self):
        # The shell shows -3 as 131. Only SIGQUIT: the others are the sanitizers' own.
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)  # where a core dump goes
        proxy = RtpproxyProcess("-l", "127.0.0.1")
        self.assertIn(self.end_with(proxy, signal.SIGQUIT), (-signal.SIGQUIT, 128 + signal.SIGQUIT))
        self.assertRegex(proxy.output(), r"CRIT.*SIGQUIT")

    def test_of_a_closed_pipe_are_ignored(self):
        proxy = self.start()
        proxy.send_signal(signal.SIGPIPE)
        self.assertEqual(proxy.command("V"), "20040107")


class Draining(ProcessTest):
    def test_lets_calls_go_on_and_refuses_new_ones(self):
        proxy = RtpproxyProcess("-l", "127.0.0.1")
        self.stack.callback(proxy.kill)
        caller, callee = (self.stack.enter_context(Party()) for _ in range(2))
        establish(proxy.command, "call", caller, callee, tags=("f", "t"))
        half_open = parse_address(proxy.command("U half-open 127.0.0.1 4000 f"))
        proxy.send_signal(signal.SIGHUP)
        wait_for_draining(proxy.command)
        proxy.send_signal(signal.SIGHUP)  # changes nothing

        caller.send(rtp(1))
        self.assertEqual(callee.receive(), rtp(1))
        self.assertEqual(proxy.command("U new 127.0.0.1 4000 f t"), "E99")
        self.assertEqual(proxy.command("L new 127.0.0.1 4000 f t"), "0")
        self.assertEqual(parse_address(proxy.command("U half-open 127.0.0.1 4000 f")), half_open)
        self.assertRegex(proxy.command("L half-open 127.0.0.1 5000 f t"), r"\A\d+ 127\.0\.0\.1\Z", "may be completed")
        self.assertRegex(proxy.command("Un call 127.0.0.1 4000 f t"), r"\A\d+ 127\.0\.0\.1\Z", "may get new ports")
        self.assertEqual(proxy.active_sessions(), 2)
        self.assertEqual(proxy.command("D half-open f t"), "0")
        self.assertEqual(proxy.command("D call f t"), "0")
        self.assertEqual(proxy.wait(PATIENCE_S), 0)

    def test_without_sessions_ends_at_once(self):
        proxy = RtpproxyProcess("-l", "127.0.0.1")
        proxy.send_signal(signal.SIGHUP)
        self.assertEqual(proxy.wait(PATIENCE_S), 0)

    def test_ends_with_the_last_session_that_times_out(self):
        proxy = RtpproxyProcess("-l", "127.0.0.1", "-T", "1")
        proxy.command("U call 127.0.0.1 4000 f")
        proxy.send_signal(signal.SIGHUP)
        self.assertEqual(proxy.wait(PATIENCE_S), 0)

    def test_ends_at_once_on_another_signal(self):
        proxy = RtpproxyProcess("-l", "127.0.0.1")
        proxy.command("U call 127.0.0.1 4000 f")
        proxy.send_signal(signal.SIGHUP)
        wait_for_draining(proxy.command)
        proxy.send_signal(signal.SIGTERM)
        self.assertEqual(proxy.wait(PATIENCE_S), 0)


class StandardStreams(ProcessTest):
    SILENCE_S = 3  # in which a script has to be carried out
    COMMON = ["-F", "-f", "-l", "127.0.0.1", "-m", "29000", "-M", "29099", "-b", "-T", str(SILENCE_S)]

    def test_serve_a_script_and_drain_at_its_end(self):
        started = time.monotonic()
        script = "V\nU call 127.0.0.1 4000 f\nL call 127.0.0.1 5000 f t\nD unfinished"
        finished = run(*self.COMMON, "-s", "stdio:", input=script)
        self.assertEqual(finished.stdout, "20040107\n29000 127.0.0.1\n29002 127.0.0.1\n")
        self.assertEqual(finished.returncode, 0, finished.stderr)
        self.assertGreaterEqual(time.monotonic() - started, self.SILENCE_S - 0.1, "the session was not waited for")

    def test_end_only_themselves_beside_a_datagram_socket(self):
        for kind, ends in (("stdio:", False), ("stdioc:", True)):
            with self.subTest(kind):
                proxy = RtpproxyProcess(
                    control_sockets=[free_control_socket(), kind], standard_streams=(subprocess.PIPE, subprocess.PIPE)
                )
                self.stack.callback(proxy.kill)
                proxy.stdin.write(b"V\n")
                proxy.stdin.flush()
                self.assertEqual(proxy.stdout.readline(), b"20040107\n")
                proxy.stdin.close()
                if ends:
                    self.assertEqual(proxy.wait(PATIENCE_S), 0)
                else:
                    self.assertRegex(proxy.command("U call 127.0.0.1 4000 f"), r"\A\d+\Z")
                    proxy.stop()

    def test_drain_beside_a_listening_socket(self):
        finished = run(*self.COMMON, "-s", "stdio:", "-s", f"unix:{self.path('control')}", input="V\n")
        self.assertEqual((finished.stdout, finished.returncode), ("20040107\n", 0), finished.stderr)

    def test_need_the_foreground(self):
        self.assert_refused(run("-F", "-s", "stdio:", "-p", self.path("pid")), "stdio", "-f")


class ControlSockets(ProcessTest):
    def test_of_all_kinds_serve_at_once(self):
        kinds = ("udp", "udp6", "tcp", "tcp6", "unix", "cunix")
        specs = [free_control_socket(kind, self.directory) for kind in kinds]
        specs += [free_control_socket(kind) for kind in ("udp", "tcp")]
        specs.append(self.path("bare"))
        proxy = RtpproxyProcess("-l", "127.0.0.1", control_sockets=specs)
        self.stack.callback(proxy.kill)
        specs[-1] = f"unix:{specs[-1]}"
        for number, spec in enumerate(specs):
            self.assertRegex(proxy.command(f"U call-{number} 127.0.0.1 4000 f", spec), r"\A\d+ 127\.0\.0\.1\Z", spec)
        for number, spec in enumerate(reversed(specs)):
            self.assertEqual(proxy.command(f"D call-{number} f", spec), "0", spec)
        proxy.stop()
        self.assertEqual(os.listdir(self.directory), [])

    def test_on_every_address_answer_from_the_one_they_were_asked_on(self):
        port = free_port()
        proxy = self.start(control_sockets=[f"udp:127.0.0.1:{free_port()}", f"udp:*:{port}", f"udp6:*:{port}"])
        for host in ("127.0.0.1", "127.0.0.9", "::1"):
            kind = "udp6" if ":" in host else "udp"
            self.assertEqual(proxy.command("V", f"{kind}:{host}:{port}"), "20040107", host)

    def test_that_are_taken_are_named(self):
        for kind in ("udp", "tcp", "udp6", "tcp6"):
            host = "::1" if kind.endswith("6") else "127.0.0.1"
            family = socket.AF_INET6 if kind.endswith("6") else socket.AF_INET
            with socket.socket(family, socket.SOCK_STREAM if kind.startswith("tcp") else socket.SOCK_DGRAM) as taken:
                taken.bind((host, 0))
                if kind.startswith("tcp"):
                    taken.listen()
                spec = f"{kind}:{host}:{taken.getsockname()[1]}"
                with self.subTest(spec):
                    self.assert_refused(run("-f", "-F", "-s", spec), spec, "in use")

    def test_replace_a_stale_socket_and_nothing_else(self):
        path = self.path("control")
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(path)
        proxy = self.start(control_sockets=[f"unix:{path}"])
        self.assertEqual(proxy.command("V"), "20040107")

        precious = self.path("precious")
        pathlib.Path(precious).write_text("data")
        self.assert_refused(run("-f", "-F", "-s", f"unix:{precious}"), precious, "not a socket")
        self.assertEqual(pathlib.Path(precious).read_text(), "data")

    def test_have_the_wanted_mode(self):
        for option, mode in (("0660", 0o660), ("0600", 0o600), ("777", 0o777)):
            with self.subTest(option):
                path = self.path(f"control-{option}")
                self.start("-w", option, control_sockets=[f"cunix:{path}"])
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode)


class ServiceManager(ProcessTest):
    # What systemd does between fork and exec: the socket becomes descriptor 3, and its variables name this process.
    EXEC = (
        "import fcntl, os, sys; sockets = [int(word) for word in sys.argv[1].split(',') if word]; "
        "copies = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in sockets]; "
        "[os.dup2(copy, 3 + number, inheritable=True) for number, copy in enumerate(copies)]; "
        "os.environ.update(LISTEN_FDS=str(len(sockets)), LISTEN_PID=str(os.getpid())); "
        "os.execv(sys.argv[2], sys.argv[2:])"
    )

    def activate(self, sockets, *options, **variables):
        numbers = ",".join(str(each.fileno()) for each in sockets)
        line = [sys.executable, "-c", self.EXEC, numbers, program(), "--config", "/dev/null", "-f", "-F", *options]
        process = subprocess.Popen(
            line,
            pass_fds=[each.fileno() for each in sockets],
            env=environment() | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.stderr.close)
        self.stack.callback(process.kill)  # in case the test failed before it ended
        return process

    def listener(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        opened = self.stack.enter_context(socket.socket(family, kind))
        opened.bind(("127.0.0.1", 0) if family == socket.AF_INET else self.path("activated"))
        if kind == socket.SOCK_STREAM:
            opened.listen()
        return opened

    def test_hands_over_a_listening_socket(self):
        for family in (socket.AF_INET, socket.AF_UNIX):
            with self.subTest(family), self.listener(family) as listener:
                process = self.activate([listener], "-s", "systemd:", "-l", "127.0.0.1")
                with socket.socket(family) as connection:
                    connection.settimeout(PATIENCE_S)
                    connection.connect(listener.getsockname())  # the kernel queues it until the program is there
                    connection.sendall(b"V\nVF 20050322\n")
                    received = b""
                    while received.count(b"\n") < 2:
                        received += connection.recv(100)
                    self.assertEqual(received, b"20040107\n1\n")
                process.terminate()
                _, errors = process.communicate(timeout=PATIENCE_S)
                self.assertEqual(process.returncode, 0, errors)
        self.assertTrue(os.path.exists(self.path("activated")), "the path is the service manager's")

    def test_hands_over_what_cannot_be_used(self):
        cases = {
            "2 sockets": [self.listener(), self.listener()],
            "no listening stream socket": [self.listener(kind=socket.SOCK_DGRAM)],
        }
        for complaint, sockets in cases.items():
            with self.subTest(complaint):
                process = self.activate(sockets, "-s", "systemd:", "-l", "127.0.0.1")
                _, errors = process.communicate(timeout=PATIENCE_S)
                self.assertEqual(process.returncode, 1, errors)
                self.assertIn(complaint, errors)

    def test_has_to_be_there(self):
        self.assert_refused(run("-f", "-F", "-s", "systemd:"), "no socket was handed over")

    def test_is_told_of_start_and_end(self):
        with self.stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as told:
            told.settimeout(PATIENCE_S)
            told.bind(self.path("notify"))
            process = self.activate(
                [self.listener()], "-s", "systemd:", "-l", "127.0.0.1", NOTIFY_SOCKET=self.path("notify")
            )
            ready = told.recv(4096).decode()
            self.assertIn("READY=1", ready)
            self.assertIn(f"MAINPID={process.pid}", ready)
            process.terminate()
            self.assertIn("STOPPING=1", told.recv(4096).decode())
            process.communicate(timeout=PATIENCE_S)
            self.assertEqual(process.returncode, 0)


@unittest.skipUnless(IS_ROOT, "only root can become somebody else")
class Privileges(ProcessTest):
    def test_are_given_up_for_good(self):
        nobody = pwd.getpwnam(NOBODY)
        path = self.path("control")
        proxy = self.start("-u", NOBODY, control_sockets=[f"unix:{path}"])
        self.assertEqual(status_of(proxy.pid, "Uid"), [str(nobody.pw_uid)] * 4)
        self.assertEqual(status_of(proxy.pid, "Gid"), [str(nobody.pw_gid)] * 4)
        self.assertNotIn("0", status_of(proxy.pid, "Groups"))
        for kind in ("CapPrm", "CapEff"):
            self.assertEqual(int(status_of(proxy.pid, kind)[0], 16), 0, kind)
        self.assertEqual(os.stat(path).st_uid, nobody.pw_uid, "the user can remove it at the end")
        self.assertRegex(proxy.command("U call 127.0.0.1 4000 f"), r"\A\d+ 127\.0\.0\.1\Z")

    def test_include_the_group(self):
        path = self.path("control")
        proxy = self.start("-u", f"{NOBODY}:daemon", control_sockets=[f"unix:{path}"])
        group = os.stat(path)
        self.assertEqual(status_of(proxy.pid, "Gid"), [str(group.st_gid)] * 4)
        self.assertEqual(stat.S_IMODE(group.st_mode), 0o755)

    def test_of_unknown_users_are_refused(self):
        for user in ("no-such-user", "nobody:no-such-group", ":no-such-group"):
            name = user.split(":")[-1]
            self.assert_refused(run("-f", "-s", f"unix:{self.path('control')}", "-u", user), name)


class Addresses(ProcessTest):
    def test_of_another_host_are_named_and_cannot_be_used(self):
        proxy = self.stack.enter_context(
            RtpproxyProcess("-l", NOT_AN_ADDRESS_OF_THIS_HOST, "-l", "here@127.0.0.1")
        )
        wait_until(lambda: NOT_AN_ADDRESS_OF_THIS_HOST in proxy.output(), PATIENCE_S, "the log to name the address")
        self.assertEqual(proxy.command("U call 127.0.0.1 4000 f"), "E72")
        self.assertRegex(proxy.command("Ul{here} call 127.0.0.1 4000 f"), r"\A\d+ 127\.0\.0\.1\Z")
        self.assertEqual(proxy.command(f"Ll{NOT_AN_ADDRESS_OF_THIS_HOST} call 127.0.0.1 5000 f t"), "E71")
        self.assertRegex(proxy.command("L call 127.0.0.1 5000 f t"), r"\A\d+ 127\.0\.0\.1\Z", "may be tried again")
        self.assertEqual(proxy.active_sessions(), 1)


class Exhaustion(ProcessTest):
    GIVEN = r"\A\d+ 127\.0\.0\.1\Z"

    def test_of_ports_is_an_error_until_some_come_free(self):
        proxy = self.start(media_ports=(29100, 29107))  # four pairs
        idle = proxy.descriptor_count()
        for _ in range(3):
            self.assertRegex(proxy.command("U one 127.0.0.1 4000 f"), self.GIVEN)
            self.assertRegex(proxy.command("L one 127.0.0.1 5000 f t"), self.GIVEN)
            self.assertRegex(proxy.command("U two 127.0.0.1 4000 f"), self.GIVEN)
            self.assertEqual(proxy.command("Un one 127.0.0.1 4000 f t"), "E71", "the last pair is for an answer")
            self.assertEqual(proxy.command("U three 127.0.0.1 4000 f"), "E72")
            self.assertRegex(proxy.command("L two 127.0.0.1 5000 f t"), self.GIVEN)
            self.assertEqual(proxy.active_sessions(), 2)
            self.assertEqual(proxy.command("D one f"), "0")
            self.assertRegex(proxy.command("U three 127.0.0.1 4000 f"), self.GIVEN)
            self.assertEqual(proxy.command("X"), "0")
            proxy.wait_until_idle(idle)

    def test_of_ports_ends_with_the_reply_to_a_delete(self):
        """Whatever thread the next call is on."""
        proxy = self.start("--threads=4", media_ports=(29100, 29103))  # two pairs, as many as a call needs
        for number in range(100):
            self.assertRegex(proxy.command(f"U call-{number} 127.0.0.1 4000 f"), self.GIVEN)
            self.assertRegex(proxy.command(f"L call-{number} 127.0.0.1 5000 f t"), self.GIVEN)
            self.assertEqual(proxy.command(f"D call-{number} f"), "0")

    def test_of_ports_that_others_hold_is_survived(self):
        with contextlib.ExitStack() as others:
            for port in (29111, 29113):  # the RTCP ports of both pairs
                taken = others.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                taken.bind(("127.0.0.1", port))
            proxy = self.start(media_ports=(29110, 29113))
            self.assertEqual(proxy.command("U call 127.0.0.1 4000 f"), "E72")
        self.assertRegex(proxy.command("U call 127.0.0.1 4000 f"), self.GIVEN)

    @unittest.skipIf(watches_threads(), "without descriptors ThreadSanitizer cannot tell what it is to overlook")
    def test_of_descriptors_is_an_error_until_some_come_free(self):
        sockets = [free_control_socket(), free_control_socket("tcp")]
        proxy = self.start("-L", "100", "-d", "WARN", control_sockets=sockets)
        # UBSan needs descriptors to look at an object for the first time: let it see what comes before they are gone.
        self.assertEqual(proxy.command("Ul[fe80::1] call 127.0.0.1 4000 f"), "E72")
        self.assertEqual(proxy.command("D call f", sockets[1]), "E50")
        proxy.client(sockets[1]).close()
        idle = proxy.descriptor_count()
        caller, callee = (self.stack.enter_context(Party()) for _ in range(2))
        establish(proxy.command, "first", caller, callee, tags=("f", "t"))
        for attempt in range(2):
            created = 0
            while (reply := proxy.command(f"U call-{attempt}-{created} 127.0.0.1 4000 f")) != "E72":
                self.assertRegex(reply, r"\A\d+ 127\.0\.0\.1\Z")
                created += 1
                self.assertLess(created, 50)
            self.assertGreater(created, 30)
            self.assertEqual(proxy.command(f"L call-{attempt}-0 127.0.0.1 5000 f t"), "E71")
            caller.send(rtp(attempt))
            self.assertEqual(callee.receive(), rtp(attempt), "existing calls go on")
            self.assert_connections_wait(proxy, sockets[1], f"call-{attempt}")
            for number in range(created):
                self.assertIn(proxy.command(f"D call-{attempt}-{number} f"), ("0", "E50"))
        self.assertEqual(proxy.command("X"), "0")
        for spec in sockets:
            proxy.client(spec).close()
        proxy.wait_until_idle(idle)
        self.assertLess(proxy.output().count("\n"), 100, "the log is flooded")

    def assert_connections_wait(self, proxy, spec, call):
        """Some descriptors are kept back for controllers; a connection beyond them is served as soon as there is one."""
        host, port = spec.removeprefix("tcp:").split(":")
        with contextlib.ExitStack() as connections:

            def connect():
                connection = connections.enter_context(socket.create_connection((host, int(port))))
                connection.settimeout(PATIENCE_S)
                connection.sendall(b"V\n")
                return connection

            served = 0
            while proxy.descriptor_count() < 100:
                self.assertEqual(connect().recv(100), b"20040107\n")
                served += 1
                self.assertLess(served, 50)
            self.assertGreater(served, 5)
            waiting = connect()
            self.assertEqual(proxy.command("V"), "20040107")
            self.assertEqual(proxy.command(f"D {call}-1 f"), "0")
            self.assertEqual(waiting.recv(100), b"20040107\n")


class Configuration(ProcessTest):
    def test_errors_name_the_option(self):
        for options, named in [
            (["-T", "0"], "ttl"),
            (["-t", "256"], "tos"),
            (["-m", "65536"], "min_port"),
            (["-m", "30000", "-M", "29000"], "max_port"),
            (["-s", "smoke:signal"], "smoke:signal"),
            (["-s", "udp:127.0.0.1:99999"], "99999"),
            (["-l", "not an address"], "not an address"),
            (["-l", "127.0.0.1/127.0.0.2/127.0.0.3"], "127.0.0.3"),
            (["-n", "tcp:127.0.0.1:0"], "tcp:127.0.0.1:0"),
            (["-d", "LOUD"], "LOUD"),
            (["--no-such-option"], "no-such-option"),
        ]:
            with self.subTest(options):
                self.assert_refused(run("-f", "-F", *options), named)

    def test_open_udp_socket_is_no_place_for_root(self):
        if not IS_ROOT:
            self.skipTest("needs root")
        self.assert_refused(run("-f", "-s", f"udp:*:{free_port()}"), "-u")

    def test_limit_of_open_files_is_raised(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowered = min(256, soft)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowered, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        proxy = self.start()
        limits = pathlib.Path(f"/proc/{proxy.pid}/limits").read_text()
        self.assertGreaterEqual(int(re.search(r"Max open files\s+(\d+)", limits)[1]), hard)


if __name__ == "__main__":
    unittest.main()
