"""RTP and RTCP that one party of a call sends to the other, counted and checked where it arrives."""

import itertools
import selectors
import time

from media_party import LARGEST_DATAGRAM, rtcp, rtp

PACKET_INTERVAL_S = 0.02
PACKETS_PER_RTCP = 10
LATE_AFTER_S = 30  # only what is lost is waited for that long
REQUIRED_SHARE = 0.98

ssrcs = itertools.count(0x10000001)


class Flow:
    """What `sender` sends to `receiver`: both are parties that know the relay's address they were told to use. The
    receiver must hear the flow from that very address, each packet once, and nothing else."""

    def __init__(self, name, sender, receiver):
        self.name = name
        self.sender = sender
        self.receiver = receiver
        self.ssrc = next(ssrcs)
        self.sequence = 0
        self.start()

    def start(self):
        """Counts from zero; sequence numbers and SSRC go on."""
        self.sent = set()
        self.received = []
        self.rtcp_sent = 0
        self.rtcp_received = 0
        self.faults = []

    def send(self):
        """The next RTP packet, and at times RTCP."""
        self.sender.send(self._packet(self.sequence))
        self.sent.add(self.sequence)
        if self.sequence % PACKETS_PER_RTCP == 0:
            self.sender.send_rtcp(rtcp(self.ssrc))
            self.rtcp_sent += 1
        self.sequence += 1

    def receive_rtp(self):
        """Takes one waiting datagram from the receiver's RTP socket."""
        datagram, source = self.receiver.rtp_socket.recvfrom(LARGEST_DATAGRAM)
        self._check_source("RTP", source, self.receiver.relay)
        sequence = int.from_bytes(datagram[2:4], "big")
        if sequence not in self.sent or datagram != self._packet(sequence):
            self.faults.append(f"not what was sent: {datagram[:16].hex()}...")
        self.received.append(sequence)

    def receive_rtcp(self):
        """Takes one waiting datagram from the receiver's RTCP socket."""
        datagram, source = self.receiver.rtcp_socket.recvfrom(LARGEST_DATAGRAM)
        host, port = self.receiver.relay
        self._check_source("RTCP", source, (host, port + 1))
        if datagram != rtcp(self.ssrc):
            self.faults.append(f"RTCP is not what was sent: {datagram[:16].hex()}...")
        self.rtcp_received += 1

    @property
    def is_complete(self):
        return len(self.received) >= len(self.sent) and self.rtcp_received >= self.rtcp_sent

    def check(self):
        """AssertionError if too little of what was sent arrived, or anything else did."""
        faults = self.faults[:5]
        if len(self.received) != len(set(self.received)):
            faults.append("packets arrived more than once")
        if len(set(self.received)) < REQUIRED_SHARE * len(self.sent):
            faults.append(f"{len(set(self.received))} of {len(self.sent)} RTP packets arrived")
        if self.rtcp_received < REQUIRED_SHARE * self.rtcp_sent:
            faults.append(f"{self.rtcp_received} of {self.rtcp_sent} RTCP packets arrived")
        if self.rtcp_received > self.rtcp_sent:
            faults.append("RTCP packets arrived more than once")
        if faults:
            raise AssertionError(f"{self.name}: {'; '.join(faults)}")

    def _packet(self, sequence):
        return rtp(sequence, self.ssrc, payload=sequence.to_bytes(4, "big") * 40)

    def _check_source(self, what, source, expected):
        if source[:2] != expected:
            self.faults.append(f"{what} from {source[:2]}, advertised was {expected}")


def play(flows, packets=50):
    """Sends that many packets on each flow, one every 20 ms, and checks that they arrived."""
    with selectors.DefaultSelector() as selector:
        for flow in flows:
            flow.start()
            selector.register(flow.receiver.rtp_socket, selectors.EVENT_READ, flow.receive_rtp)
            selector.register(flow.receiver.rtcp_socket, selectors.EVENT_READ, flow.receive_rtcp)
        start = time.monotonic()
        for number in range(packets):
            for flow in flows:
                flow.send()
            _receive_until(selector, start + (number + 1) * PACKET_INTERVAL_S, lambda: False)
        _receive_until(selector, time.monotonic() + LATE_AFTER_S, lambda: all(flow.is_complete for flow in flows))
    for flow in flows:
        flow.check()


def _receive_until(selector, deadline, is_enough):
    while not is_enough() and (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            key.data()
