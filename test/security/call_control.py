"""The controller of a call: what a SIP server says to the program for two phones.

The program has to listen at 198.51.100.1, and at an IPv6 address labelled `six`."""

import itertools

from media_party import parse_address

_numbers = itertools.count(1)


def is_ipv6(phone):
    return ":" in phone.place[0]


class Call:
    """A call from `caller` to `callee`. Phones are signalled with their `signalled` (host, port), which need not be
    where they are. `codecs` goes along as `c`, a list of payload types; None leaves it out, as for fax."""

    def __init__(self, command, caller, callee, codecs="0,8"):
        self.command = command
        self.caller, self.callee = caller, callee
        self.codecs = codecs
        self.call_id = f"call-{next(_numbers)}"
        self.asymmetric = set()

    def offer(self):
        """INVITE: the callee is told where to send."""
        self.callee.relay = self._signal("U", self.caller, self.callee, "from")

    def answer(self, callee=None):
        """200, or 183 by a phone other than `callee`: the caller is told where to send, and the call is complete."""
        self.caller.relay = self._signal("L", callee or self.callee, self.caller, "from to")

    def establish(self):
        self.offer()
        self.answer()
        return self

    def offer_again(self, by):
        """Re-INVITE by one of the two phones and its answer by the other."""
        tags = {"caller": ("from to", "from to"), "callee": ("to from", "to from")}[self._role(by)]
        other = self.callee if by is self.caller else self.caller
        self._signal("U", by, other, tags[0])
        self._signal("L", other, by, tags[1])

    def hold(self, by):
        """Re-INVITE with the address 0.0.0.0, which is how hold was signalled once (RFC 2543)."""
        kept, by.signalled = by.signalled, ("0.0.0.0", 0)
        self.offer_again(by)
        by.signalled = kept

    def hang_up(self):
        self.command(f"D {self.call_id} from to")

    @property
    def ports(self):
        """The proxy's (host, port) of RTP that face the caller and the callee."""
        return self.caller.relay, self.callee.relay

    @property
    def rtcp_ports(self):
        return [(host, port + 1) for host, port in self.ports]

    def _role(self, phone):
        return "caller" if phone is self.caller else "callee"

    def _signal(self, letter, phone, told, tags):
        """Signals where `phone` is; the reply is for `told`, and an address of his family."""
        host, port = phone.signalled
        modifiers = "6" if ":" in host else ""
        if is_ipv6(phone) != is_ipv6(told):
            modifiers += "l{six}" if is_ipv6(told) else "l198.51.100.1"
        modifiers += "a" if phone in self.asymmetric else ""
        codecs = f"c{self.codecs}" if self.codecs else ""
        reply = self.command(f"{letter}{modifiers}{codecs} {self.call_id} {host} {port} {tags}")
        if reply.startswith("E"):
            raise RuntimeError(f"the program answered {reply} to {letter} for {phone.name}")
        return parse_address(reply)
