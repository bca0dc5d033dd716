"""Somebody who can send to the media ports of the program, but cannot send in the name of others' addresses."""

import itertools
import os
import random
import struct

from media_party import rtcp, rtp
from phone import LARGEST_DATAGRAM, Stream, reporter_of, speaker_of

PAYLOAD = b"attack".ljust(160, b"!")
SOCKETS = 4  # he may send from several ports
STUN_REQUEST = struct.pack("!HHI", 0x0001, 0, 0x2112A442) + b"0123456789ab"
DTLS_HELLO = bytes([22, 254, 253]) + bytes(10) + b"attack"

def guesses():
    """RTP with a random SSRC each, as of somebody who knows nothing."""
    while True:
        yield Stream().packet(PAYLOAD)


def stream(like=None):
    """A faultless RTP stream: one SSRC, advancing sequence numbers and timestamps. `like` is a `Stream` whose SSRC and
    present position were sniffed."""
    own = Stream(ssrc=like.ssrc if like else None)
    if like:
        own.sequence, own.timestamp, own.payload_type = like.sequence, like.timestamp, like.payload_type
    while True:
        yield own.packet(PAYLOAD)


def shadow(victim):
    """Always the packet that comes next in the sniffed stream of that phone, or one a little further on."""
    for ahead in itertools.cycle(range(1, 6)):
        live = victim.stream
        yield rtp(
            live.sequence + ahead, live.ssrc, PAYLOAD, live.payload_type, live.timestamp + ahead * 160
        )


def sequence_scan(victim):
    """The right SSRC with sequence numbers from all over the range, as of somebody who knows nothing else."""
    for sequence in itertools.cycle(range(0, 1 << 16, 251)):
        yield rtp(sequence, victim.stream.ssrc, PAYLOAD, victim.stream.payload_type)


def other_protocols():
    """What is no RTP: STUN, DTLS, T.38 (UDPTL), RTCP, noise, nothing."""
    t38 = b"\x00\x01\x06attack"
    for noise in itertools.repeat(None):
        yield from (STUN_REQUEST, DTLS_HELLO, t38, rtcp(), os.urandom(40), b"", b"\x80attack" + bytes(5))


def mixture():
    """Everything in turn, as of somebody who tries what he can."""
    kinds = [guesses(), stream(), other_protocols()]
    while True:
        for kind in kinds:
            yield next(kind)


class Attacker:
    """Sends from his own address and counts what media and reports come to him."""

    def __init__(self, host, address=None):
        self.host = host
        self.sockets = [host.udp_socket(address) for _ in range(SOCKETS)]
        self.sent = self.stolen_media = self.stolen_reports = 0

    def close(self):
        for opened in self.sockets:
            opened.close()

    def send(self, packet, to):
        """One packet, always from the same port."""
        self.sockets[0].sendto(packet, to)
        self.sent += 1

    def burst(self, packets, targets, count):
        """The next `count` packets, at the targets in turn. All packets for a target come from one port of his, as
        those of a phone would."""
        aims = itertools.islice(itertools.cycle(enumerate(targets)), count)
        for (index, target), packet in zip(aims, packets, strict=False):
            self.sockets[index % SOCKETS].sendto(packet, target)
        self.sent += count

    def spray(self, packets, address, ports):
        """One packet to each of those ports, in an order that tells nothing."""
        order = list(ports)
        random.shuffle(order)
        for port, packet in zip(order, packets, strict=False):
            self.sockets[0].sendto(packet, (address, port))
        self.sent += len(order)

    def listen(self):
        """Takes note of everything that has arrived."""
        for opened in self.sockets:
            self._take(opened)

    def _take(self, opened):
        while True:
            try:
                datagram = opened.recv(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            self.stolen_media += speaker_of(datagram) is not None
            self.stolen_reports += reporter_of(datagram) is not None
