"""Decodes Opus with libopus, which is there wherever the program that encodes it is."""

import ctypes

LONGEST_MS = 120  # RFC 6716 section 3.2.5


class OpusDecoder:
    """One stream, packet by packet, to mono samples at `rate` Hz."""

    def __init__(self, rate):
        self.library = ctypes.CDLL("libopus.so.0")
        self.library.opus_decoder_create.restype = ctypes.c_void_p
        self.room = rate * LONGEST_MS // 1000
        error = ctypes.c_int()
        self.state = ctypes.c_void_p(self.library.opus_decoder_create(rate, 1, ctypes.byref(error)))
        if error.value != 0:
            raise RuntimeError(f"opus_decoder_create: {error.value}")

    def decode(self, packet):
        samples = (ctypes.c_int16 * self.room)()
        count = self.library.opus_decode(self.state, packet, len(packet), samples, self.room, 0)
        if count < 0:
            raise ValueError(f"no Opus packet: {count}")
        return samples[:count]

    def close(self):
        self.library.opus_decoder_destroy(self.state)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
