"""Playing, relaying, recording and the tools together: what a party says after a prompt is in the recording."""

import os
import pathlib
import struct
import subprocess
import tempfile
import threading
import unittest

from media_party import LARGEST_DATAGRAM, Party, parse_address, rtp
from playing_test import correlation, tune, write_wav
from recording_files import details, read_adhoc, read_wav
from rtpproxy_process import RtpproxyProcess, wait_until

SECONDS = 1.0
PACKET_SAMPLES = 80  # 10 ms
PACKETS = round(SECONDS * 8000) // PACKET_SAMPLES
WAIT_S = 20


def spoken(samples):
    """The samples after a short silence, without others of a packet's length and more: a recording is silent until the
    first packet, and where the next ones are late."""
    said, pause = [0] * PACKET_SAMPLES, []
    for sample in samples:
        if sample == 0:
            pause.append(sample)
            continue
        if len(pause) < PACKET_SAMPLES:
            said += pause
        pause = []
        said.append(sample)
    return said


class Parrot(Party):
    """Says again what it hears, as a stream of its own."""

    def __init__(self):
        super().__init__()
        self.heard = 0
        self.thread = threading.Thread(target=self.repeat, daemon=True)

    def repeat(self):
        while self.heard < PACKETS:
            try:
                payload = self.rtp_socket.recv(LARGEST_DATAGRAM)[12:]
            except OSError:
                return
            self.heard += 1
            self.send(rtp(self.heard, ssrc=0x9A9A9A9A, payload=payload, timestamp=self.heard * PACKET_SAMPLES))


class RecordedPrompt(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.recordings = self.directory / "recordings"
        self.prompts = self.directory / "prompts"
        self.recordings.mkdir()
        self.prompts.mkdir()
        self.said = tune(SECONDS)
        write_wav(str(self.prompts / "tune.wav"), self.said)

    def record(self, *options):
        """The caller hears the prompt and says it again; what it says is recorded and relayed to the callee."""
        with (
            RtpproxyProcess("-l", "127.0.0.1", "--prompt-dir", self.prompts, "-r", self.recordings, *options) as proxy,
            Parrot() as caller,
            Party() as callee,
        ):
            callee.relay = parse_address(proxy.command(f"Uc0,101 CID 127.0.0.1 {caller.port} F;1"))
            caller.relay = parse_address(proxy.command(f"Lc0,101 CID 127.0.0.1 {callee.port} F;1 T;1"))
            self.assertEqual(proxy.command("R CID F T"), "0")
            self.assertEqual(proxy.command("P CID tune session F;1 T;1"), "0")
            caller.thread.start()
            relayed = [callee.receive() for _ in range(PACKETS)]
            self.assertEqual(proxy.command("D CID F T"), "0")
            caller.thread.join(WAIT_S)
            wait_until(lambda: list(self.recordings.glob("*.json")), WAIT_S, "the end of the recording")
        return relayed

    def recording(self, pattern):
        (found,) = self.recordings.glob(pattern)
        return found

    def test_is_what_was_relayed(self):
        relayed = self.record()
        recorded = [payload for *_, payload in read_adhoc(self.recording("*.o.rtp"))]
        self.assertEqual(recorded, relayed)

    def test_sounds_like_the_prompt(self):
        self.record("--record-format", "wav")
        rate, caller, callee = read_wav(self.recording("*.wav"))
        self.assertEqual(rate, 8000)
        self.assertGreater(correlation(spoken(caller), self.said), 0.98)
        self.assertEqual(set(callee), {0})
        self.assertIn("CID", str(details(self.recording("*.json"))))

    @unittest.skipUnless("EXTRACTAUDIO_BINARY" in os.environ, "needs extractaudio")
    def test_is_extracted_from_packets(self):
        for options, pattern in (((), "*.o.rtp"), (("-P",), "*.o.rtp")):
            self.record(*options)
            extracted = self.directory / "extracted.raw"
            line = [os.environ["EXTRACTAUDIO_BINARY"], "-F", "raw", "-D", "pcm_16", "-B", self.recording(pattern), extracted]
            subprocess.run(line, check=True, capture_output=True, timeout=60)
            octets = extracted.read_bytes()
            samples = struct.unpack(f"={len(octets) // 2}h", octets)
            self.assertGreater(correlation(list(samples), self.said), 0.98)
            for each in self.recordings.iterdir():
                each.unlink()


if __name__ == "__main__":
    unittest.main()
