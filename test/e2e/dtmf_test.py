"""`&& M3:1`: the controller hears which keys a party presses, as the `d` flag of OpenSIPS asks for it."""

import contextlib
import struct
import unittest

from media_party import Party, parse_address, rtp
from notify_socket import NotifySocket
from rtpproxy_process import RtpproxyProcess, free_port

ALL_KEYS = "0123456789*#ABCD"
HOST = "127.0.0.1"
ATTEMPTS = 6


class Keypad:
    """Sends the events of pressed keys (RFC 4733): three updates and, three times, the end."""

    def __init__(self, party, payload_type=101):
        self.party, self.payload_type = party, payload_type
        self.sequence, self.timestamp = 1, 8000

    def packets(self, key):
        code = ALL_KEYS.index(key)
        self.timestamp += 1600
        made = []
        for duration, end in ((160, 0), (320, 0), (480, 0), (640, 0x80), (640, 0x80), (640, 0x80)):
            payload = struct.pack("!BBH", code, end | 10, duration)
            made.append(rtp(self.sequence, payload=payload, payload_type=self.payload_type, timestamp=self.timestamp))
            self.sequence += 1
        return made

    def press(self, keys):
        for key in keys:
            for packet in self.packets(key):
                self.party.send(packet)


class DtmfTest(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        port = free_port(HOST)
        self.name = f"tcp:{HOST}:{port}"
        self.controller = NotifySocket((HOST, port))
        self.stack.callback(self.controller.close)
        self.proxy = self.stack.enter_context(RtpproxyProcess("-l", HOST, "-n", self.name))
        self.caller, self.callee = (self.stack.enter_context(Party()) for _ in range(2))

    def call(self, offer, answer):
        """The lines of a controller, with the addresses of this call."""
        reply = self.proxy.command(f"Uc0,8,101 CID {HOST} {self.caller.port} F;1 {self.name} {offer}".strip())
        self.callee.relay = parse_address(reply)
        reply = self.proxy.command(f"Lc8,101 CID {HOST} {self.callee.port} F;1 T;1 {answer}".strip())
        self.caller.relay = parse_address(reply)

    def hear(self, listener, count):
        return [listener.receive() for _ in range(count)]

    def test_flags_cornd(self):
        self.call("T76d.e8f81575 && M3:1 Dd76d.e8f81575", "&& M3:1 Dd76d.e8f81575")
        Keypad(self.caller).press(ALL_KEYS)
        notices = self.controller.wait_for(len(ALL_KEYS))
        self.assertEqual(notices, [f"Dd76d.e8f81575 {key} 10 640 0".encode() for key in ALL_KEYS])
        self.hear(self.callee, 6 * len(ALL_KEYS))  # all are relayed as well

        Keypad(self.callee).press("77")
        notices = self.controller.wait_for(len(ALL_KEYS) + 2)[-2:]
        self.assertEqual(notices, [b"Dd76d.e8f81575 7 10 640 1"] * 2)

    def test_flags_cord101(self):
        self.call("I && M3:1 Dd74e.4fad1a24 101", "&& M3:1 Dd74e.4fad1a24 101")
        Keypad(self.caller, 96).press("1")
        Keypad(self.caller, 101).press("#")
        self.assertEqual(self.controller.wait_for(1), [b"Dd74e.4fad1a24 # 10 640 0"])

    def test_lost_packets(self):
        self.call("I && M3:1 tag", "")
        keypad = Keypad(self.caller)
        for attempt in range(ATTEMPTS):
            for lost in (slice(0, 4), slice(1, 5), slice(3, 6), slice(0, 5)):  # start; all but two; end; all but an end
                packets = keypad.packets("5")
                del packets[lost]
                for packet in packets:
                    self.caller.send(packet)
            keypad.press("9")
            notices = [notice.split()[1:4:2] for notice in self.controller.wait_for(4 * (attempt + 1))[-4:]]
            first, second, without_end, last = notices
            self.assertEqual([first, second, last], [[b"5", b"640"], [b"5", b"640"], [b"9", b"640"]])
            # An event that pauses for 0.3 s is over. So one whose end is lost is told too early where the machine stands
            # still in the midst of it, which it does not do every time.
            if without_end == [b"5", b"480"]:
                break
        self.assertEqual(without_end, [b"5", b"480"])

    def test_a_lost_end_is_told_after_a_while(self):
        self.call("I && M3:1 tag", "")
        self.caller.send(Keypad(self.caller).packets("5")[0])
        self.assertEqual(self.controller.wait_for(1), [b"tag 5 10 160 0"])

    def test_h_keeps_events_from_the_other_party(self):
        self.call("I && M3:1 tag 101 h", "")
        Keypad(self.caller).press("3")
        self.assertEqual(self.controller.wait_for(1), [b"tag 3 10 640 0"])
        self.caller.send(rtp(50))
        self.assertEqual(self.callee.receive(), rtp(50))
        self.assertEqual(self.proxy.command("Q CID F;1 T;1").split()[1:], ["7", "0", "1", "6"])

    def test_events_of_reframed_audio(self):
        reply = self.proxy.command(f"Uz40 CID {HOST} {self.caller.port} F;1 {self.name} I && M3:1 tag")
        self.callee.relay = parse_address(reply)
        self.caller.relay = parse_address(self.proxy.command(f"L CID {HOST} {self.callee.port} F;1 T;1"))
        Keypad(self.caller).press("8")
        self.assertEqual(self.controller.wait_for(1), [b"tag 8 10 640 0"])
        heard = self.hear(self.callee, 6)
        self.assertEqual([struct.unpack_from("!H", packet, 2)[0] for packet in heard], [1, 2, 3, 4, 5, 6])

    def test_it_fails_without_a_notify_target(self):
        self.assertRegex(self.proxy.command(f"U CID {HOST} 4000 F;1 && M3:1 tag"), r"\A\d+ 127\.0\.0\.1 && -1\Z")

    def test_capability(self):
        self.assertEqual(self.proxy.command("VF 20230205"), "1")


if __name__ == "__main__":
    unittest.main()
