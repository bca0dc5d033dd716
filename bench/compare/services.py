"""What media services cost: the same calls with and without each of them."""

import pathlib
import statistics
import subprocess
import sys
import tempfile

from . import points, servers

RATE = 50_000
SESSIONS = 500

COPY = ("C {call} udp:{sink_host}:{sink_port} ft tt", "C {call} udp:{sink_host}:{sink_port} tt ft")
HEAR = "U hear-{call} {sink_host} {sink_port} a b && L {sink_host} {sink_port} && C {call} ft tt"
RECORD = ("R {call} ft tt", "R {call} tt ft")
RECORD_IN_ONE = ("Rs {call} ft tt", "Rs {call} tt ft")
CATCH_DTMF = "U {call} - 0 ft tt tcp:127.0.0.1:9 note && M3:1 Dnote 101 && Sr ttl=60"
REFRAME = ("Uz40 {call} - 0 ft tt", "Uz40 {call} - 0 tt ft")
PLAY = ("P-1 {call} {directory}/tone 0 ft tt", "P-1 {call} {directory}/tone 0 tt ft")

# name: (options of the program, commands about each call). `{directory}` is one made for the measurement.
SERVICES = {
    "none": ((), ()),
    "copied to a host, both parties": ((), COPY),
    "heard by another session": ((), (HEAR,)),
    "recorded, ad-hoc format": (("-r", "{directory}"), RECORD),
    "recorded, pcap": (("-r", "{directory}", "-P"), RECORD_IN_ONE),
    "recorded, WAV": (("-r", "{directory}", "--record-format", "wav"), RECORD),
    "DTMF caught": (("-n", "tcp:127.0.0.1:9"), (CATCH_DTMF,)),
    "re-framed from 20 to 40 ms": ((), REFRAME),
    "a prompt played to both parties": ((), PLAY),
}


def program(chosen, options):
    binary = str(pathlib.Path(chosen.build).resolve() / "rtpproxy")
    return servers.Relay("rtpproxy", servers.our_command(binary, 1) + options)


def point(chosen, commands):
    listed = [word for command in commands for word in ("--service", command)]
    options = ("--mode", "paced", "--rate", str(RATE), "--time", str(chosen.seconds), *listed)
    return points.Point("services", options, (), SESSIONS)


def measure_one(chosen, cpus, measure, name):
    """One result of rtp_load; None where the program cannot do it."""
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "tone.0").write_bytes(bytes([0xD5]) * 8000)
        options, commands = ([word.replace("{directory}", directory) for word in part] for part in SERVICES[name])
        try:
            return measure(chosen, program(chosen, tuple(options)), point(chosen, commands), cpus)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as failure:
            print(f"  failed: {failure}", file=sys.stderr)
            return None


def cpu_us_per_packet(result):
    """Of the whole program, by packets that were sent to it: a service may keep them from arriving."""
    return result["server"]["cpu_seconds"] * 1e6 / result["media"]["sent"]


def row(name, results, base):
    if not results:
        return [name, "-", "-", "-", "-"]
    cost = statistics.median(cpu_us_per_packet(result) for result in results)
    delays = [statistics.median(result["media"]["delay"][each] for result in results) for each in ("p50_us", "p99_us")]
    extra = "" if base is None else f"{cost - base:+.2f}"
    heard = any(result["media"]["received"] for result in results)
    return [name, f"{cost:.2f}", extra, *(f"{delay:,.0f}" if heard else "-" for delay in delays)]


def measure_all(chosen, cpus, before, measure):
    """A table in Markdown. The services take turns, so that a disturbance meets all of them."""
    print(f"server on CPU {cpus[0]}, load generator on CPU {cpus[1]}; {before}", file=sys.stderr)
    results = {name: [] for name in SERVICES if chosen.only in name or name == "none"}
    for turn in range(chosen.repeat):
        for name, measured in results.items():
            print(f"{name}, {turn + 1}", file=sys.stderr)
            if result := measure_one(chosen, cpus, measure, name):
                measured.append(result)
    base = statistics.median(map(cpu_us_per_packet, results["none"])) if results["none"] else None
    lines = [[f"{SESSIONS} calls, {RATE // 1000} k packets/s", "CPU us/packet", "more", "delay p50, us", "p99, us"]]
    lines += [["---"] + ["---:"] * 4]
    lines += [row(name, measured, None if name == "none" else base) for name, measured in results.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
