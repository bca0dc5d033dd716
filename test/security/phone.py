"""A party of a call that numbers what it says, so that a test can tell who was heard where and what was missed."""

import random
import struct

from media_party import rtcp, rtp

LARGEST_DATAGRAM = 65536
PACKET_OCTETS = 160
TICKS_PER_PACKET = 160  # 20 ms of PCMU
MARK = struct.Struct("!4s8sI")
MEDIA, REPORT = b"says", b"tell"


def mark(kind, name, number):
    """The start of a payload that tells its speaker: `name`, and which of his packets this is."""
    return MARK.pack(kind, name.encode(), number)


def read_mark(datagram, kind, at):
    """(name, number) of a datagram that carries such a mark at that offset, else None."""
    if len(datagram) < at + MARK.size:
        return None
    found, name, number = MARK.unpack_from(datagram, at)
    return (name.rstrip(b"\0").decode(), number) if found == kind else None


def speaker_of(datagram):
    """Whose RTP packet that is and which of his, None for what no phone has made."""
    return read_mark(datagram, MEDIA, 12)


def reporter_of(datagram):
    """Whose RTCP packet that is and which of his, None for what no phone has made."""
    return read_mark(datagram, REPORT, 8)


class Stream:
    """An RTP stream as a sender keeps it (RFC 3550): where it stands, and which packet comes next."""

    def __init__(self, ssrc=None, payload_type=0):
        self.ssrc = random.randrange(1, 1 << 32) if ssrc is None else ssrc
        self.sequence = random.randrange(1 << 16)
        self.timestamp = random.randrange(1 << 32)
        self.payload_type = payload_type

    def skip(self, packets, lost=False):
        """Time passes without a packet (silence suppression), or with packets that are lost."""
        self.timestamp += packets * TICKS_PER_PACKET
        if lost:
            self.sequence += packets

    def packet(self, payload):
        """The next packet of the stream."""
        self.skip(1, lost=True)
        return rtp(self.sequence, self.ssrc, payload, self.payload_type, self.timestamp)


class Phone:
    """A party at `address` of `host`. What it has heard is in `heard`: for each name the numbers of his packets, as
    long as they came from where this phone was told to send to; anything else is counted in `foreign`."""

    def __init__(self, name, host, address=None):
        self.name = name
        self.stream = Stream()
        self.relay = None  # (host, RTP port) this phone was told to send to
        self.spoken = self.reported = self.foreign = 0
        self.others = []  # of these, the datagrams that came from where it was told to send
        self.uncounted = 0  # the first so many that were spoken do not count
        self.heard = {}
        self.reports_heard = {}
        self.sockets = ()  # RTP, RTCP, and RTP to send from if that is another port
        self.move(host, address)
        self.signalled = self.place

    def close(self):
        for opened in self.sockets:
            opened.close()

    def move(self, host, address=None):
        """From now on the phone sends and hears at other ports, maybe of another host; nobody is told. What comes to
        the old ones is lost."""
        self.close()
        self.host = host
        for _ in range(100):
            media = host.udp_socket(address)
            port = media.getsockname()[1]
            if port % 2 == 0:
                try:
                    self.sockets = (media, host.udp_socket(address, port + 1))
                    return
                except OSError:
                    pass
            media.close()
        raise RuntimeError(f"no free pair of ports on {host.name}")

    def speak_from_another_port(self):
        """From now on the phone is asymmetric: it hears where it did, and sends RTP from another port."""
        self.sockets += (self.host.udp_socket(self.place[0]),)

    @property
    def place(self):
        """(host, port) where this phone is."""
        return self.sockets[0].getsockname()[:2]

    def speak(self):
        """Sends one packet of 20 ms. Returns its number."""
        self.spoken += 1
        payload = mark(MEDIA, self.name, self.spoken).ljust(PACKET_OCTETS, b"\xd5")
        mouth = self.sockets[2] if len(self.sockets) > 2 else self.sockets[0]
        mouth.sendto(self.stream.packet(payload), self.relay)
        return self.spoken

    def report(self):
        """Sends one RTCP packet, a receiver report with an extension of ours."""
        self.reported += 1
        extension = mark(REPORT, self.name, self.reported)
        header = struct.pack("!BBHI", 0x80, 201, 1 + len(extension) // 4, self.stream.ssrc)
        self.sockets[1].sendto(header + extension, (self.relay[0], self.relay[1] + 1))

    def send(self, datagram):
        """Sends that from the port of RTP."""
        self.sockets[0].sendto(datagram, self.relay)

    def bye(self):
        """An RTCP BYE as this phone would send it, for others to forge (RFC 3550 section 6.6)."""
        return rtcp(self.stream.ssrc) + struct.pack("!BBHI", 0x81, 203, 1, self.stream.ssrc)

    def listen(self):
        """Takes note of everything that has arrived."""
        self._take(self.sockets[0], speaker_of, self.heard, self.relay)
        self._take(self.sockets[1], reporter_of, self.reports_heard, (self.relay[0], self.relay[1] + 1))

    def _take(self, opened, author_of, heard, relay):
        while True:
            try:
                datagram, source = opened.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            author = author_of(datagram)
            if author is None or source[:2] != relay:
                self.foreign += 1
                self.others += [datagram] if source[:2] == relay else []
            else:
                heard.setdefault(author[0], set()).add(author[1])

    def has_heard(self, other, number):
        """Whether that packet of the other phone has arrived."""
        return number in self.heard.get(other.name, ())

    def heard_of(self, other):
        """How many packets of the other phone have arrived, of those that count."""
        return sum(number > other.uncounted for number in self.heard.get(other.name, ()))

    def longest_gap(self, other, since=None):
        """How many packets in a row were missed at most, of those the other phone spoke after its packet `since`, or of
        those that count."""
        heard, longest, gap = self.heard.get(other.name, ()), 0, 0
        for number in range((other.uncounted if since is None else since) + 1, other.spoken + 1):
            gap = 0 if number in heard else gap + 1
            longest = max(longest, gap)
        return longest
