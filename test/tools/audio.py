"""Signals as lists of 16 bit samples, and how alike they are. WAV files are read and written with the standard library."""

import math
import struct
import wave

RATE = 8000


def tone(frequency, seconds, rate=RATE, amplitude=8000):
    return [round(amplitude * math.sin(2 * math.pi * frequency * i / rate)) for i in range(round(seconds * rate))]


def speech(seconds, rate=RATE):
    """Something with the spectrum and the loudness changes of speech: three tones that slide and swell."""
    samples = []
    phase = 0
    for i in range(round(seconds * rate)):
        t = i / rate
        phase += 2 * math.pi * (180 + 60 * math.sin(5 * t)) / rate
        swell = 0.55 + 0.45 * math.sin(17 * t)
        value = math.sin(phase) + 0.5 * math.sin(3.01 * phase) + 0.25 * math.sin(7.03 * phase)
        samples.append(round(4500 * swell * value))
    return samples


def correlation(first, second):
    """From -1 to 1; 0 if one of them is silent."""
    pairs = list(zip(first, second))
    energy = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return sum(a * b for a, b in pairs) / math.sqrt(energy) if energy else 0


def best_correlation(expected, heard, longest_delay=40):
    """The best of all delays of `heard` behind `expected`."""
    return max(correlation(expected, heard[delay:]) for delay in range(longest_delay + 1))


def loudness(samples):
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0


def to_bytes(samples):
    return struct.pack(f"<{len(samples)}h", *samples)


def write_wav(path, channels, rate=RATE):
    """`channels`: a list of samples for each."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_bytes([sample for frame in zip(*channels) for sample in frame]))


def read_wav(path):
    """A list of samples for each channel; of 16 bit linear files."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2 and file.getframerate() == RATE
        data = file.readframes(file.getnframes())
        count = file.getnchannels()
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return [list(samples[channel::count]) for channel in range(count)]
