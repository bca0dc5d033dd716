"""A telephone network in miniature: rtpproxy, a SIP server that uses it, a caller and a callee."""

import contextlib
import re
import sys
import tempfile

from media_flow import Flow
from media_party import Party
from rtpproxy_process import RtpproxyProcess, free_control_socket
from sip_server import SipServer
from sipp_phone import SippPhone, parse_sdp

# What c= says where no media is wanted (RFC 3264 section 8.4).
HOLD_ADDRESS = "0.0.0.0"


class Side:
    """The caller's or the callee's side of one call."""

    def __init__(self, phone, call_id, parties_by_port):
        self.phone = phone
        self.call_id = call_id
        self._parties_by_port = parties_by_port

    def messages(self, method, sent, status=None):
        """What this side sent or received for `method`: requests, or responses with that status."""
        return [
            m
            for m in self.phone.messages(self.call_id)
            if m.sent == sent and m.method == method and m.status == status
        ]

    def descriptions(self, sent):
        """The SDP texts this side sent or received so far."""
        return [m.sdp for m in self.phone.messages(self.call_id) if m.sent == sent and m.sdp]

    @property
    def tag(self):
        """The tag by which this side names itself in the dialogue."""
        header = "From" if self.phone.role == "caller" else "To"
        last = self.phone.messages(self.call_id)[-1]
        return re.search(r";tag=([^;\s]+)", last.header(header))[1]

    @property
    def parties(self):
        """Where this side takes its media, in the order of its m= lines."""
        return [self._parties_by_port[media.port] for media in parse_sdp(self.descriptions(sent=True)[-1])]

    def relays(self):
        """Where this side was told to send to: (host, port) for each m= line of the last SDP received."""
        return [(media.address, media.port) for media in parse_sdp(self.descriptions(sent=False)[-1])]

    def wait_for_description(self):
        self.phone.wait_for(lambda: self.descriptions(sent=False) and self.descriptions(sent=True), "SDP")

    def wait_for_acks(self, number):
        """Until that many answers were acknowledged, whoever gave them. An answer that was sent again has one more ACK,
        of the same number."""

        def acknowledged():
            return {(sent, m.header("CSeq")) for sent in (True, False) for m in self.messages("ACK", sent)}

        self.phone.wait_for(lambda: len(acknowledged()) >= number, f"{number} ACK")

    def cue(self):
        """Lets this side's scenario go on."""
        self.phone.cue(self.call_id)


class Call:
    """One call, seen from both its sides."""

    def __init__(self, call_id, caller, callee):
        self.call_id = call_id
        self.caller = caller
        self.callee = callee

    @property
    def sides(self):
        return self.caller, self.callee

    def wait_for_media(self):
        """Until both sides know where to send; the parties are told. A party on hold keeps what it knew."""
        for side in self.sides:
            side.wait_for_description()
            for party, relay in zip(side.parties, side.relays(), strict=True):
                if relay[0] != HOLD_ADDRESS:
                    party.relay = relay

    def wait_until_answered(self, times=1):
        """Until that many INVITEs were answered and acknowledged."""
        for side in self.sides:
            side.wait_for_acks(times)
        self.wait_for_media()

    def flows_to_callee(self):
        return self._flows("to callee", self.caller, self.callee)

    def flows_to_caller(self):
        return self._flows("to caller", self.callee, self.caller)

    def flows(self):
        """Media in both directions, on all m= lines."""
        return self.flows_to_callee() + self.flows_to_caller()

    def _flows(self, name, sender, receiver):
        pairs = enumerate(zip(sender.parties, receiver.parties, strict=True), start=1)
        return [Flow(f"{self.call_id} {name}, m= line {number}", *pair) for number, pair in pairs]


@contextlib.contextmanager
def call_site(**options):
    """A CallSite with these options. In the end it checks that both phones are content and that rtpproxy has gone back
    to where it was before the calls, and ends all programs; if anything fails, their logs are printed."""
    with contextlib.ExitStack() as stack:
        site = CallSite(stack, **options)
        try:
            yield site
            site.check_end()
        except BaseException:
            site.print_logs()
            raise


class CallSite:
    """rtpproxy, with a control socket of that kind, and the SIP server; all to be ended by `stack`. `flags` and
    `definitions` are as in SipServer, `options` are further ones of rtpproxy. The parties of IPv4 have an address each, those of IPv6 are all on ::1."""

    def __init__(self, stack, control="udp", ipv6=False, flags="co", definitions=(), options=()):
        self.sip_host, self.caller_host, self.callee_host, self.media_host = (
            ["::1"] * 4 if ipv6 else ["127.0.0.10", "127.0.0.11", "127.0.0.12", "127.0.0.9"]
        )
        self._stack = stack
        self._directory = stack.enter_context(tempfile.TemporaryDirectory())
        socket = free_control_socket(control, self._directory)
        listen = ("-6" if ipv6 else "-l", self.media_host)
        self.proxy = stack.enter_context(RtpproxyProcess(*listen, *options, control_sockets=[socket]))
        self._server = SipServer(self.sip_host, socket, self._directory, flags, definitions)
        stack.callback(self._server.stop)
        self._phones = []
        self._descriptors = self.proxy.descriptor_count()

    def dial(self, caller_scenario, callee_scenario, calls=1, streams=1):
        """Makes that many calls at once, of that many m= lines; returns them once they have reached the callee. To be
        used once."""
        caller_parties = [self._parties(self.caller_host, streams) for _ in range(calls)]
        callee_parties = [self._parties(self.callee_host, streams) for _ in range(calls)]
        callee = self._phone(callee_scenario, self.callee_host, callee_parties)
        caller = self._phone(
            caller_scenario, self.caller_host, caller_parties, server=self._server.uri_host, callee=callee.uri_host
        )
        callee.wait_for(lambda: len(callee.call_ids()) == calls, f"{calls} calls")
        caller_ports, callee_ports = _by_port(caller_parties), _by_port(callee_parties)
        return [
            Call(name, Side(caller, name, caller_ports), Side(callee, name, callee_ports))
            for name in callee.call_ids()
        ]

    def party(self, host):
        """One more place on the network for media to come from."""
        return self._stack.enter_context(Party(host))

    def check_end(self):
        """AssertionError unless all calls succeeded and left nothing behind in rtpproxy."""
        for phone in self._phones:
            phone.finish()
        self.proxy.wait_until_idle(self._descriptors)

    def print_logs(self):
        for program in (*self._phones, self._server):
            print(program.describe(), file=sys.stderr)

    def _parties(self, host, number):
        return [self.party(host) for _ in range(number)]

    def _phone(self, scenario, host, parties, **options):
        ports = [[party.port for party in of_call] for of_call in parties]
        phone = SippPhone(scenario, host, self._directory, ports, **options)
        self._stack.callback(phone.stop)
        self._phones.append(phone)
        return phone


def _by_port(parties):
    return {party.port: party for of_call in parties for party in of_call}
