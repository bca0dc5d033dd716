"""What must hold on any machine, and what spoils a measurement."""

import json
import subprocess

# At a low rate every packet finds the server asleep: receive, send, and two or three waits, and its timers run too.
MOST_SYSTEM_CALLS_PER_PACKET = 6
# The micro benchmarks of what must not allocate: the parts of the packet path, and reading a command.
ALLOCATION_FREE = "relay_decision|read_header|analyse_stream|parse/|split_cookie"


def failures(results, name):
    """Counts of the relay `name` that are wrong, whatever the speed."""
    for (point, relay), measured in results.items():
        if relay != name:
            continue
        for result in measured:
            yield from (f"{point}: {problem}" for problem in problems(result))


def allocations(micro_benchmarks):
    """The micro benchmarks that allocate though they must not."""
    command = [micro_benchmarks, f"--benchmark_filter={ALLOCATION_FREE}", "--benchmark_min_time=0.01"]
    done = subprocess.run([*command, "--benchmark_format=json"], capture_output=True, check=True, timeout=60)
    measured = json.loads(done.stdout)["benchmarks"]
    if not measured:
        yield "no micro benchmark of what must not allocate"
    for each in measured:
        # Counted over all iterations: what the library itself allocates once rounds to nothing.
        if round(each["allocations"], 2) != 0:
            yield f"{each['name']}: {each['allocations']} allocations each time"


def problems(result):
    media = result.get("media", {})
    control = result.get("control", {})
    server = result.get("server", {})
    for count in ("altered", "misdelivered", "wrong_source", "duplicates", "late"):
        if media.get(count, 0):
            yield f"{media[count]} packets {count}"
    for count in ("lost", "refused", "executed_twice"):
        if control.get(count, 0):
            yield f"{control[count]} commands {count}"
    calls = server.get("system_calls_per_packet", 0)
    if calls > MOST_SYSTEM_CALLS_PER_PACKET:
        yield f"{calls} system calls a packet, more than {MOST_SYSTEM_CALLS_PER_PACKET}"


def warnings(results):
    """Measurements that say less than they seem to."""
    for (point, relay), measured in results.items():
        limited = sum(is_limited_by_generator(result) for result in measured)
        if limited:
            yield f"{point}, {relay}: the generator was the limit in {limited} of {len(measured)} runs"
        wrong = sum(not result["media"]["correct"] for result in measured if "media" in result)
        if wrong:
            yield f"{point}, {relay}: packets were altered, misdelivered or doubled in {wrong} runs"


def is_limited_by_generator(result):
    search = result.get("search", {})
    generator = result.get("media", {}).get("generator", {})
    return search.get("generator_is_the_limit", False) or generator.get("is_the_limit", False)
