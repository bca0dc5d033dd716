"""Media that is to command the relay, or to reach other services of its host: a party claims to receive there, and the
other one says what is meant for them. The commands of the controller are those of any call."""

import contextlib
import os
import tempfile
import unittest
from dataclasses import dataclass

from attacker import DTLS_HELLO, STUN_REQUEST
from media_party import rtcp, rtp
from network import Network
from policies import POLICIES, main
from rtpproxy_process import RtpproxyProcess, wait_until

HOSTS = {"proxy": ["198.51.100.1", "2001:db8::1"], "phone": ["198.51.100.10", "2001:db8::10", "198.51.100.11"]}
MEDIA_PORTS = (35000, 35999)
CONTROL_PORT = 7722  # the default
WAIT_S = 30
NAMED = ("-l", "198.51.100.1", "-6", "six@2001:db8::1")
# What is sent to loopback comes from there then, so it helps nothing to allow nobody else.
WILDCARD = ("-l", "*", "-6", "six@*", "--control-allow=127.0.0.1,::1")
IPV4_OF_PROXY = ("127.0.0.1", "127.5.5.5", "198.51.100.1")
IPV6_OF_PROXY = ("::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:198.51.100.1")
TEXT = b"OPTIONS sip:service SIP/2.0\r\n\r\n"
FAX = b"\x00\x07\x01\xab\x00\x00"  # UDPTL, nothing earlier


@dataclass
class Call:
    """A call of the phone with a party that is played by nobody, or by the test."""

    call_id: str
    mouths: tuple  # the phone's sockets, RTP and RTCP
    relay: tuple  # where its RTP goes
    relay_of_party: tuple  # where the other party's goes

    @property
    def ear(self):
        return self.mouths[0]


class Site:
    """A host with a relay, and a phone on another host."""

    def __init__(self, *options):
        self.stack = contextlib.ExitStack()
        try:
            self.hosts = self.stack.enter_context(Network(HOSTS))
            with self.hosts["proxy"].entered():
                control = [f"udp:127.0.0.1:{CONTROL_PORT}", f"udp6:::1:{CONTROL_PORT}"]
                self.proxy = RtpproxyProcess(*options, control_sockets=control, media_ports=MEDIA_PORTS)
            self.stack.enter_context(self.proxy)
            self.calls = 0
            self.asked = 0
            self.uncounted = self.commands_received() - self.asked
        except BaseException:
            self.stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def command(self, text):
        self.asked += 1
        return self.proxy.command(text)

    def commands_received(self):
        return int(self.command("G ncmds_rcvd"))

    def foreign_commands(self):
        """How many commands the relay has received that nobody gave."""
        received = self.commands_received()
        return received - self.asked - self.uncounted

    def service(self, address="127.0.0.1", port=0):
        """A UDP service on the host of the relay."""
        opened = self.stack.enter_context(contextlib.closing(self.hosts["proxy"].udp_socket(address, port)))
        opened.settimeout(WAIT_S)
        return opened

    def call(self, host, port, codecs=""):
        """A call of the phone with a party that claims to receive there."""
        self.calls += 1
        call_id = f"call-{self.calls}"
        six = "6" if ":" in host else ""
        phone = self.hosts["phone"].addresses[1 if six else 0]
        mouths = self._port_pair(phone)
        own = mouths[0].getsockname()[1]
        ports = [
            int(self.command(f"{command} {call_id} {tail}").split()[0])
            for command, tail in ((f"U{six}{codecs}", f"{phone} {own} f"), (f"L{six}{codecs}", f"{host} {port} f t"))
        ]
        relay = HOSTS["proxy"][1 if six else 0]
        return Call(call_id, mouths, (relay, ports[1]), (relay, ports[0]))

    def _port_pair(self, address):
        while True:
            first = self.hosts["phone"].udp_socket(address)
            port = first.getsockname()[1]
            with contextlib.suppress(OSError):
                if port % 2 == 0:
                    pair = first, self.hosts["phone"].udp_socket(address, port + 1)
                    for each in pair:
                        self.stack.callback(each.close)
                        each.settimeout(WAIT_S)
                    return pair
            first.close()

    def say(self, call, datagram, which=0):
        """The phone sends that by RTP's port, or with 1 by RTCP's. Returns when the relay has dealt with it."""
        host, port = call.relay
        before = int(self.command("G npkts_rcvd"))
        call.mouths[which].sendto(datagram, (host, port + which))
        wait_until(lambda: int(self.command("G npkts_rcvd")) > before, WAIT_S, "the relay to take a packet")


def at_each_site(test):
    """Under each policy, with named addresses and with wildcards."""

    def run(self):
        for policy in POLICIES:
            for listen in (NAMED, WILDCARD):
                with self.subTest(policy=policy, listen=listen[1]):
                    test(self, self.site(f"--learning={policy}", *listen))

    return run


class Destinations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sites = {}

    @classmethod
    def site(cls, *options):
        if options not in cls.sites:
            cls.sites[options] = cls.enterClassContext(Site(*options))
        return cls.sites[options]

    def assert_arrives(self, service, datagram):
        self.assertEqual(service.recv(65536), datagram)

    def assert_silent(self, service):
        """What was sent has arrived, if it was: on loopback that takes no time."""
        service.setblocking(False)
        try:
            self.fail(f"arrived: {service.recv(65536)}")
        except BlockingIOError:
            pass
        finally:
            service.settimeout(WAIT_S)

    @at_each_site
    def test_control_sockets_cannot_be_commanded_by_media(self, site):
        victim = site.call("198.51.100.10", 4000).call_id
        for host in IPV4_OF_PROXY + IPV6_OF_PROXY:
            call = site.call(host, CONTROL_PORT)
            for datagram in (f"zz D {victim} f t".encode(), b"zz X", b"X", rtp(1), rtcp()):
                site.say(call, datagram)
            self.assertEqual(site.foreign_commands(), 0, host)
        self.assertFalse(site.command(f"Q {victim} f t").startswith("E"))

    @at_each_site
    def test_control_sockets_cannot_be_commanded_by_rtcp(self, site):
        for host in IPV4_OF_PROXY + IPV6_OF_PROXY:
            call = site.call(host, CONTROL_PORT - 1)
            site.say(call, rtcp(), which=1)
            self.assertEqual(site.foreign_commands(), 0, host)

    @at_each_site
    def test_control_sockets_cannot_be_commanded_by_copies(self, site):
        call = site.call("198.51.100.10", 4000).call_id
        for host in IPV4_OF_PROXY:
            self.assertEqual(site.command(f"C {call} udp:{host}:{CONTROL_PORT} f t"), "E65")
        self.assertEqual(site.command(f"C {call} udp:127.0.0.1:4000 f t"), "0")

    @at_each_site
    def test_services_of_the_host_get_no_text_and_get_media(self, site):
        service = site.service()
        call = site.call(*service.getsockname())
        for datagram in (TEXT, STUN_REQUEST, DTLS_HELLO, b"\r\n", b"<13>text", b"\x80", b""):
            site.say(call, datagram)
        self.assert_silent(service)
        site.say(call, rtp(1))
        self.assert_arrives(service, rtp(1))
        site.say(call, rtcp())
        self.assert_arrives(service, rtcp())

    @at_each_site
    def test_fax_may_begin_where_no_codecs_were_signalled(self, site):
        service = site.service()
        site.say(site.call(*service.getsockname()), FAX)
        self.assert_arrives(service, FAX)
        site.say(site.call(*service.getsockname(), codecs="c0"), rtp(1))
        self.assert_arrives(service, rtp(1))

    @at_each_site
    def test_neighbour_that_speaks_media_gets_stun_and_no_text(self, site):
        neighbour = site.service("198.51.100.1")
        call = site.call(*neighbour.getsockname())
        site.say(call, STUN_REQUEST)
        self.assert_silent(neighbour)
        neighbour.sendto(STUN_REQUEST, call.relay_of_party)
        self.assert_arrives(call.ear, STUN_REQUEST)
        site.say(call, STUN_REQUEST)
        self.assert_arrives(neighbour, STUN_REQUEST)
        site.say(call, TEXT)
        self.assert_silent(neighbour)

    def test_attack_succeeds_where_it_is_permitted(self):
        """The positive control: what is refused above arrives where the operator wants it, and nowhere else."""
        site = self.site("--host-media=any", *NAMED)
        service = site.service()
        call = site.call(*service.getsockname())
        site.say(call, TEXT)
        self.assert_arrives(service, TEXT)
        for host in IPV4_OF_PROXY:
            site.say(site.call(host, CONTROL_PORT), b"zz X")
        self.assertEqual(site.foreign_commands(), 0)
        low = site.service(port=514)
        call = site.call("127.0.0.1", 514)
        site.say(call, b"<13>text")
        site.say(call, rtp(1))
        self.assert_silent(low)

    def test_nothing_reaches_the_host_where_nothing_is_permitted(self):
        site = self.site("--host-media=none", *NAMED)
        service = site.service()
        site.say(site.call(*service.getsockname()), rtp(1))
        self.assert_silent(service)
        wait_until(lambda: "media is not sent to 127.0.0.1" in site.proxy.output(), WAIT_S, "the log to say so")

    def test_denied_networks_get_nothing_unless_allowed(self):
        site = self.site("--media-deny=198.51.100.0/24", "--media-allow=198.51.100.10", *NAMED)
        for address, hears in (("198.51.100.11", False), ("198.51.100.10", True)):
            other = site.hosts["phone"].udp_socket(address)
            with contextlib.closing(other):
                other.settimeout(WAIT_S)
                site.say(site.call(*other.getsockname()), rtp(1))
                if hears:
                    self.assert_arrives(other, rtp(1))
                else:
                    self.assert_silent(other)

    def test_prompts_reach_no_control_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            with open(os.path.join(directory, "moh.0"), "wb") as file:
                file.write(b"\xd5" * 160)
            with Site("--prompt-dir", directory, *NAMED) as site:
                service = site.service()
                for port in (service.getsockname()[1], CONTROL_PORT):
                    call = site.call("127.0.0.1", port, codecs="c0").call_id
                    self.assertEqual(site.command(f"P {call} moh 0 t f"), "0")
                    wait_until(
                        lambda: site.command("G nplrs_created") == site.command("G nplrs_destroyed"), WAIT_S, "its end"
                    )
                self.assertEqual(service.recv(65536)[0], 0x80)
                self.assertEqual(site.foreign_commands(), 0)


if __name__ == "__main__":
    main()
