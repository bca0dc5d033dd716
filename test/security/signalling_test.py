"""Parties that move because signalling says so, and answers that come from elsewhere: they keep their audio."""

from policies import GUARDED, POLICIES, SIGNALLED, SecurityTest, legitimate, main

WHILE = 30  # packets
LATE_HOST = 190  # 3 s in which the signalled host is silent, and 25 packets; some more for a busy machine
OTHER_HOST = 15  # as in nat_test.py


class Signalling(SecurityTest):
    def converse(self, scene, call, packets=WHILE):
        scene.at_pace(packets, call.caller.speak, call.callee.speak)

    def move_as_signalled(self, scene, call, phone, address):
        scene.settle()
        phone.move(scene.hosts[phone.host.name], address)
        phone.signalled = phone.place
        call.offer_again(by=phone)

    @legitimate(gap=0, policies=POLICIES)
    def test_parties_where_they_were_signalled(self, scene):
        self.converse(scene, scene.call().establish())

    @legitimate(gap=1, policies=POLICIES)
    def test_re_invite_to_a_new_address(self, scene):
        call = scene.call().establish()
        self.converse(scene, call)
        self.move_as_signalled(scene, call, call.caller, "198.51.100.11")
        self.converse(scene, call)

    @legitimate(gap=OTHER_HOST, policies=(GUARDED, SIGNALLED))
    def test_re_invite_to_a_new_address_of_a_party_behind_nat(self, scene):
        """Where the classic policy does not believe signalling any more, it keeps sending to the old address until the
        party speaks from the new one."""
        caller = scene.phone("caller", host="nat")
        caller.signalled = caller.place if scene.policy == SIGNALLED else ("192.168.1.10", 4000)
        call = scene.call(caller).establish()
        self.converse(scene, call)
        caller.move(scene.hosts["caller"])
        caller.signalled = caller.place
        call.offer_again(by=caller)
        since = call.callee.spoken
        scene.at_pace(WHILE, call.callee.speak)  # the caller only listens
        self.assertEqual(caller.longest_gap(call.callee, since), 0)

    @legitimate(gap=1, policies=POLICIES)
    def test_early_media_from_another_host(self, scene):
        """A media server plays a tone as signalled in 183, then the callee answers elsewhere with 200."""
        server = scene.phone("media")
        call = scene.call()
        scene.ways.append((server, call.caller))
        call.offer()
        server.relay = call.callee.relay
        call.answer(server)
        scene.at_pace(WHILE, server.speak)
        call.answer()
        self.converse(scene, call)

    @legitimate(gap=LATE_HOST, policies=(GUARDED,))
    def test_early_media_that_nobody_signalled(self, scene):
        """The media server plays from a host that signalling does not name; then the callee answers where it said."""
        server = scene.phone("media")
        call = scene.call()
        scene.ways.append((server, call.caller))
        call.establish()
        server.relay = call.callee.relay
        scene.at_pace(LATE_HOST + WHILE, server.speak)
        self.assertGreaterEqual(call.caller.heard_of(server), WHILE)
        self.converse(scene, call)
        self.assert_gap(call.caller.longest_gap(call.callee), 3, "callee to caller")
        self.assert_gap(call.callee.longest_gap(call.caller), 3, "caller to callee")

    @legitimate(gap=1, policies=POLICIES)
    def test_hold_and_resume(self, scene):
        call = scene.call().establish()
        self.converse(scene, call)
        call.hold(by=call.callee)
        scene.at_pace(WHILE, call.caller.speak)
        call.offer_again(by=call.callee)
        self.converse(scene, call)

    @legitimate(gap=0, policies=POLICIES)
    def test_asymmetric_party(self, scene):
        """The callee receives where it said, and sends from another port of that host."""
        callee = scene.phone("callee")
        call = scene.call(callee=callee)
        call.asymmetric.add(callee)
        call.establish()
        callee.speak_from_another_port()
        self.converse(scene, call)


if __name__ == "__main__":
    main()
