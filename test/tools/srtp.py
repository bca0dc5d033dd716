"""SRTP as RFC 3711 describes it, for tests only: AES-128 in counter mode, HMAC-SHA1. Slow and not safe for secrets."""

import hashlib
import hmac


def _times_two(value):
    return ((value << 1) ^ (0x11B if value & 0x80 else 0)) & 0xFF


def _make_s_box():
    """FIPS 197 section 5.1.1: the inverse in GF(2^8), then an affine map."""
    powers = [1]
    while len(powers) < 255:
        powers.append(_times_two(powers[-1]) ^ powers[-1])
    box = []
    for value in range(256):
        inverse = powers[(255 - powers.index(value)) % 255] if value else 0
        box.append(inverse ^ 0x63)
        for shift in range(1, 5):
            box[-1] ^= ((inverse << shift) | (inverse >> (8 - shift))) & 0xFF
    return box


_S_BOX = _make_s_box()


def _round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = [_S_BOX[octet] for octet in word[1:] + word[:1]]
            word[0] ^= constant
            constant = _times_two(constant)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i : i + 4], []) for i in range(0, 44, 4)]


def aes_128(key, block):
    """One block, FIPS 197."""
    keys = _round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, round_key in enumerate(keys[1:], 1):
        state = [_S_BOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            mixed = []
            for column in (state[i : i + 4] for i in range(0, 16, 4)):
                everything = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ everything ^ _times_two(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def key_stream(key, iv, length):
    stream = b""
    for counter in range((length + 15) // 16):
        stream += aes_128(key, ((iv + counter) % (1 << 128)).to_bytes(16, "big"))
    return stream[:length]


class Sender:
    """Protects the packets of one master key; `key` is 16 octets of key and 14 of salt, `tag` the tag's octets."""

    def __init__(self, key, tag):
        self.tag = tag
        self.cipher, self.authentication, self.salt = (
            self.derive(key, label, length) for label, length in ((0, 16), (1, 20), (2, 14))
        )

    @staticmethod
    def derive(key, label, length):
        """RFC 3711 section 4.3.1 with a key derivation rate of 0."""
        salt = int.from_bytes(key[16:30], "big")
        return key_stream(key[:16], (salt ^ (label << 48)) << 16, length)

    def protect(self, packet, rollovers=0):
        """`packet` has a header of 12 octets."""
        sequence = int.from_bytes(packet[2:4], "big")
        ssrc = int.from_bytes(packet[8:12], "big")
        iv = (int.from_bytes(self.salt, "big") << 16) ^ (ssrc << 64) ^ ((rollovers << 16 | sequence) << 16)
        stream = key_stream(self.cipher, iv, len(packet) - 12)
        encrypted = packet[:12] + bytes(a ^ b for a, b in zip(packet[12:], stream))
        signed = encrypted + rollovers.to_bytes(4, "big")
        return encrypted + hmac.new(self.authentication, signed, hashlib.sha1).digest()[: self.tag]
