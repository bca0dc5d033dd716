"""Parties that move because signalling says so, and answers that come from elsewhere: they keep their audio."""

from policies import GUARDED, POLICIES, SIGNALLED, SecurityTest, legitimate, main

WHILE = 30  # packets
SECOND = 50
UNSIGNALLED_HOST = 30  # 21 packets over 400 ms; some more for a busy machine
OTHER_HOST = 12  # as in nat_test.py


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

    @legitimate(gap=UNSIGNALLED_HOST, policies=(GUARDED,))
    def test_early_media_that_nobody_signalled(self, scene):
        """The media server plays from a host that signalling does not name; then the callee answers where it said."""
        server = scene.phone("media")
        call = scene.call()
        scene.ways.append((server, call.caller))
        call.establish()
        server.relay = call.callee.relay
        scene.at_pace(UNSIGNALLED_HOST + WHILE, server.speak)
        self.assertGreaterEqual(call.caller.heard_of(server), WHILE)
        self.converse(scene, call)
        self.assert_gap(call.caller.longest_gap(call.callee), 3, "callee to caller")
        self.assert_gap(call.callee.longest_gap(call.caller), 3, "caller to callee")

    def call_from_carrier(self, scene):
        """A call whose caller is signalled to be at a carrier's SIP host, and sends from its media host."""
        media = scene.phone("caller", host="media")
        media.signalled = (scene.hosts["caller"].addresses[1], 4000)
        call = scene.call(media).establish()
        since = media.spoken, call.callee.spoken
        self.converse(scene, call, 7 * SECOND)
        gaps = call.callee.longest_gap(media, since[0]), media.longest_gap(call.callee, since[1])
        call.hang_up()
        return max(gaps)

    @legitimate(gap=UNSIGNALLED_HOST, policies=(GUARDED,))
    def test_media_from_a_public_host_that_nobody_signalled(self, scene):
        """From the second call on it is known that media of that SIP host comes from there."""
        self.call_from_carrier(scene)
        self.assert_gap(self.call_from_carrier(scene), OTHER_HOST, "the second call")

    @legitimate(gap=1)
    def test_party_that_stays_where_it_was_although_a_new_address_was_signalled(self, scene):
        """A transfer that failed, or media that was to go directly and does not."""
        call = scene.call().establish()
        self.converse(scene, call)
        call.caller.signalled = (scene.hosts["caller"].addresses[1], 4000)
        call.offer_again(by=call.caller)
        self.converse(scene, call, 6 * SECOND)

    @legitimate(gap=1, policies=POLICIES)
    def test_offer_that_comes_back(self, scene):
        """The SIP server hands the offer and the answer to the program twice, the second time with the program's own ports."""
        call = scene.call()
        call.offer()
        kept, call.caller.signalled = call.caller.signalled, call.callee.relay
        call.offer()
        call.answer()
        call.caller.signalled, kept = kept, call.callee.signalled
        call.callee.signalled = call.caller.relay
        call.answer()
        call.callee.signalled = kept
        self.converse(scene, call)

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
