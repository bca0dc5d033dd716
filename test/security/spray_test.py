"""An attacker who knows the range of media ports and nothing else sends to all of it, at every stage of a call."""

from attacker import mixture, stream
from policies import ANYTHING, BOTH, INJECTED, MEDIA_PORTS, SecurityTest, attack, main

PROXY = "198.51.100.1"
PORTS = range(MEDIA_PORTS[0], MEDIA_PORTS[1] + 1)
CALLS = 10


class Spray(SecurityTest):
    def spray(self, scene, part, packets=None):
        """Whole rounds over all ports. In the end the program has dealt with them."""
        packets = packets or mixture()
        for _ in range(max(1, scene.attack_packets(part) // len(PORTS))):
            scene.attacker.spray(packets, PROXY, PORTS)
            scene.drain()
        scene.fence()

    @attack(classic="")
    def test_before_set_up(self, scene):
        self.spray(scene, 0.02)
        for _ in range(CALLS):
            scene.established()

    @attack(classic="")
    def test_between_offer_and_answer(self, scene):
        calls = [scene.call() for _ in range(CALLS)]
        for call in calls:
            call.offer()
        self.spray(scene, 0.04)
        for call in calls:
            call.answer()
            scene.talk(call, 10)

    @attack(classic=ANYTHING)
    def test_while_calls_are_set_up(self, scene):
        """The spray goes on at its own pace, also between the command that opens a port and the first packet."""
        ahead = mixture()
        with scene.in_background(lambda: scene.attacker.spray(ahead, PROXY, PORTS)):
            for _ in range(3 * CALLS):
                scene.established().hang_up()

    def answered(self, scene):
        """Calls in which only the callee has spoken yet."""
        calls = [scene.call().establish() for _ in range(CALLS)]
        for call in calls:
            scene.say(call.callee, 5, to=call.caller)
        return calls

    @attack(classic=BOTH)
    def test_between_answer_and_media(self, scene):
        calls = self.answered(scene)
        self.spray(scene, 0.04)
        for call in calls:
            scene.talk(call, 10)

    @attack(classic=BOTH)
    def test_between_answer_and_media_with_faultless_streams(self, scene):
        calls = self.answered(scene)
        streams = {port: stream() for port in PORTS}
        for _ in range(20):
            for port in PORTS:
                scene.attacker.send(next(streams[port]), (PROXY, port))
            scene.drain()
        scene.fence()
        for call in calls:
            scene.talk(call, 10)

    @attack(classic=INJECTED)
    def test_during_calls(self, scene):
        calls = [scene.established() for _ in range(CALLS)]
        for _ in range(max(1, scene.attack_packets(0.2) // len(PORTS))):
            scene.attacker.spray(mixture(), PROXY, PORTS)
            scene.drain()
            for call in calls:
                call.caller.report()
                call.callee.report()
                scene.talk(call, 2)

    @attack(classic="")
    def test_after_a_call_and_into_the_next(self, scene):
        for _ in range(3):
            for call in [scene.established() for _ in range(CALLS)]:
                call.hang_up()
            self.spray(scene, 0.01)


if __name__ == "__main__":
    main()
