"""Parties behind NAT while somebody attacks: the attacker gets nothing, and the party is found all the same."""

from attacker import guesses, mixture, shadow, stream
from policies import BOTH, GUARDED, SIGNALLED, SecurityTest, attack, legitimate, main

SECOND = 50  # packets
PRIVATE = ("192.168.1.10", 4000)
RATE = 10  # attack packets for each of a phone
# As in nat_test.py.
OTHER_HOST, MOVED_PORT, MOVED_HOST = 12, 20, 25
# A guess keeps the next source from its trial until another guess shows that it was none: a matter of chance.
OTHER_HOST_AMONG_GUESSES = 30


class AssailedNat(SecurityTest):
    def behind_nat(self, scene):
        """A call whose caller is behind a NAT and has been found."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = caller.place if scene.policy == SIGNALLED else PRIVATE
        call = scene.call(caller).establish()
        scene.at_pace(SECOND, call.caller.speak, call.callee.speak)
        scene.count_from_here()
        return call

    def assail(self, scene, call, packets, count=SECOND):
        scene.at_pace(
            count,
            lambda: scene.attacker.burst(packets, call.ports[:1], RATE),
            call.caller.speak,
            call.callee.speak,
        )

    @legitimate(gap=OTHER_HOST_AMONG_GUESSES, policies=(GUARDED,))
    def test_found_among_guesses(self, scene):
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        self.assail(scene, scene.call(caller).establish(), guesses())

    @legitimate(gap=OTHER_HOST, policies=(GUARDED,))
    def test_found_before_a_faultless_stream_that_comes_later(self, scene):
        """The attacker is one packet behind the caller."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        packets = stream()
        scene.at_pace(
            SECOND, caller.speak, lambda: scene.attacker.send(next(packets), call.ports[0]), call.callee.speak
        )

    @legitimate(gap=MOVED_PORT, policies=(GUARDED,))
    def test_port_rebinding_under_attack(self, scene):
        call = self.behind_nat(scene)
        call.caller.move(scene.hosts["nat"])
        self.assail(scene, call, mixture())

    @legitimate(gap=MOVED_PORT, policies=(GUARDED,))
    def test_port_rebinding_while_the_stream_is_forged(self, scene):
        call = self.behind_nat(scene)
        call.caller.move(scene.hosts["nat"])
        self.assail(scene, call, shadow(call.caller))

    @legitimate(gap=MOVED_HOST, policies=(GUARDED,))
    def test_from_wifi_to_lte_under_attack(self, scene):
        call = self.behind_nat(scene)
        call.caller.move(scene.hosts["caller"])
        self.assail(scene, call, mixture(), 2 * SECOND)

    def neighbour(self, scene):
        """The attacker is behind the same NAT as the caller, and so has its address."""
        scene.attack_from("198.51.100.30", host="nat")

    @attack(classic="")
    def test_neighbour_with_faultless_streams(self, scene):
        call = self.behind_nat(scene)
        self.neighbour(scene)
        scene.talk(call, SECOND, lambda: scene.attacker.burst(stream(), call.ports, RATE))

    @attack(classic=BOTH)
    def test_neighbour_who_forges_the_stream(self, scene):
        call = self.behind_nat(scene)
        self.neighbour(scene)
        packets = shadow(call.caller)
        scene.talk(call, SECOND, lambda: scene.attacker.burst(packets, call.ports[:1], RATE))


if __name__ == "__main__":
    main()
