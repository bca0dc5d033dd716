"""Attacks on the RTCP ports of a call, and RTCP that is forged."""

from attacker import guesses, mixture
from media_party import rtcp
from policies import BOTH, INJECTED, SecurityTest, attack, main

BURST = 100


def forged_byes(phone):
    while True:
        yield phone.bye()


def reports():
    while True:
        yield rtcp()


class Rtcp(SecurityTest):
    def assail(self, scene, call, part, packets, targets=None, reporting=True):
        """Bursts against the RTCP ports while the phones talk and report."""

        def burst():
            scene.attacker.burst(packets, targets or call.rtcp_ports, BURST)
            if reporting:
                call.caller.report()
                call.callee.report()

        scene.talk(call, max(10, scene.attack_packets(part) // BURST), burst)

    def reported(self, scene):
        """A call in which both phones have sent RTCP."""
        call = scene.established()
        for _ in range(3):
            call.caller.report()
            call.callee.report()
            scene.talk(call, 2)
        return call

    def assert_reports(self, call, least):
        for ear, mouth in ((call.caller, call.callee), (call.callee, call.caller)):
            self.assertGreaterEqual(len(ear.reports_heard.get(mouth.name, ())), least)

    @attack(classic=BOTH)
    def test_before_the_first_report(self, scene):
        call = scene.established()
        self.assail(scene, call, 0.02, mixture(), call.rtcp_ports[:1])

    @attack(classic="")
    def test_after_reports(self, scene):
        call = self.reported(scene)
        self.assail(scene, call, 0.05, mixture())
        scene.settle()
        self.assert_reports(call, least=call.caller.reported)

    @attack(classic=INJECTED)
    def test_forged_bye_where_no_reports_are_sent(self, scene):
        call = scene.established()
        self.assail(scene, call, 0.01, forged_byes(call.caller), call.rtcp_ports[:1], reporting=False)

    @attack(classic="")
    def test_forged_bye_after_reports(self, scene):
        call = self.reported(scene)
        self.assail(scene, call, 0.02, forged_byes(call.caller), call.rtcp_ports[:1])

    @attack(classic="")
    def test_forged_bye_to_the_ports_of_rtp(self, scene):
        call = scene.established()
        self.assail(scene, call, 0.02, forged_byes(call.caller), call.ports[:1])

    @attack(classic=BOTH)
    def test_before_any_media(self, scene):
        call = scene.call().establish()
        scene.attacker.burst(reports(), call.rtcp_ports[:1], 20)
        self.assail(scene, call, 0.01, guesses(), call.rtcp_ports[:1])


if __name__ == "__main__":
    main()
