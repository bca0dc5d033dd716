"""A call in which both parties are heard, and an attacker who knows its ports: he wants to hear it (RTP bleed) or to be
heard (injection). What he knows of the streams grows from test to test."""

from attacker import PAYLOAD, guesses, mixture, other_protocols, sequence_scan, shadow, stream
from phone import Stream
from policies import BOTH, SecurityTest, attack, main
from scene import PACKET_S

BURST = 100  # attack packets between two of a phone, small enough for the buffer of one port
MOST_LINES = 10  # a line for each reason to refuse a packet


class Established(SecurityTest):
    def attack_the_caller_port(self, scene, call, part, packets):
        """Bursts against the leg of the caller, while the phones talk."""
        scene.talk(
            call,
            max(10, scene.attack_packets(part) // BURST),
            lambda: scene.attacker.burst(packets, call.ports[:1], BURST),
        )

    def attack_both_ways(self, scene, call, part, to_caller_port, to_callee_port=None):
        """Bursts against both legs while the phones talk; the second kind of packets is for the callee's leg."""
        kinds = (to_caller_port, to_callee_port or to_caller_port)

        def burst():
            for port, packets in zip(call.ports, kinds, strict=True):
                scene.attacker.burst(packets, [port], BURST)

        scene.talk(call, max(10, scene.attack_packets(part) // (2 * BURST)), burst)

    @attack(classic="")
    def test_random_streams(self, scene):
        self.attack_both_ways(scene, scene.established(), 0.1, guesses())

    @attack(classic="")
    def test_a_faultless_stream(self, scene):
        self.attack_both_ways(scene, scene.established(), 0.1, stream(), stream())

    @attack(classic="")
    def test_asymmetric_parties(self, scene):
        call = scene.call()
        call.asymmetric = {call.caller, call.callee}
        call.establish()
        self.attack_both_ways(scene, call, 0.05, mixture())

    @attack(classic="")
    def test_other_protocols(self, scene):
        self.attack_both_ways(scene, scene.established(), 0.05, other_protocols())

    @attack(classic="")
    def test_other_protocols_in_a_call_without_codecs(self, scene):
        self.attack_both_ways(scene, scene.established(codecs=None), 0.05, other_protocols())

    @attack(classic=BOTH)
    def test_sniffed_ssrc_with_any_sequence_number(self, scene):
        call = scene.established()
        self.attack_the_caller_port(scene, call, 0.1, sequence_scan(call.caller))

    @attack(classic=BOTH)
    def test_sniffed_stream_continued_ahead_of_the_victim(self, scene):
        call = scene.established()
        self.attack_both_ways(scene, call, 0.1, shadow(call.caller), shadow(call.callee))

    @attack(classic=BOTH)
    def test_replayed_packets(self, scene):
        call = scene.established()
        self.attack_both_ways(scene, call, 0.05, *(self.recording_of(phone) for phone in (call.caller, call.callee)))

    @staticmethod
    def recording_of(phone):
        """The latest packets of the phone, over and over, with a payload that can be told from its own."""
        while True:
            past = Stream(phone.stream.ssrc)
            past.sequence, past.timestamp = phone.stream.sequence - 10, phone.stream.timestamp - 1600
            for _ in range(10):
                yield past.packet(PAYLOAD)

    @attack(classic=BOTH)
    def test_one_leaked_packet(self, scene):
        """He has seen one packet of each phone, and goes on from there at the pace of a phone."""
        call = scene.established()
        leaked = [stream(like=phone.stream) for phone in (call.caller, call.callee)]

        def go_on():
            for port, packets in zip(call.ports, leaked, strict=True):
                scene.attacker.send(next(packets), port)

        scene.at_pace(50, go_on, call.caller.speak, call.callee.speak)

    @attack(classic="")
    def test_everything_at_a_steady_pace(self, scene):
        """No party is silent: the time that the policy waits for a silent one never begins."""
        call = scene.established()
        packets = mixture()
        scene.at_pace(
            int(2 / PACKET_S),
            lambda: scene.attacker.burst(packets, call.ports, 20),
            call.caller.speak,
            call.callee.speak,
        )

    @attack(classic="")
    def test_log_stays_short(self, scene):
        call = scene.established()
        before = scene.log_lines()
        self.attack_both_ways(scene, call, 0.01, mixture())
        scene.settle()
        self.assertLessEqual(scene.log_lines() - before, MOST_LINES)


if __name__ == "__main__":
    main()
