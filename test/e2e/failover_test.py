"""What becomes of a call whose relay is full, draining or gone, when the SIP server has a second one: with a real
Kamailio, and by the rules by which OpenSIPS reads replies."""

import contextlib
import re
import signal
import socket
import tempfile
import time
import unittest

from rtpproxy_process import RtpproxyProcess, free_control_socket
from sip_server import SipServer, kamailio

BUSY, SPARE = "127.0.0.8", "127.0.0.9"  # the two relays
SIP_SERVER, CALLER, CALLEE = "127.0.0.10", "127.0.0.11", "127.0.0.12"
CALLS = 8  # their Call-IDs spread over both relays
PATIENCE_S = 20  # more than Kamailio waits for a silent relay

INVITE = """INVITE sip:callee@{callee} SIP/2.0
Via: SIP/2.0/UDP {caller};branch=z9hG4bK-{call_id}
Max-Forwards: 70
From: <sip:caller@{caller}>;tag=from-{call_id}
To: <sip:callee@{callee}>
Call-ID: {call_id}
CSeq: 1 INVITE
Contact: <sip:caller@{caller}>
Content-Type: application/sdp
Content-Length: {length}

{sdp}"""
SDP = """v=0
o=- 1 1 IN IP4 127.0.0.11
s=-
c=IN IP4 127.0.0.11
t=0 0
m=audio 20000 RTP/AVP 0
"""


def udp_socket(host):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((host, 0))
    opened.settimeout(0.2)
    return opened


def name_of(opened):
    return "{}:{}".format(*opened.getsockname())


class TwoRelays(contextlib.ExitStack):
    """One that is to be out of service, with these options, and one that is not."""

    def __init__(self, *options):
        super().__init__()
        self.sockets = [free_control_socket(), free_control_socket()]
        self.busy = self.enter_context(RtpproxyProcess("-l", BUSY, *options, control_sockets=self.sockets[:1]))
        self.spare = self.enter_context(RtpproxyProcess("-l", SPARE, control_sockets=self.sockets[1:]))

    def fill(self):
        """With a single session."""
        self.busy.command("U filler 127.0.0.1 4000 f")


@unittest.skipUnless(kamailio(), "there is no Kamailio")
class KamailioTest(unittest.TestCase):
    def outcomes(self, relays, patience_s=PATIENCE_S):
        """Offers CALLS calls, one after the other: to which relay each went, or the status it failed with."""
        with tempfile.TemporaryDirectory() as directory, udp_socket(CALLER) as caller, udp_socket(CALLEE) as callee:
            server = SipServer(SIP_SERVER, " ".join(relays.sockets), directory, "cor", ["EXPLICIT"])
            try:
                return [
                    self.offer(server, caller, callee, f"{self.id()}-{number}", patience_s) for number in range(CALLS)
                ]
            finally:
                server.stop()

    def offer(self, server, caller, callee, call_id, patience_s):
        text = INVITE.format(callee=name_of(callee), caller=name_of(caller), call_id=call_id, length=len(SDP) + SDP.count("\n"), sdp=SDP)
        caller.sendto(text.replace("\n", "\r\n").encode(), (server.host, server.port))
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            for phone in (callee, caller):
                with contextlib.suppress(TimeoutError):
                    message = phone.recv(65536).decode()
                    if call_id not in message:
                        continue  # of an earlier call
                    if phone is callee:
                        return re.search(r"^c=IN IP4 (\S+)", message, re.MULTILINE)[1]
                    if status := re.match(r"SIP/2.0 ([3-6]\d\d)", message):
                        return status[1]
        raise TimeoutError(f"nothing became of {call_id}\n{server.describe()}")

    def test_two_relays_in_service_share_the_calls(self):
        with TwoRelays() as relays:
            self.assertEqual(set(self.outcomes(relays)), {BUSY, SPARE})

    def test_error_of_a_full_relay_fails_its_calls(self):
        with TwoRelays("--max-sessions=1") as relays:
            relays.fill()
            self.assertEqual(set(self.outcomes(relays)), {SPARE, "503"})

    def test_error_10_does_so_too(self):
        with TwoRelays("--max-sessions=1", "--refuse-calls=failover") as relays:
            relays.fill()
            self.assertEqual(set(self.outcomes(relays)), {SPARE, "503"})

    def test_silence_of_a_full_relay_leads_to_the_other_one(self):
        with TwoRelays("--max-sessions=1", "--refuse-calls=silence") as relays:
            relays.fill()
            self.assertEqual(set(self.outcomes(relays)), {SPARE})

    def test_silence_of_a_draining_relay_leads_to_the_other_one(self):
        with TwoRelays("--refuse-calls=silence") as relays:
            relays.fill()  # or it would end
            relays.busy.send_signal(signal.SIGHUP)
            self.assertEqual(set(self.outcomes(relays)), {SPARE})

    def test_relay_that_is_gone_costs_no_call(self):
        with TwoRelays() as relays:
            with tempfile.TemporaryDirectory() as directory, udp_socket(CALLER) as caller, udp_socket(CALLEE) as callee:
                server = SipServer(SIP_SERVER, " ".join(relays.sockets), directory, "cor", ["EXPLICIT"])
                try:
                    relays.busy.stop()
                    for number in range(CALLS):
                        self.assertEqual(self.offer(server, caller, callee, f"{self.id()}-{number}", PATIENCE_S), SPARE)
                finally:
                    server.stop()


class OpensipsRules:
    """How OpenSIPS 4.0 reads the reply to an offer: fails over after an error from 7 to 10, and after no reply."""

    def __init__(self, proxies):
        self.proxies = proxies
        self.disabled = set()

    def offer(self, call_id):
        """The reply of the relay that took the call; None if the call fails."""
        for proxy in self.proxies:
            if proxy in self.disabled:
                continue
            try:
                reply = proxy.command(f"Uc0,8,101 {call_id} 192.0.2.1 20000 f;1", timeout_s=2)
            except (TimeoutError, ConnectionError):
                self.disabled.add(proxy)
                continue
            error = re.fullmatch(r"E(\d+)", reply)
            if not error:
                return reply
            if not 7 <= int(error[1]) <= 10:
                return None
            self.disabled.add(proxy)
        return None


class OpensipsTest(unittest.TestCase):
    def test_error_of_a_full_relay_fails_the_call(self):
        with TwoRelays("--max-sessions=1") as relays:
            relays.fill()
            self.assertIsNone(OpensipsRules([relays.busy, relays.spare]).offer("call"))

    def test_failover_leads_to_the_other_one(self):
        for reason in ("full", "draining", "out of ports"):
            options = {"full": ["--max-sessions=1"], "out of ports": []}.get(reason, [])
            with self.subTest(reason), contextlib.ExitStack() as stack:
                ports = (28000, 28003) if reason == "out of ports" else None
                busy = stack.enter_context(
                    RtpproxyProcess("-l", BUSY, "--refuse-calls=failover", *options, **({"media_ports": ports} if ports else {}))
                )
                spare = stack.enter_context(RtpproxyProcess("-l", SPARE))
                self.assertRegex(busy.command("U filler 127.0.0.1 4000 f"), r"\A\d+ 127\.0\.0\.8\Z")
                if reason == "out of ports":
                    busy.command("L filler 127.0.0.1 5000 f t")
                if reason == "draining":
                    busy.send_signal(signal.SIGHUP)
                    time.sleep(0.5)
                rules = OpensipsRules([busy, spare])
                self.assertRegex(rules.offer("call"), r"\A\d+ 127\.0\.0\.9\Z")
                self.assertEqual(rules.disabled, {busy})
                # The call that is there is answered.
                self.assertRegex(busy.command("L filler 127.0.0.1 5000 f t"), r"\A\d+ 127\.0\.0\.8\Z")

    def test_answer_without_ports_is_not_an_error_that_ends_opensips(self):
        with RtpproxyProcess("-l", BUSY, "--refuse-calls=failover", media_ports=(28000, 28003)) as proxy:
            proxy.command("U one 127.0.0.1 4000 f")
            proxy.command("L one 127.0.0.1 4000 f t")
            self.assertEqual(proxy.command("Ln one 127.0.0.1 4000 f t"), "E71")
            self.assertEqual(proxy.command("U two 127.0.0.1 4000 f"), "E10")

    def test_silence_over_a_connection_is_its_end(self):
        for kind in ("tcp", "unix", "cunix"):
            with self.subTest(kind), tempfile.TemporaryDirectory() as directory:
                sockets = [free_control_socket(), free_control_socket(kind, directory)]
                options = ("-l", BUSY, "--max-sessions=1", "--refuse-calls=silence")
                with RtpproxyProcess(*options, control_sockets=sockets) as proxy:
                    proxy.command("U filler 127.0.0.1 4000 f")
                    connection = proxy.client(sockets[1])
                    began = time.monotonic()
                    if kind == "unix":
                        self.assertEqual(connection.command("U call 127.0.0.1 4000 f"), "")
                    else:
                        with self.assertRaises(ConnectionError):
                            connection.command("U call 127.0.0.1 4000 f")
                    self.assertLess(time.monotonic() - began, 5)
                    connection.close()
                    self.assertEqual(proxy.command("V"), "20040107")


if __name__ == "__main__":
    unittest.main(verbosity=2)
