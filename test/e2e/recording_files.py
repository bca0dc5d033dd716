"""Recordings as the tests look at them: with tshark, with the standard library, and octet by octet."""

import json
import math
import pathlib
import shutil
import struct
import subprocess
import wave



def read_adhoc(path):
    """The packets of an ad-hoc file as (source port, source address, time, payload)."""
    octets = pathlib.Path(path).read_bytes()
    packets = []
    while octets:
        family, length = struct.unpack_from("=H", octets)[0], struct.unpack_from("=H", octets, 28)[0]
        (port,) = struct.unpack_from("!H", octets, 2)
        (when,) = struct.unpack_from("=d", octets, 20)
        address = octets[4:8] if family == 2 else octets[4:20]
        packets.append((port, address, when, octets[30 : 30 + length]))
        octets = octets[30 + length :]
    return packets


def has_tshark():
    return shutil.which("tshark") is not None


def tshark(path, *arguments):
    """What tshark prints about a file; AssertionError if it complains."""
    # Some ports of the tests belong to other protocols.
    line = ["tshark", "-n", "-o", "udp.try_heuristic_first:TRUE", "-r", str(path), *arguments]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    complaints = [text for text in ended.stderr.splitlines() if text and "Running as user" not in text]
    if ended.returncode != 0 or complaints:
        raise AssertionError(f"{' '.join(line)}: {ended.returncode}\n{ended.stderr}")
    return ended.stdout


def rtp_streams(path):
    """`-z rtp,streams`: a list of (source, source port, destination, destination port, SSRC, packets, lost)."""
    report = tshark(path, "-q", "-o", "rtp.heuristic_rtp:TRUE", "-z", "rtp,streams")
    rows = []
    for line in report.splitlines():
        words = line.split()
        if len(words) > 10 and words[6].startswith("0x"):
            # start, end, source, port, destination, port, SSRC, payload, packets, lost
            rows.append((words[2], int(words[3]), words[4], int(words[5]), int(words[6], 16), int(words[8]), int(words[9])))
    return rows


def malformed(path):
    """Frames that tshark finds fault with, checksums of all layers included."""
    checks = ("ip.check_checksum", "udp.check_checksum")
    options = [word for check in checks for word in ("-o", f"{check}:TRUE")]
    bad = '_ws.malformed || ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || _ws.short'
    return tshark(path, *options, "-o", "rtp.heuristic_rtp:TRUE", "-Y", bad).splitlines()


def fields(path, *names, where=None):
    """The fields of all frames, or of those that a display filter lets through."""
    arguments = [word for name in names for word in ("-e", name)]
    only = ["-Y", where] if where else []
    return [line.split("\t") for line in tshark(path, *only, "-T", "fields", *arguments).splitlines()]


def details(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def read_wav(path):
    """Rate and the samples of both channels."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        samples = struct.unpack(f"<{2 * file.getnframes()}h", file.readframes(file.getnframes()))
        return file.getframerate(), samples[0::2], samples[1::2]


def tone(frequency, rate, seconds, amplitude=8000):
    return [round(amplitude * math.sin(2 * math.pi * frequency * n / rate)) for n in range(round(rate * seconds))]


def likeness(samples, frequency, rate):
    """How much of the samples is a tone of that frequency, whatever its phase: from 0 to 1."""
    energy = sum(s * s for s in samples)
    if energy == 0:
        return 0.0
    turn = [2 * math.pi * frequency * n / rate for n in range(len(samples))]
    along = sum(s * math.cos(t) for s, t in zip(samples, turn, strict=True))
    across = sum(s * math.sin(t) for s, t in zip(samples, turn, strict=True))
    return (along * along + across * across) * 2 / (energy * len(samples))


def mu_law(sample):
    """ITU-T G.711."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def a_law(sample):
    """ITU-T G.711."""
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(sample if sample >= 0 else -sample - 1, 32767) >> 3
    exponent = max(magnitude.bit_length() - 5, 0)
    mantissa = (magnitude >> max(exponent, 1)) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55
