"""A phone whose signalling is a sipp scenario. What it sent and received is read from sipp's message log while the call
goes on, so that a test can play the media to where the phone was told to send it."""

import contextlib
import csv
import dataclasses
import errno
import itertools
import os
import pathlib
import re
import shutil
import socket

from child_process import ChildProcess
from rtpproxy_process import free_port, wait_until
from sip_server import bracketed

SCENARIOS = pathlib.Path(__file__).with_name("sipp")
CALL_TIMEOUT_S = 240
STEP_TIMEOUT_S = 60
EXIT_TIMEOUT_S = 60

MESSAGE_HEADING = re.compile(rb"-{20,} [^\n]*\nUDP message (sent|received) [\[(](\d+)\]? bytes ?\)?:\n\n")


def sipp():
    """The path of sipp, or None."""
    return shutil.which("sipp")


@dataclasses.dataclass(frozen=True)
class MediaDescription:
    """One m= line with the address and the direction that hold for it (RFC 8866)."""

    kind: str
    address: str
    port: int
    direction: str


def parse_sdp(text):
    """The media descriptions of a session description."""
    session, *sections = re.split(r"^(?=m=)", text, flags=re.MULTILINE)

    def find(pattern, section, default=None):
        match = re.search(pattern, section, re.MULTILINE) or re.search(pattern, session, re.MULTILINE)
        return match[1] if match else default

    descriptions = []
    for section in sections:
        kind, port = re.match(r"m=(\w+) (\d+) ", section).groups()
        address = find(r"^c=IN IP[46] (\S+)", section)
        direction = find(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", section, "sendrecv")
        descriptions.append(MediaDescription(kind, address, int(port), direction))
    return descriptions


@dataclasses.dataclass(frozen=True)
class SipMessage:
    """A message as it stood on the wire, `sent` or received by the phone."""

    sent: bool
    text: str

    @property
    def start_line(self):
        return self.text.split("\r\n", 1)[0]

    @property
    def is_response(self):
        return self.start_line.startswith("SIP/2.0 ")

    @property
    def method(self):
        """The method of a request; of a response, that of the request it answers."""
        return self.header("CSeq").split()[1]

    @property
    def status(self):
        return int(self.start_line.split()[1]) if self.is_response else None

    @property
    def sdp(self):
        """The body as text; empty without one."""
        return self.text.partition("\r\n\r\n")[2]

    def header(self, name):
        match = re.search(rf"^{name}: *(.*?)\r?$", self.text, re.MULTILINE | re.IGNORECASE)
        return match[1] if match else ""


class SippPhone:
    """sipp on a free port of `host`, ready to be called or calling once constructed.

    `media` holds for each call the ports its SDP shall name, with the address `host`. A phone that is given `server`
    and `callee`, both as in a URI, makes the calls, all at once; another one waits for them.
    """

    def __init__(self, scenario, host, directory, media, server=None, callee=None):
        self.host = host
        self.port = free_port(host)
        self.calls = len(media)
        self.role = "caller" if server else "callee"
        self._files = os.path.join(directory, self.role)
        self._cue_numbers = itertools.count(1000)
        self._write_injection_file(media)
        self.process = ChildProcess(self.role, self._command_line(scenario, server, callee), directory)
        if not server:
            wait_until(self._is_listening, STEP_TIMEOUT_S, "sipp to listen")

    @property
    def uri_host(self):
        return f"{bracketed(self.host)}:{self.port}"

    def stop(self):
        self.process.stop()

    def messages(self, call_id=None):
        """Everything sent and received so far, in order; of that call only if one is named."""
        return [m for m in self._parse_log() if call_id is None or m.header("Call-ID") == call_id]

    def call_ids(self):
        """The calls seen so far, in the order of their first INVITE."""
        return list(dict.fromkeys(m.header("Call-ID") for m in self._parse_log()))

    def wait_for(self, condition, what):
        """Waits until `condition()` is true and returns its value; RuntimeError if the scenario failed meanwhile."""

        def holds():
            value = condition()
            if not value and self.process.process.poll() not in (None, 0):
                raise RuntimeError(f"{self.role} failed while waiting for {what}\n{self.describe()}")
            return value

        return wait_until(holds, STEP_TIMEOUT_S, f"{what} at the {self.role}")

    def cue(self, call_id):
        """Lets the scenario go on that waits for an INFO. The request never passes the SIP server."""
        last = next(m for m in reversed(self.messages(call_id)) if not m.sent)
        peer, own = ("To", "From") if last.is_response else ("From", "To")
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as prompter:
            prompter.connect((self.host, self.port))
            number = next(self._cue_numbers)
            lines = (
                f"INFO sip:{self.uri_host} SIP/2.0",
                f"Via: SIP/2.0/UDP {bracketed(self.host)}:{prompter.getsockname()[1]};branch=z9hG4bK-cue-{number}",
                f"From: {last.header(peer)}",
                f"To: {last.header(own)}",
                f"Call-ID: {call_id}",
                f"CSeq: {number} INFO",
                "Content-Length: 0",
            )
            prompter.send("\r\n".join((*lines, "", "")).encode())

    def finish(self):
        """Waits for the scenario to end. AssertionError unless sipp is content: exit status 0 and every call counted
        as successful."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not self.process.is_running, EXIT_TIMEOUT_S, "sipp to end")
        status = self.process.process.poll()
        if status != 0:
            raise AssertionError(f"{self.role}: exit status {status}\n{self.describe()}")
        counts = self._statistics()
        if counts != (self.calls, 0):
            raise AssertionError(f"{self.role}: {counts} calls (succeeded, failed) of {self.calls}\n{self.describe()}")

    def describe(self):
        return "\n".join((self.process.describe(), self._read("errors"), self._read("messages")))

    def _write_injection_file(self, media):
        address = f"IP6 {self.host}" if ":" in self.host else f"IP4 {self.host}"
        with open(f"{self._files}.csv", "w", encoding="utf-8") as file:
            print("SEQUENTIAL", file=file)
            for ports in media:
                print(address, *ports, sep=";", end=";\n", file=file)

    def _command_line(self, scenario, server, callee):
        line = [sipp(), "-sf", SCENARIOS / f"{scenario}.xml", "-inf", f"{self._files}.csv"]
        line += ["-i", self.host, "-p", self.port, "-bind_local", "-cp", free_port(), "-nostdin"]
        line += ["-m", self.calls, "-timeout", f"{CALL_TIMEOUT_S}s", "-timeout_error"]
        line += ["-trace_msg", "-message_file", f"{self._files}.messages"]
        line += ["-trace_err", "-error_file", f"{self._files}.errors"]
        line += ["-trace_stat", "-stf", f"{self._files}.statistics", "-fd", "1"]
        if server:
            line += [server, "-key", "callee", callee, "-r", self.calls, "-l", self.calls]
        return line

    def _is_listening(self):
        if not self.process.is_running:
            raise RuntimeError(self.describe())
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False

    def _parse_log(self):
        try:
            log = pathlib.Path(f"{self._files}.messages").read_bytes()
        except FileNotFoundError:
            return
        for heading in MESSAGE_HEADING.finditer(log):
            octets = log[heading.end() : heading.end() + int(heading[2])]
            if len(octets) == int(heading[2]):
                yield SipMessage(heading[1] == b"sent", octets.decode())

    def _statistics(self):
        """Calls that succeeded and that failed, as sipp counts them."""
        with open(f"{self._files}.statistics", encoding="utf-8") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])

    def _read(self, extension):
        with contextlib.suppress(FileNotFoundError), open(f"{self._files}.{extension}", encoding="utf-8") as file:
            return file.read()
        return ""
