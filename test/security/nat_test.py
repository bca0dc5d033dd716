"""Parties that are not where they were signalled to be, or no longer: they keep their audio.

Bounds are in packets of 20 ms; they are stated in docs/SECURITY.md."""

from attacker import DTLS_HELLO, STUN_REQUEST
from phone import Stream
from policies import GUARDED, POLICIES, SecurityTest, legitimate, main

SECOND = 50  # packets
PRIVATE, PRIVATE_TOO = ("192.168.1.10", 4000), ("192.168.1.11", 4000)
# How many packets in a row a party may miss. While a source is on trial: 3 on the signalled host; 5 and at least 60 ms
# on another one. Until a stream is followed that has moved: silence of its old source for 250 ms or 400 ms.
# Where a time is in it, some packets are allowed for a busy machine.
OTHER_PORT, OTHER_HOST = 3, 12
MOVED_PORT, MOVED_HOST = 20, 25
ANNOUNCED = 12  # 120 ms of silence after a changed address
LONE = 80  # 4 packets over 1 s


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
    def test_from_wifi_to_lte_behind_nat(self, scene):
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        caller.move(scene.hosts["caller"])
        self.converse(scene, call, SECOND)

    def change_networks(self, scene, packets_between, new_stream):
        """The caller behind NAT signals another private address, and moves so many packets later, or before that."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        scene.count_from_here()

        def move():
            caller.move(scene.hosts["caller"])
            if new_stream:
                caller.stream = type(caller.stream)()

        def signal():
            caller.signalled = PRIVATE_TOO
            call.offer_again(by=caller)

        steps = (signal, move) if packets_between >= 0 else (move, signal)
        steps[0]()
        self.converse(scene, call, abs(packets_between))
        steps[1]()
        self.converse(scene, call, SECOND)

    # The classic policy follows a new stream only where it comes within 10 s of signalling, which it does here.
    @legitimate(gap=ANNOUNCED)
    def test_re_invite_just_before_the_change_of_networks(self, scene):
        self.change_networks(scene, 10, new_stream=False)

    @legitimate(gap=ANNOUNCED)
    def test_re_invite_just_before_a_change_of_networks_with_a_new_stream(self, scene):
        self.change_networks(scene, 10, new_stream=True)

    @legitimate(gap=ANNOUNCED)
    def test_re_invite_just_after_the_change_of_networks(self, scene):
        self.change_networks(scene, -3, new_stream=False)

    @legitimate(gap=ANNOUNCED)
    def test_re_invite_just_after_a_change_of_networks_with_a_new_stream(self, scene):
        self.change_networks(scene, -3, new_stream=True)

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

    @legitimate(gap=MOVED_PORT, policies=(GUARDED,))
    def test_reports_follow_when_a_router_forgets_rtp_and_rtcp(self, scene):
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        self.converse(scene, call)
        scene.at_pace(3, caller.report)
        caller.move(scene.hosts["nat"])
        self.converse(scene, call)
        scene.at_pace(3, caller.report)
        scene.at_pace(3, call.callee.report)
        scene.settle()
        self.assertEqual(call.callee.reports_heard, {"caller": {1, 2, 3, 4, 5, 6}})
        self.assertEqual(caller.reports_heard, {"callee": {1, 2, 3}})

    @legitimate(gap=OTHER_HOST)
    def test_comfort_noise_and_events_first(self, scene):
        """The caller behind NAT begins with what it did not list, and goes on in its second codec."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller, codecs="18,0,101").establish()
        for payload_type, packets in ((13, 15), (101, 10), (0, 30)):
            caller.stream.payload_type = payload_type
            self.converse(scene, call, packets)

    @legitimate(gap=LONE)
    def test_party_that_only_opens_its_nat(self, scene):
        """The callee plays no sound of its own: a small packet now and then is all that comes, and some before the
        answer."""
        callee = scene.phone("callee", host="nat")
        callee.signalled = PRIVATE
        call = scene.call(callee=callee)
        empty = Stream()
        call.offer()
        for _ in range(3):
            callee.send(empty.packet(b""))
        call.answer()
        for _ in range(10):
            callee.send(empty.packet(b""))
            scene.at_pace(16, call.caller.speak)
        scene.settle()
        self.assertGreater(len(call.caller.others), 0)
        call.caller.foreign = 0  # these

    @legitimate(gap=OTHER_HOST, policies=(GUARDED,))
    def test_handshake_before_media(self, scene):
        """Behind NAT; checks and a key exchange come first, and nothing of them is lost once the trial is over."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        for number in range(12):
            caller.send(STUN_REQUEST if number < 8 else DTLS_HELLO)
            scene.at_pace(1, call.callee.speak)
        scene.settle()
        self.assertEqual(call.callee.others.count(DTLS_HELLO), 4)
        call.callee.foreign = 0  # what these were
        self.converse(scene, call)
        self.assert_gap(call.callee.longest_gap(caller), 0, "caller to callee")

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


class PortUsedAgain(SecurityTest):
    PORTS = (35000, 35003)  # two pairs

    @legitimate(gap=0, policies=(GUARDED,))
    def test_phone_that_missed_the_end_of_its_call(self, scene):
        """It sends on into a port that is handed out again. The new caller, behind NAT, comes a little later."""
        stale = scene.phone("stale", host="caller")
        old = scene.call(stale).establish()
        scene.talk(old, 10)
        port = stale.relay
        old.hang_up()
        caller = scene.phone("caller", host="nat")
        caller.signalled = PRIVATE
        call = scene.call(caller).establish()
        if caller.relay != port:
            call.hang_up()
            call.establish()
        self.assertEqual(caller.relay, port)
        scene.at_pace(15, stale.speak, call.callee.speak)
        scene.count_from_here()
        begin = caller.spoken, call.callee.spoken
        scene.at_pace(SECOND, stale.speak, caller.speak, call.callee.speak)
        scene.settle()
        self.assertEqual(call.callee.heard_of(stale), 0)
        self.assertEqual(stale.heard_of(call.callee) + stale.foreign, 0)
        self.assert_gap(call.callee.longest_gap(caller, begin[0]), OTHER_HOST, "caller to callee")
        self.assert_gap(caller.longest_gap(call.callee, begin[1]), OTHER_HOST, "callee to caller")
        scene.count_from_here()  # the old call is over


if __name__ == "__main__":
    main()
