"""Runs what the container image runs, docker/entrypoint.sh and docker/healthcheck.sh, with the real program."""

import os
import pathlib
import re
import socket
import subprocess
import time
import unittest

DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"
STARTED = re.compile(r"rtpproxy started")
PATIENCE_S = 60


def environment(**variables):
    directory = pathlib.Path(os.environ["RTPPROXY_BINARY"]).resolve().parent
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RTPPROXY_")}
    return {**ours, "PATH": f"{directory}:{os.environ['PATH']}", "RTPPROXY_CONFIG": "/dev/null", **variables}


def entrypoint(*arguments, **variables):
    return subprocess.run(
        [DOCKER / "entrypoint.sh", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment(**variables),
        timeout=PATIENCE_S,
        check=False,
    )


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthcheck(port):
    """Its exit status, asking through the variable as well as through arguments."""
    by_argument = subprocess.run(
        [DOCKER / "healthcheck.sh", "127.0.0.1", str(port)], env=environment(), check=False, stderr=subprocess.DEVNULL
    )
    by_variable = subprocess.run(
        [DOCKER / "healthcheck.sh"],
        env=environment(CONTROL_SOCKET=f"udp:*:{port}"),
        check=False,
        stderr=subprocess.DEVNULL,
    )
    return by_argument.returncode, by_variable.returncode


class Entrypoint(unittest.TestCase):
    def test_common_variables_are_translated(self):
        checked = entrypoint(
            "--check-config",
            LOCAL_ADDRESS="127.0.0.1",
            EXTERNAL_ADDRESS="203.0.113.9",
            MIN_PORT="20000",
            MAX_PORT="20099",
            LOG_LEVEL="ERR",
        )
        self.assertEqual(checked.returncode, 0, checked.stderr)
        for setting in ("listen = 127.0.0.1", "advertised = 203.0.113.9", "min_port = 20000", "max_port = 20099"):
            self.assertRegex(checked.stdout, rf"(?m)^{re.escape(setting)}\b")
        self.assertRegex(checked.stdout, r"(?m)^log_level = ERR")
        self.assertRegex(checked.stdout, r"(?m)^foreground = on")

    def test_own_variables_win(self):
        checked = entrypoint("--check-config", MIN_PORT="20000", RTPPROXY_MIN_PORT="15000")
        self.assertRegex(checked.stdout, r"(?m)^min_port = 15000\b", checked.stderr)

    def test_external_address_alone_listens_on_an_address(self):
        checked = entrypoint("--check-config", EXTERNAL_ADDRESS="203.0.113.9")
        if "expected [LABEL@]ADDR" in checked.stderr:
            self.skipTest("this host has no address but loopback")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertRegex(checked.stdout, r"(?m)^advertised = 203\.0\.113\.9\b")

    def test_other_commands_run_in_its_place(self):
        self.assertEqual(entrypoint("echo", "hello").stdout, "hello\n")

    def test_bad_values_are_refused(self):
        checked = entrypoint("--check-config", MIN_PORT="many")
        self.assertEqual(checked.returncode, 1)
        self.assertIn("RTPPROXY_MIN_PORT", checked.stderr)


class Healthcheck(unittest.TestCase):
    def test_fails_without_and_succeeds_with_the_program(self):
        port = free_port()
        self.assertNotIn(0, healthcheck(port))
        program = subprocess.Popen(
            [DOCKER / "entrypoint.sh"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(CONTROL_SOCKET=f"udp:127.0.0.1:{port}"),
        )
        try:
            self.await_start(program)
            self.assertEqual(healthcheck(port), (0, 0))
        finally:
            program.terminate()
            with program.stderr:
                self.assertEqual(program.wait(PATIENCE_S), 0)

    def await_start(self, program):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            line = program.stderr.readline()
            if not line or STARTED.search(line):
                break
        self.assertRegex(line, STARTED)


if __name__ == "__main__":
    unittest.main()
