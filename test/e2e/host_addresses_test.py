"""The addresses of the host as the program knows them, which come and go, in a network of its own. Media that goes round
tells: what comes from one of its ports and would go to one of its ports is dropped, if it knows its addresses."""

import ctypes
import errno
import pathlib
import re
import socket
import sys
import threading
import unittest

from rtpproxy_process import RtpproxyProcess, wait_until

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "security"))
import network  # noqa: E402
from media_party import rtp  # noqa: E402

WAIT_S = 30
HERE, LATER = "198.51.100.1", "203.0.113.9"
AT_START = 4  # HERE, 192.0.2.1, and two of loopback
MEDIA_PORTS = (35000, 35099)


class Comparison(ctypes.Structure):
    """scmp_arg_cmp of libseccomp."""

    _fields_ = [("argument", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def forbid_netlink():
    """From now on the calling thread and the programs it starts cannot open such sockets."""
    allow, refuse, equal = 0x7FFF0000, 0x00050000 | errno.EACCES, 4
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(allow)))
    netlink = Comparison(0, equal, socket.AF_NETLINK, 0)
    call = library.seccomp_syscall_resolve_name(b"socket")
    added = library.seccomp_rule_add_array(rules, ctypes.c_uint32(refuse), call, 1, ctypes.byref(netlink))
    if added != 0 or library.seccomp_load(rules) != 0:
        raise OSError("cannot load a system call filter")


class HostTest(unittest.TestCase):
    def setUp(self):
        self.host = self.enterContext(network.Namespace())
        self.host.configure(
            "link set lo up",
            f"address add {HERE}/32 dev lo",
            "link add net type veth peer name far",
            "link set net addrgenmode none up",
            "link set far addrgenmode none up",
            "address add 192.0.2.1/24 dev net",
            "route add default dev net",
        )
        with self.host.entered():
            self.phone = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def start(self):
        with self.host.entered():
            self.proxy = RtpproxyProcess("-l", "*", "-b", media_ports=MEDIA_PORTS)

    def count(self, name):
        return self.proxy.counters(name)[name]

    def ring(self, address):
        """Two calls, of which the callees claim to be where the other's media arrives. Their ports are known beforehand, as
        they ascend. Where the phone, which is the caller of the first one, sends to."""
        own = self.phone.getsockname()
        one_to_callee, one_to_caller, two_to_callee, two_to_caller = range(MEDIA_PORTS[0], MEDIA_PORTS[0] + 8, 2)
        for command, port in (
            (f"Ua one {own[0]} {own[1]} f", one_to_callee),
            (f"La one {address} {two_to_caller} f t", one_to_caller),
            (f"Ua two {address} {one_to_callee} f", two_to_callee),
            (f"La two {address} {one_to_caller} f t", two_to_caller),
        ):
            self.assertEqual(int(self.proxy.command(command).split()[0]), port)
        return one_to_caller

    def assert_cut(self, address, port):
        """Each packet comes round once, and no further."""
        for number in range(8):
            self.phone.sendto(rtp(number), (address, port))
        wait_until(lambda: self.count("npkts_discard") >= 8, WAIT_S, "the packets to come round")
        self.assertEqual(self.proxy.counters("npkts_relayed", "npkts_discard"), {"npkts_relayed": 8, "npkts_discard": 8})


class Addresses(HostTest):
    def setUp(self):
        super().setUp()
        self.start()
        self.enterContext(self.proxy)

    def configure(self, *lines, total):
        """Changes addresses, and waits until the program has noticed that there are so many now."""
        self.host.configure(*lines)

        def known():
            return re.findall(r"this host has (\d+) addresses now", self.proxy.output())[-1]

        wait_until(lambda: int(known()) == total, WAIT_S, f"{total} addresses")

    def test_ring_by_an_address_of_the_host_is_cut(self):
        self.phone.bind((HERE, 0))
        self.assert_cut(HERE, self.ring(HERE))

    def test_ring_by_an_address_that_comes_during_the_call_is_cut(self):
        self.configure(f"address add {LATER}/32 dev lo", total=AT_START + 1)
        self.phone.bind((LATER, 0))
        self.configure(f"address del {LATER}/32 dev lo", total=AT_START)
        port = self.ring(LATER)
        self.configure(f"address add {LATER}/32 dev lo", total=AT_START + 1)
        self.assert_cut(LATER, port)

    def test_address_that_comes_and_goes(self):
        """What is no media goes to another host, but to no other program of this one."""
        self.phone.bind(("192.0.2.1", 0))
        self.proxy.command(f"U c 192.0.2.1 {self.phone.getsockname()[1]} f")
        port = int(self.proxy.command(f"L c {LATER} 5060 f t").split()[0])

        def outcome():
            before = self.proxy.counters("npkts_relayed", "npkts_discard")
            self.phone.sendto(b"text", ("192.0.2.1", port))
            wait_until(
                lambda: self.proxy.counters("npkts_relayed", "npkts_discard") != before, WAIT_S, "a packet to be handled"
            )
            return "relayed" if self.count("npkts_relayed") > before["npkts_relayed"] else "dropped"

        self.assertEqual(outcome(), "relayed")
        self.configure(f"address add {LATER}/32 dev lo", total=AT_START + 1)
        self.assertEqual(outcome(), "dropped")
        self.host.configure(f"address add {LATER}/32 dev net", f"address del {LATER}/32 dev lo")
        self.configure("address add 203.0.113.10/32 dev lo", total=AT_START + 2)
        self.assertEqual(outcome(), "dropped")
        self.configure(f"address del {LATER}/32 dev net", total=AT_START + 1)
        self.assertEqual(outcome(), "relayed")


class SeveralAddresses(unittest.TestCase):
    """Media is on the wildcard, and the host of the relay has two addresses in each family."""

    OURS = {4: ("198.51.100.1", "198.51.100.2"), 6: ("2001:db8::1", "2001:db8::2")}
    THEIRS = {4: "198.51.100.10", 6: "2001:db8::10"}

    def setUp(self):
        of_relay = [address for family in self.OURS.values() for address in family]
        self.network = self.enterContext(network.Network({"relay": of_relay, "phones": list(self.THEIRS.values())}))
        with self.network["relay"].entered():
            self.proxy = self.enterContext(RtpproxyProcess("-l", "*", "-6", "six@*", "-b", media_ports=MEDIA_PORTS))

    def call(self, family):
        """Both phones and the ports they were told; each has been heard at the address it was told last."""
        self.phones = [self.enterContext(self.network["phones"].udp_socket(self.THEIRS[family])) for _ in "ab"]
        for phone in self.phones:
            phone.settimeout(WAIT_S)
        six = "6" if family == 6 else ""
        own = [f"{self.THEIRS[family]} {phone.getsockname()[1]}" for phone in self.phones]
        for_callee = self.proxy.command(f"U{six} c {own[0]} f")
        for_caller = self.proxy.command(f"L{six} c {own[1]} f t")
        self.ports = [int(reply.split()[0]) for reply in (for_caller, for_callee)]

    def heard_from(self, speaker, address, number):
        """Phone `speaker` sends to that address of the relay. Where the other one hears it from."""
        listener = 1 - speaker
        self.phones[speaker].sendto(rtp(number, ssrc=speaker + 1), (address, self.ports[speaker]))
        datagram, source = self.phones[listener].recvfrom(2048)
        self.assertEqual(datagram, rtp(number, ssrc=speaker + 1))
        self.assertEqual(source[1], self.ports[listener])
        return source[0]

    def test_each_phone_is_answered_from_the_address_it_asks(self):
        for family, ours in self.OURS.items():
            with self.subTest(family=family):
                self.call(family)
                self.heard_from(0, ours[0], 1)
                for number, asked in enumerate((*ours, *ours), 2):
                    self.heard_from(1, asked, number)
                    self.assertEqual(self.heard_from(0, ours[0], number), asked)
                self.assertEqual(self.heard_from(1, ours[1], 9), ours[0])
                self.proxy.command("D c f t")

    def test_an_address_that_the_host_loses_during_the_call_costs_no_packet(self):
        for family, ours in self.OURS.items():
            with self.subTest(family=family):
                self.call(family)
                before = [self.heard_from(0, ours[0], 1), self.heard_from(0, ours[0], 2)][-1]
                asked = ours[1] if before == ours[0] else ours[0]
                self.heard_from(1, asked, 1)
                self.assertEqual(self.heard_from(0, before, 3), asked)
                length = "64" if family == 6 else "24"
                self.network["relay"].configure(f"address del {asked}/{length} dev net")
                self.assertEqual(self.heard_from(0, before, 4), before)
                self.heard_from(1, before, 2)
                self.assertEqual(self.heard_from(0, before, 5), before)
                self.proxy.command("D c f t")

    def test_the_log_advises_to_name_an_address(self):
        for option in ("-l", "-6"):
            said = f"media is on * ({option} *) and this host has 2 addresses"
            wait_until(lambda said=said: said in self.proxy.output(), WAIT_S, said)


class WithoutNetlink(HostTest):
    def setUp(self):
        super().setUp()
        self.proxy = None

        def start():
            forbid_netlink()
            self.start()

        starter = threading.Thread(target=start)
        starter.start()
        starter.join()
        self.assertIsNotNone(self.proxy)
        self.enterContext(self.proxy)

    def test_each_address_is_looked_up_and_the_log_says_so(self):
        said = "cannot watch the addresses of this host"
        wait_until(lambda: said in self.proxy.output(), WAIT_S, "the log to say so")
        self.phone.bind((HERE, 0))
        self.assert_cut(HERE, self.ring(HERE))


if __name__ == "__main__":
    if reason := network.why_unavailable():
        print(f"skipped: {reason}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
