"""An attacker who waits for the moments when a party is not heard or is expected elsewhere: hold, silence,
re-INVITE."""

from attacker import guesses, mixture, stream
from policies import BOTH, INJECTED, SecurityTest, attack, main
from scene import PACKET_S

SILENCE = int(3 / PACKET_S)


class Silence(SecurityTest):
    def assail_at_pace(self, scene, call, packets, part, *actions):
        rate = max(2, scene.attack_packets(part) // SILENCE)
        scene.at_pace(SILENCE, lambda: scene.attacker.burst(packets, call.ports, rate), *actions)

    @attack(classic="")
    def test_random_streams_while_the_callee_is_silent(self, scene):
        call = scene.established()
        self.assail_at_pace(scene, call, guesses(), 0.03, call.caller.speak)
        scene.talk(call, 20)

    @attack(classic="")
    def test_a_faultless_stream_while_the_callee_is_silent(self, scene):
        call = scene.established()
        mine = stream()
        scene.at_pace(SILENCE, lambda: scene.attacker.send(next(mine), call.ports[1]), call.caller.speak)
        scene.talk(call, 20)

    @attack(classic=INJECTED)
    def test_hold(self, scene):
        call = scene.established()
        call.hold(by=call.callee)
        self.assail_at_pace(scene, call, mixture(), 0.03, call.caller.speak)
        call.offer_again(by=call.callee)
        scene.talk(call, 20)

    @attack(classic=INJECTED)
    def test_hold_and_a_faultless_stream(self, scene):
        """For longer than the policy waits for a party that it has never heard."""
        call = scene.established()
        call.hold(by=call.callee)
        to_caller, to_callee = stream(), stream()

        def go_on():
            scene.attacker.send(next(to_caller), call.ports[0])
            scene.attacker.send(next(to_callee), call.ports[1])

        scene.at_pace(SILENCE + SILENCE // 2, go_on, call.caller.speak)
        call.offer_again(by=call.callee)
        scene.talk(call, 20)

    @attack(classic=BOTH)
    def test_after_a_re_invite(self, scene):
        call = scene.established()
        call.offer_again(by=call.caller)
        scene.talk(call, 20, lambda: scene.attacker.burst(mixture(), call.ports, 50))

    @attack(classic=BOTH)
    def test_after_a_re_invite_with_faultless_streams(self, scene):
        call = scene.established()
        call.offer_again(by=call.caller)
        streams = [stream(), stream()]

        def go_on():
            for port, packets in zip(call.ports, streams, strict=True):
                scene.attacker.send(next(packets), port)

        scene.at_pace(SILENCE, go_on, call.caller.speak, call.callee.speak)

    @attack(classic=BOTH)
    def test_re_invite_to_a_new_address(self, scene):
        """The attacker comes first, the party moves a little later."""
        call = scene.established()
        call.caller.move(scene.hosts["caller"], "198.51.100.11")
        call.caller.signalled = call.caller.place
        call.offer_again(by=call.caller)
        scene.attacker.burst(mixture(), call.ports, 100)
        scene.talk(call, 20, lambda: scene.attacker.burst(mixture(), call.ports, 20))


if __name__ == "__main__":
    main()
