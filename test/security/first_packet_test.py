"""An attacker who knows the ports of a call races the caller: he sends before its first packet, and while the program
makes up its mind about it. The callee speaks already, so there is something to steal."""

from attacker import guesses, mixture, stream
from policies import BOTH, DEFAULT, SecurityTest, attack, main


class FirstPacket(SecurityTest):
    def answered(self, scene, **settings):
        """A call in which the caller has not spoken yet."""
        call = scene.call(**settings).establish()
        scene.say(call.callee, 5, to=call.caller)
        return call

    def race(self, scene, call, packets, count):
        """So many attack packets, then both speak, with another one before and after each of the caller's."""
        scene.attacker.burst(packets, call.ports[:1], count)
        scene.drain()
        scene.talk(call, 20, lambda: scene.attacker.send(next(packets), call.ports[0]))

    @attack(classic=BOTH)
    def test_one_packet_ahead(self, scene):
        self.race(scene, self.answered(scene), guesses(), 1)

    @attack(policies=(DEFAULT,))
    def test_one_packet_ahead_where_nothing_is_configured(self, scene):
        self.race(scene, self.answered(scene), guesses(), 1)

    @attack(classic=BOTH)
    def test_many_packets_ahead(self, scene):
        call = self.answered(scene)
        packets = mixture()
        for _ in range(scene.attack_packets(0.02) // 100):
            scene.attacker.burst(packets, call.ports[:1], 100)
            scene.drain()
            scene.say(call.callee, 1, to=call.caller)
        self.race(scene, call, packets, 100)

    @attack(classic=BOTH)
    def test_a_faultless_stream_ahead(self, scene):
        self.race(scene, self.answered(scene), stream(), 20)

    @attack(classic=BOTH)
    def test_a_call_without_codecs(self, scene):
        self.race(scene, self.answered(scene, codecs=None), mixture(), 20)

    @attack(classic=BOTH)
    def test_over_ipv6(self, scene):
        caller = scene.phone("caller", address="2001:db8::10")
        callee = scene.phone("callee", address="2001:db8::20")
        scene.attack_from("2001:db8::66")
        self.race(scene, self.answered(scene, caller=caller, callee=callee), stream(), 20)


if __name__ == "__main__":
    main()
