"""What the tests here consist of: scenarios, each played under all policies of learning at once, each policy in a
network of its own with a running program."""

import collections
import concurrent.futures
import functools
import sys
import unittest

import network
from network import Network
from rtpproxy_process import RtpproxyProcess
from scene import CLASSIC, GUARDED, HOSTS, SIGNALLED, Scene

POLICIES = (GUARDED, CLASSIC, SIGNALLED)
DEFAULT = "default"  # what the program does when nothing is configured
MEDIA_PORTS = (35000, 35999)

# What an attack may gain.
BLEEDS, INJECTED, BOTH = "bleeds", "injected", "bleeds, injected"
ANYTHING = "anything"  # who comes first is a matter of chance

# Bounds of gaps are in real time, which a machine that stalls can stretch: so often such a scenario may be tried.
ATTEMPTS = 3


class GapTooLong(AssertionError):
    """A party missed more packets in a row than the scenario allows."""


class SecurityTest(unittest.TestCase):
    """Has a network and a running program for each policy, made when first needed."""

    OPTIONS = ("-l", "198.51.100.1", "-6", "six@2001:db8::1")
    PORTS = MEDIA_PORTS

    @classmethod
    def setUpClass(cls):
        cls.sites = {}
        cls.attack_packets = collections.Counter()

    @classmethod
    def tearDownClass(cls):
        for policy, (_, proxy) in cls.sites.items():
            counts = proxy.counters("npkts_rcvd", "npkts_relayed", "npkts_discard")
            cls.note(f"{cls.__name__} [{policy}]: {cls.attack_packets[policy]} attack packets; {counts}")

    @staticmethod
    def note(text):
        """A line of figures for who reads the log of the test."""
        print(f"\n    {text}", end="", file=sys.stderr, flush=True)

    def scene(self, policy):
        if policy not in self.sites:
            hosts = self.enterClassContext(Network(HOSTS))
            learning = [] if policy == DEFAULT else [f"--learning={policy}"]
            with hosts["proxy"].entered():
                proxy = RtpproxyProcess(*self.OPTIONS, *learning, media_ports=self.PORTS)
            self.sites[policy] = hosts, self.enterClassContext(proxy)
        return Scene(policy, *self.sites[policy])

    def play(self, policies, scenario, judge, attempts=ATTEMPTS):
        """Plays the scenario under all policies at once, each in its own network, and judges what came of it. One with
        too long a gap is played again; whatever else goes wrong fails at once."""
        scenes = [self.scene(policy) for policy in policies]

        def play_one(scene):
            with scene:
                scenario(self, scene)
                judge(scene)

        with concurrent.futures.ThreadPoolExecutor(len(scenes)) as pool:
            played = [pool.submit(play_one, scene) for scene in scenes]
        again = []
        for scene, result in zip(scenes, played, strict=True):
            with self.subTest(policy=scene.policy):
                self.attack_packets[scene.policy] += scene.attacker.sent
                for note in scene.notes:
                    self.note(f"{self._testMethodName} [{scene.policy}]: {note}")
                if attempts > 1 and isinstance(result.exception(), GapTooLong):
                    again.append(scene.policy)
                else:
                    result.result()
        if again:
            self.play(again, scenario, judge, attempts - 1)

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
        self.assertEqual(sum(phone.foreign for phone in scene.phones()), 0, "packets from elsewhere")
        self.assertEqual(scene.attacker.stolen_media, 0, "bled")
        for way, gap in gaps.items():
            self.assert_gap(gap, bound, way)

    @staticmethod
    def assert_gap(gap, bound, way):
        if gap > bound:
            raise GapTooLong(f"{way}: {gap} packets missed in a row, at most {bound} allowed")


def attack(classic="", guarded="", signalled="", policies=POLICIES):
    """A scenario of an attack, played under each policy. The attacker gets nothing, but for what is said here: BLEEDS,
    INJECTED, or BOTH."""
    expected = {CLASSIC: classic, GUARDED: guarded, SIGNALLED: signalled, DEFAULT: guarded}

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
