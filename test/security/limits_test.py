"""Where an attacker can get in under the guarded policy: a relay cannot tell him from a party that it knows nothing
about, or that has fallen silent. How long that takes at least, and how soon the party has its place back."""

import time

from attacker import stream
from policies import BOTH, GUARDED, SecurityTest, attack, main

SECOND = 50  # packets
UNSIGNALLED_STREAM_S = 0.4
MOVED_HOST_SILENCE_S = 0.4
PAUSED_HOST_SILENCE_S = 1
PATIENCE = 6 * SECOND
WON_BACK = 3  # packets of the party


class Limits(SecurityTest):
    def assail_until_bled(self, scene, call, packets, begin):
        """The attacker sends to the caller's port at the pace of a phone until he hears the callee. How long since
        `begin`, which is before the program last heard of the caller?"""
        for _ in range(PATIENCE):
            scene.attacker.send(next(packets), call.ports[0])
            scene.at_pace(1, call.callee.speak)
            if scene.attacker.stolen_media:
                break
        return time.monotonic() - begin

    def assert_won_back(self, scene, call):
        """The caller speaks again: it is heard, and hears, in no time, and the attacker no more."""
        since = call.caller.spoken, call.callee.spoken
        scene.talk(call, 20)
        self.assertLessEqual(call.callee.longest_gap(call.caller, since[0]), WON_BACK)
        self.assertLessEqual(call.caller.longest_gap(call.callee, since[1]), WON_BACK)
        scene.settle()
        stolen, foreign = scene.attacker.stolen_media, call.callee.foreign
        scene.talk(call, 20, lambda: scene.attacker.burst(stream(), call.ports, 10))
        scene.settle()
        self.assertEqual((scene.attacker.stolen_media, call.callee.foreign), (stolen, foreign))

    @attack(guarded=BOTH, policies=(GUARDED,))
    def test_party_that_was_never_heard(self, scene):
        begin = time.monotonic()
        call = scene.call().establish()
        self.assertGreaterEqual(self.assail_until_bled(scene, call, stream(), begin), UNSIGNALLED_STREAM_S)
        self.assert_won_back(scene, call)

    @attack(guarded=BOTH, policies=(GUARDED,))
    def test_sniffed_stream_of_a_party_that_has_fallen_silent(self, scene):
        call = scene.established()
        begin = time.monotonic()
        scene.talk(call, 1)
        forged = stream(like=call.caller.stream)
        self.assertGreaterEqual(self.assail_until_bled(scene, call, forged, begin), MOVED_HOST_SILENCE_S)
        call.caller.stream.skip(2 * SECOND)
        self.assert_won_back(scene, call)

    @attack(guarded=BOTH, policies=(GUARDED,))
    def test_sniffed_stream_of_a_party_that_suppresses_silence(self, scene):
        call = scene.established()
        scene.at_pace(SECOND, call.callee.speak)  # half a second would do
        call.caller.stream.skip(SECOND)
        begin = time.monotonic()
        scene.talk(call, 3)
        forged = stream(like=call.caller.stream)
        self.assertGreaterEqual(self.assail_until_bled(scene, call, forged, begin), PAUSED_HOST_SILENCE_S)
        call.caller.stream.skip(2 * SECOND)
        self.assert_won_back(scene, call)

    @attack(guarded=BOTH, policies=(GUARDED,))
    def test_private_address_and_a_stream_ahead_of_the_party(self, scene):
        """Who comes first with a faultless stream is the party: nothing is known that tells them apart."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = ("192.168.1.10", 4000)
        self.assail_until_bled(scene, scene.call(caller).establish(), stream(), begin=0)


if __name__ == "__main__":
    main()
