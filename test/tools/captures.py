"""Capture files, octet by octet: the ad-hoc format, pcap (Ethernet, IPv4, UDP), and the RTP in them."""

import dataclasses
import socket
import struct

EPOCH = 1_700_000_000.0


@dataclasses.dataclass
class Datagram:
    when: float  # seconds since 1970
    payload: bytes
    source: tuple = ("192.0.2.1", 41100)
    destination: tuple = ("198.51.100.1", 10000)


def rtp(payload_type, sequence, timestamp, payload, ssrc=0x11223344, marker=False):
    return (
        struct.pack(
            ">BBHII",
            0x80,
            payload_type | (0x80 if marker else 0),
            sequence & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            ssrc & 0xFFFFFFFF,
        )
        + payload
    )


def stream(encoded, payload_type, octets, start=EPOCH, sequence=100, timestamp=0, ssrc=0x11223344, ticks=160, **where):
    """The packets of `encoded`, `octets` each, one every 20 ms."""
    return [
        Datagram(
            start + k * 0.02,
            rtp(payload_type, sequence + k, timestamp + k * ticks, encoded[at : at + octets], ssrc),
            **where,
        )
        for k, at in enumerate(range(0, len(encoded) - octets + 1, octets))
    ]


def adhoc(datagrams):
    """Address family and length in host byte order, port and address in network order, arrival as a double."""
    file = b""
    for datagram in datagrams:
        host, port = datagram.source
        if ":" in host:
            address = struct.pack("=H", 10) + struct.pack(">H", port) + socket.inet_pton(socket.AF_INET6, host)
        else:
            address = struct.pack("=H", 2) + struct.pack(">H", port) + socket.inet_aton(host) + bytes(12)
        file += address + struct.pack("=dH", datagram.when, len(datagram.payload)) + datagram.payload
    return file


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(datagram):
    """Ethernet, IPv4, UDP."""
    udp = struct.pack(">HHHH", datagram.source[1], datagram.destination[1], 8 + len(datagram.payload), 0)
    source, destination = (socket.inet_aton(address) for address, _ in (datagram.source, datagram.destination))
    length = 20 + len(udp) + len(datagram.payload)
    header = struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0, 127, 17, 0) + source + destination
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return b"\0\0" + destination + b"\0\0" + source + b"\x08\x00" + header + udp + datagram.payload


def pcap_header(link_type=1, order="<"):
    return struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)


def pcap_record(when, octets, order="<"):
    microseconds = round(when * 1_000_000)
    seconds, rest = divmod(microseconds, 1_000_000)
    return struct.pack(order + "IIII", seconds, rest, len(octets), len(octets)) + octets


def pcap(datagrams, order="<"):
    return pcap_header(order=order) + b"".join(pcap_record(d.when, frame(d), order) for d in datagrams)
