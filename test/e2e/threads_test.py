"""The program's threads: all there from the start, each with its name, its signals and its scheduling."""

import contextlib
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import unittest

from media_party import Party
from rtpproxy_process import (
    ControlClient,
    RtpproxyProcess,
    environment,
    free_control_socket,
    program,
    wait_until,
    watches_threads,
)

IS_ROOT = os.geteuid() == 0
MEDIA = {"media-0", "media-1"}
BACKGROUND = {"helper-0", "helper-1", "helper-2", "helper-3", "recorder", "file-mover", "call-records", "log-stderr"}
MOST_THREADS = 200  # of the user, in all that runs on the machine


def statuses(pid):
    """Thread id -> /proc/PID/task/TID/status as a dictionary."""
    tasks = {int(task.name): (task / "status").read_text() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
    return {tid: dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for tid, text in tasks.items()}


class Threads(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        os.chmod(self.directory, 0o777)  # another user writes there
        for name in ("done", "spool", "prompts"):
            (self.directory / name).mkdir()
            os.chmod(self.directory / name, 0o777)
        (self.directory / "prompts" / "moh.0").write_bytes(b"x" * 8000)
        self.options = ["-l", "127.0.0.1", "--threads", "2", "-r", self.directory / "done", "-S", self.directory / "spool"]
        self.options += ["--cdr", f"csv:{self.directory / 'records'}", "--prompt-dir", self.directory / "prompts"]

    @staticmethod
    def named_threads(proxy):
        """All of them, once each has given itself its name, after its scheduling."""

        def named():
            threads = statuses(proxy.pid)
            names = {status["Name"] for status in threads.values()}
            return threads if names >= MEDIA | BACKGROUND else None

        return wait_until(named, 30, "all threads")

    def carry_out_call(self, command):
        """One that makes use of all that threads are there for."""
        with contextlib.closing(Party()) as caller, contextlib.closing(Party()) as callee:
            for text in (
                f"Uc0 call 127.0.0.1 {caller.port} from",
                f"Lc0 call 127.0.0.1 {callee.port} from to",
                "P call moh 0 from to",
                "R call from to",
            ):
                reply = command(text)
                self.assertFalse(reply.startswith("E"), (text, reply))
            self.assertEqual(command("D call from to"), "0")
        wait_until(lambda: list((self.directory / "done").glob("call=*.json")), 30, "the recording")
        wait_until(lambda: len((self.directory / "records").read_text().splitlines()) == 2, 30, "the call record")

    def test_all_are_there_from_the_start_and_leave_signals_alone(self):
        with RtpproxyProcess(*self.options) as proxy:
            before = self.named_threads(proxy)
            self.carry_out_call(proxy.command)
            self.assertEqual(set(statuses(proxy.pid)), set(before))
            for status in before.values():
                if status["Name"] in MEDIA | BACKGROUND:
                    blocked = int(status["SigBlk"], 16)
                    self.assertTrue(blocked & 1 << signal.SIGTERM - 1, status["Name"])
                    self.assertFalse(blocked & 1 << signal.SIGSEGV - 1, status["Name"])

    def test_real_time_is_for_media_and_control_only(self):
        for policy, name in ((os.SCHED_FIFO, "fifo"), (os.SCHED_RR, "rr")):
            with self.subTest(name), RtpproxyProcess("--scheduler", name, *self.options) as proxy:
                if os.sched_getscheduler(proxy.pid) != policy:
                    self.skipTest("real-time scheduling is not to be had here")
                for tid, status in self.named_threads(proxy).items():
                    if watches_threads() and status["Name"] not in MEDIA | BACKGROUND and tid != proxy.pid:
                        continue  # ThreadSanitizer's own
                    urgent = tid == proxy.pid or status["Name"] in MEDIA
                    expected = policy if urgent else os.SCHED_OTHER
                    self.assertEqual(os.sched_getscheduler(tid), expected, status["Name"])

    @unittest.skipUnless(IS_ROOT, "needs root, whose threads are not limited, to start as a user whose threads are")
    def test_too_few_end_the_start_and_never_a_call(self):
        refused = 0
        for limit in range(1, MOST_THREADS):
            spec = free_control_socket()
            line = [program(), "--config", "/dev/null", "-f", "-F", "-s", spec, "-u", "nobody", "-m", "17000", "-M", "17099"]
            with subprocess.Popen(
                line + [str(option) for option in self.options],
                env=environment() | {"ASAN_OPTIONS": "detect_leaks=0"},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=lambda most=limit: resource.setrlimit(resource.RLIMIT_NPROC, (most, most)),
            ) as proxy:
                client = ControlClient(spec)
                if wait_until(lambda: proxy.poll() is not None or self.answers(client), 60, "an end or an answer") is True:
                    if proxy.poll() is None:
                        self.carry_out_call(client.command)
                        client.close()
                        proxy.send_signal(signal.SIGTERM)
                        self.assertEqual(proxy.wait(30), 0, proxy.stderr.read())
                        break
                client.close()
                errors = proxy.stderr.read()
                self.assertEqual(proxy.returncode, 1, errors)
                self.assertRegex(errors, r"(?m)^rtpproxy: cannot start the thread [a-z0-9-]+: ")
                refused += 1
        else:
            self.fail("it never starts")
        self.assertGreater(refused, 0)

    @staticmethod
    def answers(client):
        try:
            return client.command("V", timeout_s=0.2) == "20040107"
        except OSError:
            client.close()
            return False


if __name__ == "__main__":
    unittest.main()
