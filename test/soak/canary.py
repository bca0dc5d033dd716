"""A call that lives through the whole soak and has to be relayed after every fault."""

import time

from controller import Violation
from media_party import parse_address, rtp

NAME, TAGS = "canary", "canary-from canary-to"
PATIENCE_S = 20
PACKET_S = 0.05


class Canary:
    def __init__(self, controller, caller, callee):
        self.controller, self.caller, self.callee = controller, caller, callee
        self.spoken = 0
        self.longest_wait_s = 0.0  # until it was heard again after a fault
        caller_tag, callee_tag = TAGS.split()
        long = "&& S ttl=7200"
        offer = f"U {NAME} {caller.host} {caller.port} {caller_tag} {callee_tag} {long}"
        callee.relay = parse_address(controller.command(offer))
        caller.relay = parse_address(controller.command(f"L {NAME} {callee.host} {callee.port} {TAGS} {long}"))

    def check(self):
        """Speaks until each party has heard the other."""
        started = time.monotonic()
        for speaker, listener in ((self.caller, self.callee), (self.callee, self.caller)):
            self._speak_until_heard(speaker, listener)
        self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - started)

    def _speak_until_heard(self, speaker, listener):
        listener.waiting()
        deadline = time.monotonic() + PATIENCE_S
        spoken = set()
        while time.monotonic() < deadline:
            spoken.add(self._speak(speaker))
            listener.rtp_socket.settimeout(PACKET_S)
            try:
                while listener.receive() not in spoken:  # what was queued somewhere comes first
                    pass
                return
            except TimeoutError:
                continue
        raise Violation(f"the call that has to live on is not relayed within {PATIENCE_S} s")

    def _speak(self, speaker, payload=b"\xd5" * 160):
        self.spoken += 1
        packet = rtp(self.spoken, ssrc=speaker.port, payload=payload)
        speaker.send(packet)
        return packet

    def shout(self, packets):
        """Large packets without a pause, which nobody has to hear."""
        for _ in range(packets):
            self._speak(self.caller, b"\xd5" * 1200)

    def dropped(self):
        return int(self.controller.command(f"Q {NAME} {TAGS} ndropped"))

    def hang_up(self):
        reply = self.controller.command(f"D {NAME} {TAGS}")
        if reply != "0":
            raise Violation(f"D of the call that lives on was answered {reply!r}")
