"""Random calls: the controller's commands for them, and what their parties send."""

import collections
import re
from dataclasses import dataclass, field

from controller import Violation
from media_party import parse_address, rtcp, rtp

CLOSED_PORT = 9  # of a host that says so (ICMP)
PORT = re.compile(r"\d+ \S+( 6)?\Z")
NO_PORTS = ("E71", "E72")
# What becomes of a call, and how often.
KINDS = {
    "talking": 50,  # until it is hung up
    "silent": 10,  # nobody ever sends
    "one way": 8,  # the callee never sends
    "closed port": 8,  # the callee's host answers with ICMP errors
    "unreachable": 4,  # the callee's network is prohibited: sending fails
    "nobody": 2,  # the callee's address is nobody's
    "half open": 6,  # no answer; hung up
    "abandoned": 4,  # no answer, and never hung up
    "deserted": 8,  # answered, talked, never hung up
}
NEVER_HUNG_UP = ("abandoned", "deserted")
HAVE_ONE_LEG = ("half open", "abandoned")
PROMPT = "prompt"


@dataclass
class Call:
    name: str
    kind: str
    caller: object  # Party
    callee: object
    turns: int  # how much happens yet
    note: str = None  # tag of the timeout notice
    sent: int = 0
    callee_address: tuple = None  # as signalled
    modifiers: str = ""
    tags: tuple = field(default=("from", "to"))


class Churn:
    """Begins, carries on and ends calls, one step at a time.

    `prohibited` and `nobody` are addresses of such callees. `ports_may_lack` is set while opening ports is expected to
    fail, `files_may_lack` while opening files is.
    """

    def __init__(self, chance, controller, parties, notify, prohibited, nobody, live_limit):
        self.chance, self.controller, self.notify = chance, controller, notify
        self.idle = {4: [p for p in parties if "." in p.host], 6: [p for p in parties if ":" in p.host]}
        self.hosts = {"unreachable": prohibited, "nobody": nobody}
        self.live_limit = live_limit
        self.ports_may_lack = self.files_may_lack = False
        self.live = []
        self.made = 0  # sessions the program said it made
        self.hung_up = 0  # sessions the program said it ended
        self.kinds = collections.Counter()
        self.refused = 0  # for want of ports
        self.services = collections.Counter()  # letters of the commands that asked for them
        self.notes = set()  # tags of notices that have to come
        self.uncertain_notes = set()  # tags of those that may
        self.sent = self.heard = 0  # media packets

    def step(self):
        if len(self.live) < self.live_limit and self.chance.random() < 0.4:
            self._begin()
        elif self.live:
            self._carry_on(self.live[self.chance.randrange(len(self.live))])

    def end_all(self):
        """Hangs up all calls but those that nobody hangs up."""
        while self.live:
            self._end(self.live[-1])

    def talk(self, call, packets, payload=b"\xd5" * 160):
        """Both parties send that many RTP packets, and seldom RTCP."""
        speakers = [call.caller] if call.kind == "one way" else [call.caller, call.callee]
        for _ in range(packets):
            call.sent += 1
            for party in speakers:
                if party.relay:
                    self._send(party, rtp(call.sent, ssrc=party.port, payload=payload))
        if self.chance.random() < 0.2:
            for party in speakers:
                if party.relay:
                    party.send_rtcp(rtcp(party.port))
        for party in (call.caller, call.callee):
            self.heard += len(party.waiting())

    def _send(self, party, packet):
        party.send(packet)
        self.sent += 1

    # --- begin

    def _begin(self):
        idle = self.idle[self.chance.choice((4, 4, 4, 6))]
        if len(idle) < 2:
            return
        kind = self.chance.choices(list(KINDS), KINDS.values())[0]
        if kind in self.hosts and ":" in idle[0].host:
            kind = "talking"
        caller, callee = idle.pop(), idle.pop()
        call = Call(f"call-{self.kinds.total()}", kind, caller, callee, self.chance.randrange(1, 8))
        self.kinds[kind] += 1
        call.caller.relay = call.callee.relay = None
        call.callee_address = self._address_of_callee(call)
        call.modifiers = ("6" if ":" in caller.host else "") + self.chance.choice(("", "", "a", "s", "c0,8", "z10"))
        if not self._offer(call):
            return self._release(call)
        self.made += 1
        if kind not in HAVE_ONE_LEG:
            self._answer(call)
        self.live.append(call)

    def _address_of_callee(self, call):
        if call.kind == "closed port":
            return call.callee.host, CLOSED_PORT
        return self.hosts.get(call.kind, call.callee.host), call.callee.port

    def _offer(self, call, modifiers=""):
        note = ""
        if self.notify and self.chance.random() < 0.5:
            call.note = call.name
            note = f" {self.notify} {call.note}"
        else:
            call.note = None
        host, port = call.caller.host, call.caller.port
        to_tag = call.tags[1] if note or modifiers or self.chance.random() < 0.2 else ""
        reply = self._ask(f"U{modifiers}{call.modifiers} {call.name} {host} {port} {call.tags[0]} {to_tag}{note}")
        if reply:
            call.callee.relay = parse_address(reply)
        return reply

    def _answer(self, call):
        host, port = call.callee_address
        reply = self._ask(f"L{call.modifiers} {call.name} {host} {port} {call.tags[0]} {call.tags[1]}")
        if reply:
            call.caller.relay = parse_address(reply)

    def _ask(self, text):
        """The reply with a port; None if there was none to be had and that is no surprise."""
        reply = self.controller.command(text)
        if PORT.match(reply):
            return reply
        if reply in NO_PORTS and self.ports_may_lack:
            self.refused += 1
            return None
        if reply in ("0", "E50"):  # the session has timed out
            return None
        raise Violation(f"{text!r} was answered {reply!r}")

    # --- go on

    def _carry_on(self, call):
        if call.turns == 0:
            return self._end(call)
        call.turns -= 1
        if call.kind not in ("silent", *HAVE_ONE_LEG):
            self.talk(call, self.chance.randrange(1, 12))
        if self.chance.random() < 0.3:
            self.chance.choice((self._question, self._offer_again, self._hold, self._answer_again, self._serve))(call)

    def _question(self, call):
        reply = self.controller.command(f"Q {call.name} {' '.join(call.tags)}")
        if reply != "E50" and len(reply.split()) != 5:
            raise Violation(f"Q was answered {reply!r}")

    # An offer that comes after the session timed out makes a new one, so these ask first. The session cannot go
    # meanwhile, not even if the program is stopped for 2 s.

    def _offer_again(self, call):
        if self._has_time_left(call) and not self._offer(call, self.chance.choice(("", "n"))):
            self.uncertain_notes.add(call.name)
            call.note = None

    def _answer_again(self, call):
        if call.kind not in HAVE_ONE_LEG:
            self._answer(call)

    def _hold(self, call):
        if self._has_time_left(call):
            six = "6" if ":" in call.caller.host else ""
            self._ask(f"U{six} {call.name} {'::' if six else '0.0.0.0'} {call.caller.port} {' '.join(call.tags)}")
            call.note = None

    def _serve(self, call):
        """Records, copies, plays, or ends that. Where copies go to, a host says that nobody listens."""
        if call.kind in HAVE_ONE_LEG or not self._has_time_left(call):
            return
        tags = " ".join(call.tags)
        host = f"[{call.caller.host}]" if ":" in call.caller.host else call.caller.host
        command = self.chance.choice((
            f"R {call.name} {tags}", f"C {call.name} udp:{host}:{CLOSED_PORT} {tags}", f"P3 {call.name} {PROMPT} 0 {tags}",
            f"N {call.name} {tags}", f"S {call.name} {tags}",
        ))  # fmt: skip
        reply = self.controller.command(command)
        if reply == "0":
            self.services[command[0]] += 1
        elif command[0] != "N" and not (command[0] in "RPC" and self.files_may_lack):  # N: there may be nothing to end
            raise Violation(f"{command!r} was answered {reply!r}")

    def _has_time_left(self, call):
        reply = self.controller.command(f"Q {call.name} {' '.join(call.tags)} ttl")
        return reply.isdigit() and int(reply) >= 4

    # --- end

    def _end(self, call):
        self.live.remove(call)
        self._release(call)
        if call.kind not in NEVER_HUNG_UP:
            reply = self.controller.command(f"D {call.name} {' '.join(call.tags)}")
            if reply == "0":
                self.hung_up += 1
                return
            if reply != "E50":  # it has timed out
                raise Violation(f"D was answered {reply!r}")
        if call.note:
            self.notes.add(call.note)

    def _release(self, call):
        for party in (call.caller, call.callee):
            party.waiting()
            self.idle[6 if ":" in party.host else 4].append(party)
        self.chance.shuffle(self.idle[6 if ":" in call.caller.host else 4])
