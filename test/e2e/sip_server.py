"""Kamailio as a stateful proxy that asks rtpproxy for media ports."""

import contextlib
import os
import pathlib
import shutil
import socket

from child_process import ChildProcess
from rtpproxy_process import free_port, wait_until

TEMPLATE = pathlib.Path(__file__).with_name("kamailio.cfg.in")
READY_TIMEOUT_S = 60
PROBE_TIMEOUT_S = 1


def kamailio():
    """The path of Kamailio, or None. It lies in a directory that only root has in its path."""
    return shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")


def bracketed(host):
    """An address as it stands in a URI."""
    return f"[{host}]" if ":" in host else host


class SipServer:
    """Kamailio on `host`, with rtpproxy at `control_socket`. `flags` go to each rtpproxy function; `definitions` are
    those that the script knows. Answers requests once constructed."""

    def __init__(self, host, control_socket, directory, flags="co", definitions=()):
        self.host = host
        self.port = free_port(host)
        configuration = os.path.join(directory, "kamailio.cfg")
        text = TEMPLATE.read_text(encoding="utf-8")
        for name, value in (("LISTEN", self.uri_host), ("RTPPROXY", control_socket), ("FLAGS", flags)):
            text = text.replace(f"@{name}@", value)
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(text)
        # In the foreground, working and running in `directory`, logging to stderr.
        line = [kamailio(), "-f", configuration, "-DD", "-E", "-w", directory, "-Y", directory]
        self.process = ChildProcess("kamailio", line + [word for name in definitions for word in ("-A", name)], directory)
        try:
            wait_until(self._answers, READY_TIMEOUT_S, f"an answer from Kamailio\n{self.process.log()}")
        except BaseException:
            self.stop()
            raise

    @property
    def uri_host(self):
        return f"{bracketed(self.host)}:{self.port}"

    def stop(self):
        self.process.stop()

    def describe(self):
        return self.process.describe()

    def _answers(self):
        if not self.process.is_running:
            raise RuntimeError(self.describe())
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.connect((self.host, self.port))
            probe.settimeout(PROBE_TIMEOUT_S)
            probe.send(self._options_request(*probe.getsockname()[:2]))
            return probe.recv(65536).startswith(b"SIP/2.0 200")
        return False

    def _options_request(self, host, port):
        here = f"{bracketed(host)}:{port}"
        lines = (
            f"OPTIONS sip:{self.uri_host} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK-probe-{port}",
            "Max-Forwards: 70",
            f"From: <sip:probe@{here}>;tag=probe",
            f"To: <sip:{self.uri_host}>",
            f"Call-ID: probe-{port}",
            "CSeq: 1 OPTIONS",
            "Content-Length: 0",
        )
        return "\r\n".join((*lines, "", "")).encode()
