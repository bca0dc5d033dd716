"""What the program could still do if it were taken over: capabilities, new privileges, the sandbox."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from rtpproxy_process import SANITIZER_REPORT, RtpproxyProcess, environment, is_sandboxed, program, wait_until

IS_ROOT = os.geteuid() == 0
CAP_DAC_OVERRIDE = 1 << 1
CAP_NET_BIND_SERVICE = 1 << 10
FILTERED = "2"  # /proc/PID/status, Seccomp


def has_sanitizer():
    return bool(re.search(rb"__(asan|tsan)_init", pathlib.Path(program()).read_bytes()))


def statuses(pid):
    """/proc/PID/task/*/status as dictionaries, one for each thread."""
    texts = [(task / "status").read_text() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return [dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for text in texts]


class Privileges(unittest.TestCase):
    def assert_capabilities(self, proxy, expected):
        for status in statuses(proxy.pid):
            for kind in ("CapPrm", "CapEff", "CapBnd"):
                self.assertEqual(int(status[kind], 16), expected, (status["Name"], kind))
            for kind in ("CapInh", "CapAmb"):
                self.assertEqual(int(status[kind], 16), 0, (status["Name"], kind))

    def test_no_program_it_starts_gets_more(self):
        with RtpproxyProcess("-l", "127.0.0.1") as proxy:
            for status in statuses(proxy.pid):
                self.assertEqual(status["NoNewPrivs"], "1", status["Name"])

    @unittest.skipUnless(IS_ROOT and not has_sanitizer(), "needs root, and no threads of a sanitizer")
    def test_root_keeps_no_capability(self):
        with RtpproxyProcess("-l", "127.0.0.1") as proxy:
            self.assert_capabilities(proxy, 0)

    @unittest.skipUnless(IS_ROOT and not has_sanitizer(), "needs root, and no threads of a sanitizer")
    def test_root_keeps_what_low_ports_need(self):
        with RtpproxyProcess("-l", "127.0.0.1", media_ports=(990, 1003)) as proxy:
            self.assert_capabilities(proxy, CAP_NET_BIND_SERVICE)
            self.assertRegex(proxy.command("U call 127.0.0.1 4000 f"), r"\A(99\d|100\d) 127\.0\.0\.1\Z")

    @unittest.skipUnless(IS_ROOT and not has_sanitizer(), "needs root, and no threads of a sanitizer")
    def test_root_keeps_what_notify_sockets_of_others_need(self):
        with RtpproxyProcess("-l", "127.0.0.1", "-n", "unix:/run/nobody-listens.sock") as proxy:
            self.assert_capabilities(proxy, CAP_DAC_OVERRIDE)


class Sandbox(unittest.TestCase):
    @unittest.skipIf(has_sanitizer(), "sanitizers ask more of the kernel than a relay does")
    def test_confines_every_thread_and_says_so(self):
        with RtpproxyProcess("--sandbox", "--threads", "2", "-l", "127.0.0.1") as proxy:
            threads = statuses(proxy.pid)
            self.assertGreater(len(threads), 3)
            for status in threads:
                self.assertEqual(status["Seccomp"], FILTERED, status["Name"])
            wait_until(lambda: "sandbox: on" in proxy.output(), 30, "the log to tell of the sandbox")
            self.assertNotIn("no Landlock", proxy.output())

    @unittest.skipIf(is_sandboxed(), "this run has it on")
    def test_is_off_unless_asked_for(self):
        with RtpproxyProcess("-l", "127.0.0.1") as proxy:
            for status in statuses(proxy.pid):
                self.assertEqual(status["Seccomp"], "0", status["Name"])
            self.assertNotIn("sandbox", proxy.output())

    @unittest.skipIf(has_sanitizer(), "sanitizers ask more of the kernel than a relay does")
    def test_of_a_directory_that_cannot_be_reached_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            line = [program(), "--config", "/dev/null", "-f", "-F", "--sandbox", "-s", f"unix:{directory}/none/control"]
            ended = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertNotRegex(ended.stderr, SANITIZER_REPORT)

    def test_is_checked_with_the_configuration(self):
        line = [program(), "--config", "/dev/null", "--sandbox", "--check-config"]
        checked = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.assertRegex(checked.stdout, r"(?m)^sandbox = on  # command line$")


if __name__ == "__main__":
    unittest.main()
