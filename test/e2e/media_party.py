"""A party of a call, as the tests play it: an RTP socket on an even port, an RTCP socket on the next one."""

import socket
import struct

WAIT_S = 30  # far more than any wait takes, for the machine may stand still meanwhile
LARGEST_DATAGRAM = 65536


def rtp(sequence, ssrc=0x1234ABCD, payload=b"\xd5" * 160, payload_type=0, timestamp=None, version=2):
    """An RTP packet (RFC 3550 section 5.1), 172 octets unless `payload` is given."""
    stamp = sequence * 160 if timestamp is None else timestamp
    return struct.pack("!BBHII", version << 6, payload_type, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + payload


def rtcp(ssrc=0x1234ABCD):
    """An empty receiver report (RFC 3550 section 6.4.2)."""
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def udp_socket(host="127.0.0.1", port=0):
    opened = socket.socket(family_of(host), socket.SOCK_DGRAM)
    opened.settimeout(WAIT_S)
    try:
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def port_pair(host):
    for _ in range(100):
        rtp_socket = udp_socket(host)
        port = rtp_socket.getsockname()[1]
        if port % 2 == 0:
            try:
                return rtp_socket, udp_socket(host, port + 1)
            except OSError:
                pass
        rtp_socket.close()
    raise RuntimeError(f"no free pair of ports on {host}")


class Party:
    """Sends to the relay's port and hears what comes back; every wait ends after WAIT_S seconds."""

    def __init__(self, host="127.0.0.1"):
        self.host = host
        self.rtp_socket, self.rtcp_socket = port_pair(host)
        self.port = self.rtp_socket.getsockname()[1]
        self.relay = None  # (host, RTP port) this party was told to send to

    def close(self):
        self.rtp_socket.close()
        self.rtcp_socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, datagram):
        self.rtp_socket.sendto(datagram, self.relay)

    def send_rtcp(self, datagram):
        self.rtcp_socket.sendto(datagram, (self.relay[0], self.relay[1] + 1))

    def receive(self):
        """The next RTP datagram; raises TimeoutError if none comes."""
        return self.rtp_socket.recv(LARGEST_DATAGRAM)

    def receive_from(self):
        datagram, source = self.rtp_socket.recvfrom(LARGEST_DATAGRAM)
        return datagram, source[:2]

    def receive_rtcp(self):
        return self.rtcp_socket.recv(LARGEST_DATAGRAM)

    def waiting(self):
        """What has arrived and was not asked for yet."""
        found = []
        self.rtp_socket.setblocking(False)
        try:
            while True:
                found.append(self.rtp_socket.recv(LARGEST_DATAGRAM))
        except BlockingIOError:
            return found
        finally:
            self.rtp_socket.settimeout(WAIT_S)


def parse_address(reply):
    """`30000 127.0.0.1` and `30000 ::1 6` as (host, port)."""
    words = reply.split()
    return words[1], int(words[0])


def establish(command, call, caller, callee, offer="U", answer="L", tags=("from-tag", "to-tag")):
    """Sets up a call between two parties that say the truth about their addresses. Where these are of two families,
    the program has to listen on 127.0.0.1 and on ::1, as the legs' addresses are then named."""
    caller_tag, callee_tag = tags
    local = {"127.0.0.1": "l127.0.0.1", "::1": "l[::1]"} if family_of(caller.host) != family_of(callee.host) else {}

    def line(letters, of, told_to):
        six = "6" if ":" in of.host else ""
        return f"{letters}{six}{local.get(told_to.host, '')} {call} {of.host} {of.port} {caller_tag}"

    callee.relay = parse_address(command(line(offer, caller, callee)))
    caller.relay = parse_address(command(f"{line(answer, callee, caller)} {callee_tag}"))
