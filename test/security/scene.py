"""What all tests here share: the network, a running program for each policy of learning, and the course of a call."""

import collections
import concurrent.futures
import contextlib
import functools
import os
import select
import sys
import threading
import time
import unittest
from dataclasses import dataclass

import network
from attacker import Attacker
from call_control import Call
from network import Network
from phone import Phone
from rtpproxy_process import RtpproxyProcess

PACKET_S = 0.020
# An unheard packet is one that was not heard although its speaker's next ones had this long to arrive.
PATIENCE_S = 1.0
SETTLE_S = 0.05
POLL_S = 0.001

GUARDED, CLASSIC, SIGNALLED = "guarded", "classic", "signalled"
POLICIES = (GUARDED, CLASSIC, SIGNALLED)

# Addresses for documentation (RFC 5737, RFC 3849) stand for public ones.
HOSTS = {
    "proxy": ["198.51.100.1", "2001:db8::1"],
    "caller": ["198.51.100.10", "198.51.100.11", "2001:db8::10"],  # Wi-Fi, LTE
    "callee": ["198.51.100.20", "198.51.100.21", "2001:db8::20"],
    "nat": ["198.51.100.30"],
    "media": ["198.51.100.40"],  # early media
    "attacker": ["198.51.100.66", "2001:db8::66"],
}
MEDIA_PORTS = (35000, 35999)

BLEEDS, INJECTED, BOTH = "bleeds", "injected", "bleeds, injected"
ANYTHING = "anything"  # who comes first is a matter of chance


# How many packets all attackers together send to the guarded program. The other policies are shown to lose or to hold with
# a part of that.
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
        return ", ".join(name for name, count in ((BLEEDS, self.bled), (INJECTED, self.injected)) if count)

    def __str__(self):
        return f"{self.sent} attack packets, {self.bled} bled, {self.injected} injected, audio {self.heard}/{self.spoken}"


class Scene:
    """One scenario under one policy: phones, calls and an attacker around a running program."""

    def __init__(self, policy, hosts, proxy):
        self.policy, self.hosts, self.proxy = policy, hosts, proxy
        self.stack = contextlib.ExitStack()
        self.ways = []  # (who speaks, who should hear it)
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

    # Two ways to talk. Attacks go step by step: a packet that arrives proves that all before it in the same port have been
    # judged, and nothing depends on how fast this machine is. Where the policy looks at the time, the pace is real.

    def talk(self, call, packets, attack=None):
        """Both phones speak that many packets, each when the previous ones have arrived; `attack()` comes before them
        and after them in turn."""
        for number in range(packets):
            if attack and number % 2 == 0:
                attack()
            spoken = [(call.callee, call.caller, call.caller.speak()), (call.caller, call.callee, call.callee.speak())]
            if attack and number % 2 == 1:
                attack()
            self._await(lambda: all(ear.has_heard(mouth, n) for ear, mouth, n in spoken))
            if attack:
                self.drain()

    def say(self, phone, packets, to):
        """Only that phone speaks."""
        for _ in range(packets):
            number = phone.speak()
            self._await(lambda: to.has_heard(phone, number))

    def _await(self, arrived):
        """Waits until it is true, long at first, and briefly once something was missed: a lost call stays lost."""
        deadline = time.monotonic() + (PACKET_S if self.missed else PATIENCE_S)
        self.listen()
        while not arrived():
            if time.monotonic() > deadline:
                self.missed = True
                return
            select.select(self._sockets(), [], [], PACKET_S)
            self.listen()

    def at_pace(self, packets, *actions):
        """That many times 20 ms: carries out each action, such as a phone's `speak`."""
        due = time.monotonic()
        for _ in range(packets):
            for action in actions:
                action()
            due = max(due + PACKET_S, time.monotonic() - PACKET_S)
            time.sleep(max(0, due - time.monotonic()))
            self.listen()

    def drain(self):
        """Waits until the program has read all that was sent to it."""
        deadline = time.monotonic() + PATIENCE_S
        while self._unread_octets() > 0 and time.monotonic() < deadline:
            time.sleep(POLL_S)

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

    def settle(self):
        """Gives what is on its way time to arrive."""
        self.drain()
        deadline = time.monotonic() + PATIENCE_S
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


class SecurityTest(unittest.TestCase):
    """Has a network and a running program for each policy, made when first needed."""

    OPTIONS = ("-l", "198.51.100.1", "-6", "six@2001:db8::1")

    @classmethod
    def setUpClass(cls):
        cls.sites = {}
        cls.attack_packets = collections.Counter()

    @classmethod
    def tearDownClass(cls):
        for policy, (_, proxy) in cls.sites.items():
            counts = proxy.counters("npkts_rcvd", "npkts_relayed", "npkts_discard")
            print(f"    {cls.__name__} [{policy}]: {cls.attack_packets[policy]} attack packets; {counts}", file=sys.stderr)

    def scene(self, policy):
        if policy not in self.sites:
            hosts = self.enterClassContext(Network(HOSTS))
            with hosts["proxy"].entered():
                proxy = RtpproxyProcess(*self.OPTIONS, f"--learning={policy}", media_ports=MEDIA_PORTS)
            self.sites[policy] = hosts, self.enterClassContext(proxy)
        return Scene(policy, *self.sites[policy])

    def play(self, policies, scenario, judge):
        """Plays the scenario under all policies at once, each in its own network, and judges what came of it."""
        scenes = [self.scene(policy) for policy in policies]

        def play_one(scene):
            with scene:
                scenario(self, scene)
                judge(scene)

        with concurrent.futures.ThreadPoolExecutor(len(scenes)) as pool:
            played = [pool.submit(play_one, scene) for scene in scenes]
        for scene, result in zip(scenes, played, strict=True):
            with self.subTest(policy=scene.policy):
                self.attack_packets[scene.policy] += scene.attacker.sent
                print("".join(f"\n    {self._testMethodName} [{scene.policy}]: {note}" for note in scene.notes), end="", file=sys.stderr)
                result.result()
        print(file=sys.stderr)

    def assert_attack(self, scene, expected):
        """The attacker has got exactly that; if it is nothing, the call's own audio is complete."""
        outcome = scene.outcome()
        scene.notes.append(outcome)
        if expected == ANYTHING:
            return
        self.assertEqual(outcome.kinds, expected, outcome)
        if not outcome.kinds:
            self.assertEqual(outcome.heard, outcome.spoken, "the call's own audio")

    def assert_audio(self, scene, bound):
        """Nobody missed more packets in a row than that, or heard something else."""
        scene.settle()
        gaps = scene.gaps()
        scene.notes.append("missed in a row: " + ", ".join(f"{way} {gap}" for way, gap in gaps.items()))
        for way, gap in gaps.items():
            self.assertLessEqual(gap, bound, way)
        self.assertEqual(sum(phone.foreign for phone in scene.phones()), 0, "packets from elsewhere")
        self.assertEqual(scene.attacker.stolen_media, 0, "bled")


def attack(classic="", guarded="", signalled="", policies=POLICIES):
    """A scenario of an attack, played under each policy. The attacker gets nothing, but for what is said here: BLEEDS,
    INJECTED, or BOTH."""
    expected = {CLASSIC: classic, GUARDED: guarded, SIGNALLED: signalled}

    def decorate(scenario):
        @functools.wraps(scenario)
        def run(self):
            self.play(policies, scenario, lambda scene: self.assert_attack(scene, expected[scene.policy]))

        return run

    return decorate


def legitimate(gap, policies=(GUARDED, CLASSIC)):
    """A scenario of a call that keeps its audio, played under each policy: no party misses more than `gap` packets in a
    row."""

    def decorate(scenario):
        @functools.wraps(scenario)
        def run(self):
            self.play(policies, scenario, lambda scene: self.assert_audio(scene, gap))

        return run

    return decorate


def main():
    """Runs the tests of the calling file; exits with 77, which CTest takes for skipped, where they cannot run."""
    if reason := network.why_unavailable():
        print(f"skipped: {reason}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
