"""Parties that are not where they were signalled to be, or no longer: they keep their audio.

Bounds are in packets of 20 ms; they are stated in docs/SECURITY.md."""

from policies import POLICIES, SecurityTest, legitimate, main

SECOND = 50  # packets
PRIVATE, PRIVATE_TOO = ("192.168.1.10", 4000), ("192.168.1.11", 4000)
# How many packets in a row a party may miss. While a source is on trial: 3 on the signalled host; 5 and at least 60 ms
# on another one. Until a stream is followed that has moved: silence of its old source for 250 ms or 1 s, and 3 packets.
# Where a time is in it, some packets are allowed for a busy machine.
OTHER_PORT, OTHER_HOST = 3, 15
MOVED_PORT, MOVED_HOST = 25, 60


class Nat(SecurityTest):
    def converse(self, scene, call, packets=SECOND):
        scene.at_pace(packets, call.caller.speak, call.callee.speak)

    @legitimate(gap=OTHER_PORT)
    def test_same_address_other_port(self, scene):
        """The router of the caller rewrites addresses in SIP, but not the port."""
        caller = scene.phone("caller")
        caller.signalled = (caller.place[0], 4000)
        self.converse(scene, scene.call(caller).establish())

    @legitimate(gap=OTHER_HOST)
    def test_symmetric_nat(self, scene):
        """The caller signals its private address, and sends from the public one of its router."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        self.converse(scene, scene.call(caller).establish())

    @legitimate(gap=OTHER_HOST)
    def test_both_behind_one_nat(self, scene):
        caller, callee = scene.phone("caller", host="nat"), scene.phone("callee", host="nat")
        caller.signalled, callee.signalled = PRIVATE, PRIVATE_TOO
        self.converse(scene, scene.call(caller, callee).establish())

    @legitimate(gap=MOVED_PORT)
    def test_port_rebinding(self, scene):
        """The router forgets the caller's port and gives it another one."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        caller.move(scene.hosts["nat"])
        self.converse(scene, call, 2 * SECOND)

    @legitimate(gap=MOVED_HOST)
    def test_from_wifi_to_lte(self, scene):
        """The caller goes on from another network with the same stream; nobody tells the controller."""
        call = scene.call().establish()
        self.converse(scene, call)
        call.caller.move(scene.hosts["caller"], "198.51.100.11")
        self.converse(scene, call, 2 * SECOND)

    @legitimate(gap=MOVED_HOST)
    def test_to_lte_and_back(self, scene):
        call = scene.call().establish()
        self.converse(scene, call)
        for address in ("198.51.100.11", "198.51.100.10"):
            call.caller.move(scene.hosts["caller"], address)
            self.converse(scene, call, 2 * SECOND)

    @legitimate(gap=0)
    def test_silence_and_return(self, scene):
        """Discontinuous transmission: no packets for seconds, then the stream goes on from the same port."""
        call = scene.call().establish()
        self.converse(scene, call)
        call.callee.stream.skip(2 * SECOND)
        scene.at_pace(2 * SECOND, call.caller.speak)
        self.converse(scene, call)

    @legitimate(gap=0, policies=POLICIES)
    def test_new_ssrc_from_the_same_port(self, scene):
        call = scene.call().establish()
        self.converse(scene, call, 20)
        call.callee.stream = type(call.callee.stream)()
        self.converse(scene, call, 20)

    @legitimate(gap=OTHER_PORT)
    def test_forgotten_port_after_silence(self, scene):
        """The router has forgotten the caller in a pause, and shows it with another port."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        scene.count_from_here()
        scene.at_pace(MOVED_PORT, call.callee.speak)
        scene.count_from_here()  # the callee was not heard: where should it be?
        caller.move(scene.hosts["nat"])
        caller.stream.skip(MOVED_PORT)
        self.converse(scene, call)

    @legitimate(gap=OTHER_PORT)
    def test_from_wifi_to_lte_after_an_outage(self, scene):
        """There was no network for two seconds: the old source is known to be silent, only the trial is left."""
        call = scene.call().establish()
        self.converse(scene, call)
        scene.at_pace(2 * SECOND)
        call.caller.stream.skip(2 * SECOND, lost=True)
        call.caller.move(scene.hosts["caller"], "198.51.100.11")
        self.converse(scene, call)

    @legitimate(gap=OTHER_HOST)
    def test_reports_of_parties_behind_nat(self, scene):
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        scene.at_pace(5, caller.report)
        scene.at_pace(5, call.callee.report)
        scene.settle()
        self.assertEqual(call.callee.reports_heard, {"caller": {1, 2, 3, 4, 5}})
        self.assertEqual(caller.reports_heard, {"callee": {1, 2, 3, 4, 5}})

    @legitimate(gap=OTHER_HOST)
    def test_nothing_useful_signalled(self, scene):
        """The controller knows no address of the caller."""
        caller = scene.phone("caller")
        caller.signalled = ("0.0.0.0", 0)
        self.converse(scene, scene.call(caller).establish())

    @legitimate(gap=0, policies=POLICIES)
    def test_ipv6(self, scene):
        caller = scene.phone("caller", address="2001:db8::10")
        callee = scene.phone("callee", address="2001:db8::20")
        self.converse(scene, scene.call(caller, callee).establish(), 20)

    @legitimate(gap=0, policies=POLICIES)
    def test_ipv4_to_ipv6(self, scene):
        callee = scene.phone("callee", address="2001:db8::20")
        self.converse(scene, scene.call(callee=callee).establish(), 20)


if __name__ == "__main__":
    main()
