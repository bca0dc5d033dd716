"""The course of a scenario: phones that talk through the program, at which pace, and what came of it."""

import contextlib
import os
import select
import threading
import time
from dataclasses import dataclass

from attacker import Attacker
from call_control import Call
from phone import Phone

PACKET_S = 0.020
# An unheard packet is one that was not heard although it had this long to arrive, and as long again since the program
# answered a command.
PATIENCE_S = 1.0
SETTLE_S = 0.05
POLL_S = 0.001
LONGEST_STALL_S = 30  # for which a program that stands still is waited for

GUARDED, CLASSIC, SIGNALLED = "guarded", "classic", "signalled"

# Addresses for documentation (RFC 5737, RFC 3849) stand for public ones.
HOSTS = {
    "proxy": ["198.51.100.1", "2001:db8::1"],
    "caller": ["198.51.100.10", "198.51.100.11", "2001:db8::10"],  # Wi-Fi, LTE
    "callee": ["198.51.100.20", "198.51.100.21", "2001:db8::20"],
    "nat": ["198.51.100.30"],
    "media": ["198.51.100.40"],  # early media
    "attacker": ["198.51.100.66", "2001:db8::66"],
}
# How many packets all attackers together send to the guarded program. The other policies are shown to lose or to hold
# with a part of that.
FULL_ATTACK_PACKETS = 1_000_000
PART_FOR_OTHER_POLICIES = 0.05


@dataclass
class Outcome:
    """What became of an attack."""

    sent: int  # packets of the attacker
    bled: int  # packets of the phones that he received
    injected: int  # packets that phones received from anybody but each other
    spoken: int  # packets of the phones
    heard: int  # of these, those the other phone received

    @property
    def kinds(self):
        """What the attacker gained: "bleeds", "injected", "bleeds, injected" or nothing."""
        return ", ".join(name for name, count in (("bleeds", self.bled), ("injected", self.injected)) if count)

    def __str__(self):
        attack = f"{self.sent} attack packets, {self.bled} bled, {self.injected} injected"
        return f"{attack}, audio {self.heard}/{self.spoken}"


class Scene:
    """One scenario under one policy: phones, calls and an attacker around a running program."""

    def __init__(self, policy, hosts, proxy):
        self.policy, self.hosts, self.proxy = policy, hosts, proxy
        self.stack = contextlib.ExitStack()
        self.ways = []  # (who speaks, who should hear it)
        self.calls = []
        self.attack_from(hosts["attacker"].address)
        self.missed = False
        self.notes = []  # figures for who reads the log of the test

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def attack_from(self, address, host="attacker"):
        """Another attacker takes the place of the one there was."""
        self.attacker = self.stack.enter_context(contextlib.closing(Attacker(self.hosts[host], address)))

    def attack_packets(self, part, least=200):
        """How many packets a scenario sends that has this part of the whole, which RTPPROXY_ATTACK_PACKETS changes."""
        whole = int(os.environ.get("RTPPROXY_ATTACK_PACKETS", FULL_ATTACK_PACKETS))
        return max(least, int(part * whole * (1 if self.policy == GUARDED else PART_FOR_OTHER_POLICIES)))

    def phone(self, name, host=None, address=None):
        made = Phone(name, self.hosts[host or name], address)
        self.stack.callback(made.close)
        return made

    def call(self, caller=None, callee=None, **settings):
        """A call that is not yet set up, between phones at the addresses they will signal unless told otherwise."""
        made = Call(self.proxy.command, caller or self.phone("caller"), callee or self.phone("callee"), **settings)
        self.ways += [(made.caller, made.callee), (made.callee, made.caller)]
        self.calls.append(made)
        self.stack.callback(lambda: made.hang_up())
        return made

    def established(self, **settings):
        """A call in which both phones have been heard."""
        made = self.call(**settings).establish()
        self.talk(made, 10)
        return made

    def count_from_here(self):
        """What was missed until now is no matter."""
        self.settle()
        for phone in self.phones():
            phone.uncounted = phone.spoken

    # Two ways to talk. Attacks go step by step: a packet that arrives proves that all before it in the same port have
    # been judged, and nothing depends on how fast this machine is. Where the policy looks at the time, the pace is
    # real.

    def talk(self, call, packets, attack=None):
        """Both phones speak that many packets, each when the previous ones have arrived; `attack()` comes before them
        and after them in turn."""
        for number in range(packets):
            if attack and number % 2 == 0:
                attack()
            spoken = self._speak(call)
            if attack and number % 2 == 1:
                attack()
            self._await(lambda: all(ear.has_heard(mouth, n) for ear, mouth, n in spoken))
            if attack:
                self.drain()

    @staticmethod
    def _speak(call):
        """(who should hear it, who said it, number of the packet)."""
        pairs = (call.callee, call.caller), (call.caller, call.callee)
        return [(ear, mouth, mouth.speak()) for ear, mouth in pairs]

    def say(self, phone, packets, to):
        """Only that phone speaks."""
        for _ in range(packets):
            number = phone.speak()
            self._await(lambda: to.has_heard(phone, number))

    def _await(self, arrived):
        """Waits until it is true, long at first, and briefly once something was missed: a lost call stays lost."""
        if self.missed:
            self._comes_true(arrived, PACKET_S)
        elif not self._comes_true(arrived, PATIENCE_S):
            self.fence()  # the program may have stood still all the while
            self.missed = not self._comes_true(arrived, PATIENCE_S)

    def _comes_true(self, arrived, within_s):
        deadline = time.monotonic() + within_s
        self.listen()
        while not arrived():
            if time.monotonic() > deadline:
                return False
            select.select(self._sockets(), [], [], PACKET_S)
            self.listen()
        return True

    def at_pace(self, packets, *actions):
        """That many times 20 ms: carries out each action, such as a phone's `speak`.

        Nobody goes on before the program has read what they sent: if it stands still, they do. It would find more
        than fits the buffer of a port afterwards, and the packets of a long time at one moment. At the end it has
        dealt with everything."""
        due = time.monotonic()
        for _ in range(packets):
            for action in actions:
                action()
            due = max(due + PACKET_S, time.monotonic() - PACKET_S)
            time.sleep(max(0, due - time.monotonic()))
            self.drain()
            self.listen()
        self.fence()
        self.listen()

    def drain(self):
        """Waits until the program has read all that was sent to it."""
        deadline = time.monotonic() + LONGEST_STALL_S
        while self._unread_octets() > 0 and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def fence(self):
        """Waits until the program has dealt with what it has read: a command is carried out between packets."""
        for call in self.calls:
            self.proxy.command(f"Q {call.call_id} from to ttl")

    def _unread_octets(self):
        """What waits in the receive buffers of the program's UDP sockets, see proc_pid_net(5)."""
        total = 0
        for table in ("udp", "udp6"):
            with open(f"/proc/{self.proxy.pid}/net/{table}", encoding="ascii") as lines:
                total += sum(int(line.split()[4].split(":")[1], 16) for line in list(lines)[1:])
        return total

    @contextlib.contextmanager
    def in_background(self, action):
        """Carries out the action over and over while the block runs."""
        over = threading.Event()

        def repeat():
            while not over.is_set():
                action()
                time.sleep(POLL_S)

        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def log_lines(self):
        """How many lines the program has logged."""
        return self.proxy.output().count("\n")

    def settle(self):
        """Gives what is on its way time to arrive."""
        self.drain()
        self.fence()
        self.listen()
        deadline = time.monotonic() + LONGEST_STALL_S
        while time.monotonic() < deadline and select.select(self._sockets(), [], [], SETTLE_S)[0]:
            self.listen()

    def listen(self):
        self.attacker.listen()
        for phone in self.phones():
            if phone.relay:
                phone.listen()

    def phones(self):
        return {id(phone): phone for way in self.ways for phone in way}.values()

    def _sockets(self):
        return [s for phone in self.phones() for s in phone.sockets] + self.attacker.sockets

    def gaps(self):
        """The longest gap of each way, in packets."""
        return {f"{mouth.name} to {ear.name}": ear.longest_gap(mouth) for mouth, ear in self.ways}

    def outcome(self):
        self.settle()
        return Outcome(
            sent=self.attacker.sent,
            bled=self.attacker.stolen_media + self.attacker.stolen_reports,
            injected=sum(phone.foreign for phone in self.phones()),
            spoken=sum(mouth.spoken - mouth.uncounted for mouth, _ in self.ways),
            heard=sum(ear.heard_of(mouth) for mouth, ear in self.ways),
        )
