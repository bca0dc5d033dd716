"""Measures relays side by side and prints a table of medians and ratios; see docs/PERFORMANCE.md.

Usually run by scripts/bench, which builds what it needs first.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import time

from . import checks, points, servers, services, table

MEASUREMENT_TIMEOUT_S = 600
REPETITIONS = 3
# The kernel lets real-time tasks have 0.95 s of each second (sched_rt_runtime_us).
MOST_REAL_TIME_S = 0.6


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--build", required=True, help="build tree with rtpproxy and bench/")
    parser.add_argument("--quick", action="store_true", help="only the most telling measurements")
    parser.add_argument(
        "--services", action="store_true", help="only what media services cost: calls with and without each"
    )
    parser.add_argument("--smoke", action="store_true", help="check counts, not times, in a few seconds")
    parser.add_argument("--only", default="", metavar="TEXT", help="measurements whose name contains TEXT")
    parser.add_argument("--repeat", type=int, default=REPETITIONS, help="of each measurement, default %(default)s")
    parser.add_argument("--seconds", type=float, default=4, help="of each, default %(default)s")
    parser.add_argument(
        "--relay",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another relay that speaks the rtpproxy protocol; {port} in COMMAND stands for its control port",
    )
    parser.add_argument("--without-rtpengine", action="store_true", help="even if it is installed")
    parser.add_argument(
        "--real-time",
        action="store_true",
        help="run ahead of everything else on the machine; measurements are cut to what the kernel allows at a stretch",
    )
    parser.add_argument("--server-cpu", type=int, help="default: the first one allowed")
    parser.add_argument("--load-cpu", type=int, help="default: the last one allowed")
    parser.add_argument("--json", default="", metavar="FILE", help="all results, not only medians")
    parser.add_argument("--no-namespace", action="store_true", help="use the network as it is")
    chosen = parser.parse_args()
    if not 1 <= chosen.repeat <= 100 or not 0.1 <= chosen.seconds <= 600:
        parser.error("--repeat is 1 to 100, --seconds 0.1 to 600")
    if chosen.real_time:
        chosen.seconds = min(chosen.seconds, MOST_REAL_TIME_S)
    return chosen


def enter_namespace():
    """Starts again in a network namespace with a loopback interface of its own, if that is permitted."""
    probe = ["unshare", "--net", "ip", "link", "set", "lo", "up"]
    if not shutil.which("unshare") or not shutil.which("ip"):
        return
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        return
    command = 'ip link set lo up && exec "$@"'
    again = [sys.executable, "-B", "-m", "compare", *sys.argv[1:], "--no-namespace"]
    os.execvp("unshare", ["unshare", "--net", "sh", "-c", command, "sh", *again])


def relays_for(chosen):
    build = pathlib.Path(chosen.build).resolve()
    relays = [
        servers.ours(str(build / "rtpproxy")),
        servers.null_relay(str(build / "bench" / "null_relay")),
    ]
    rtpengine = shutil.which("rtpengine")
    if rtpengine and not chosen.without_rtpengine and not chosen.smoke:
        relays.append(servers.rtpengine(rtpengine))
    relays += [servers.parse_relay(text) for text in chosen.relay]
    return relays if chosen.smoke else [*relays, *servers.our_variants(str(build / "rtpproxy"))]


def points_for(chosen):
    if chosen.smoke:
        wanted = points.smoke()
    elif chosen.quick:
        wanted = points.quick(chosen.seconds)
    else:
        wanted = points.full(chosen.seconds)
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return [
        point
        for point in wanted
        if chosen.only in point.name and point.sessions * point.needs_descriptors + 100 < descriptors
    ]


def allow_descriptors():
    """As many as the hard limit permits: every session of a relay takes four."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpus_for(chosen):
    """(server, load generator); (None, None) on a single CPU."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None, None
    server = allowed[0] if chosen.server_cpu is None else chosen.server_cpu
    load = allowed[-1] if chosen.load_cpu is None else chosen.load_cpu
    return server, load


def measure(chosen, relay, point, cpus):
    """One result of rtp_load against a fresh server."""
    server_cpu, load_cpu = cpus
    rtp_load = str(pathlib.Path(chosen.build).resolve() / "bench" / "rtp_load")
    with relay.running(server_cpu, chosen.real_time) as process:
        command = [rtp_load, "--protocol", relay.protocol, "--server", f"127.0.0.1:{servers.CONTROL_PORT}"]
        command += ["--pid", str(process.pid), "--json", "-", *point.options]
        if point.sessions:
            command += ["--sessions", str(point.sessions)]
        done = subprocess.run(
            servers.pinned(command, load_cpu, chosen.real_time), capture_output=True, timeout=MEASUREMENT_TIMEOUT_S, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{relay.name}, {point.name}: {done.stderr.decode().strip()}")
        return json.loads(done.stdout)


def measure_all(chosen, relays, wanted, cpus):
    """{(point, relay): [result, ...]}: the relays take turns, so that a disturbance meets all of them."""
    results = {}
    for point in wanted:
        for turn in range(1 if chosen.smoke else chosen.repeat):
            for relay in relays:
                if relay.only_where_named and relay.name not in point.variants:
                    continue
                print(f"{point.name}, {relay.name}, {turn + 1}", file=sys.stderr)
                try:
                    result = measure(chosen, relay, point, cpus)
                except (RuntimeError, OSError, subprocess.TimeoutExpired) as failure:
                    if chosen.smoke:
                        raise
                    print(f"  failed: {failure}", file=sys.stderr)
                    continue
                results.setdefault((point.name, relay.name), []).append(result)
    return results


def machine():
    model = next(
        (
            line.partition(":")[2].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        "unknown",
    )
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "load_average": os.getloadavg(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def write_json(path, results, before):
    listed = [{"point": point, "relay": relay, "results": all_} for (point, relay), all_ in results.items()]
    text = json.dumps({"machine": before, "measurements": listed}, indent=1)
    pathlib.Path(path).write_text(text + "\n", encoding="utf-8")


def main():
    chosen = arguments()
    if chosen.json:
        chosen.json = os.path.abspath(chosen.json)
    if not chosen.no_namespace:
        enter_namespace()
    allow_descriptors()
    if chosen.services:
        print(services.measure_all(chosen, cpus_for(chosen), machine(), measure))
        return 0
    relays, wanted, cpus, before = relays_for(chosen), points_for(chosen), cpus_for(chosen), machine()
    print(f"server on CPU {cpus[0]}, load generator on CPU {cpus[1]}; {before}", file=sys.stderr)
    results = measure_all(chosen, relays, wanted, cpus)
    if chosen.json:
        write_json(chosen.json, results, before)
    print(table.render(wanted, relays, results))
    for warning in checks.warnings(results):
        print(f"note: {warning}")
    if not chosen.smoke:
        return 0
    micro_benchmarks = str(pathlib.Path(chosen.build).resolve() / "bench" / "micro_benchmarks")
    failures = [
        *checks.failures(results, relays[0].name),
        *checks.allocations(micro_benchmarks),
    ]
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
