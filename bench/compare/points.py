"""What is measured: one run of rtp_load each, and the figures taken from its results."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number of a result: where it is found, and whether more of it is better."""

    title: str
    path: tuple[str, ...]
    more_is_better: bool = False

    def of(self, result):
        """None where the result has no such number."""
        for name in self.path:
            if not isinstance(result, dict) or name not in result:
                return None
            result = result[name]
        return result


@dataclasses.dataclass(frozen=True)
class Point:
    """A measurement: the options of rtp_load and the figures to report."""

    name: str
    options: tuple[str, ...]
    figures: tuple[Figure, ...]
    sessions: int = 0
    needs_descriptors: int = 4
    variants: tuple[str, ...] = ()  # relays measured here that are left out elsewhere


def server(figure):
    return ("server", figure)


EVENT_DRIVEN = "event-driven"
TWO_SHARDS = "two shards"


def paced(rate, sessions, seconds, variants=(EVENT_DRIVEN,)):
    """Media at a fixed rate: what a packet costs and how long it takes."""
    prefix = f"{rate // 1000} k packets/s, {sessions} sessions"
    return Point(
        f"paced-{rate}-{sessions}",
        ("--mode", "paced", "--rate", str(rate), "--time", str(seconds)),
        (
            Figure(f"{prefix}: CPU us/packet", server("cpu_seconds_per_million_packets")),
            Figure(f"{prefix}: delay p50, us", ("media", "delay", "p50_us")),
            Figure(f"{prefix}: delay p99, us", ("media", "delay", "p99_us")),
            Figure(f"{prefix}: loss, %", ("media", "loss_percent")),
            Figure(f"{prefix}: context switches/packet", server("context_switches_per_packet")),
            Figure(f"{prefix}: RSS/session, bytes", ("resident_bytes_per_session",)),
        ),
        sessions,
        variants=variants,
    )


def highest_rate(sessions, seconds):
    return Point(
        f"search-{sessions}",
        ("--mode", "search", "--time", str(seconds)),
        (Figure(f"highest rate, {sessions} sessions, packets/s", ("search", "highest_rate"), True),),
        sessions,
    )


def saturated(sessions, seconds):
    """As many packets as the relay takes, a bounded number under way: the steadiest measure of capacity."""
    prefix = f"saturated, {sessions} sessions"
    return Point(
        f"saturated-{sessions}",
        ("--mode", "closed", "--in-flight", "256", "--time", str(seconds)),
        (
            Figure(f"{prefix}: packets/s", ("media", "delivered_per_second"), True),
            Figure(f"{prefix}: CPU us/packet", server("cpu_seconds_per_million_packets")),
        ),
        sessions,
    )


def cycles(outstanding, seconds):
    prefix = f"{outstanding} outstanding"
    return Point(
        f"cycles-{outstanding}",
        ("--mode", "cycles", "--outstanding", str(outstanding), "--time", str(seconds)),
        (
            Figure(f"U+L+D cycles/s, {prefix}", ("control", "cycles_per_second"), True),
            Figure(f"U latency p99, us, {prefix}", ("control", "offer", "p99_us")),
            Figure(f"commands lost, {prefix}", ("control", "lost")),
        ),
    )


def burst(commands):
    prefix = f"burst of {commands} commands"
    return Point(
        f"burst-{commands}",
        ("--mode", "burst", "--outstanding", str(commands)),
        (
            Figure(f"{prefix}: lost", ("control", "lost")),
            Figure(f"{prefix}: executed twice", ("control", "executed_twice")),
        ),
    )


def overload(rate, sessions, seconds):
    """More packets than any of the relays can carry, with commands beside them."""
    prefix = f"offered {rate // 1000} k packets/s"
    return Point(
        f"overload-{rate}",
        ("--mode", "paced", "--rate", str(rate), "--time", str(seconds), "--probe-interval", "20"),
        (
            Figure(f"{prefix}: delivered/s", ("media", "delivered_per_second"), True),
            Figure(f"{prefix}: V latency p99, us", ("control", "ping", "p99_us")),
        ),
        sessions,
    )


def busy_control(rate, sessions, seconds):
    """Commands beside media."""
    prefix = f"at {rate // 1000} k packets/s"
    return Point(
        f"busy-control-{rate}",
        ("--mode", "paced", "--rate", str(rate), "--time", str(seconds), "--probe-interval", "5"),
        (
            Figure(f"{prefix}: U, L, D latency p99, us", ("control", "set_up", "p99_us")),
            Figure(f"{prefix}: V latency p99, us", ("control", "ping", "p99_us")),
        ),
        sessions,
    )


def system_calls(rate, sessions, seconds):
    """Counted with a tracepoint, hence apart from the times."""
    return Point(
        f"system-calls-{rate}",
        ("--mode", "paced", "--rate", str(rate), "--time", str(seconds), "--count-system-calls"),
        (Figure(f"{rate // 1000} k packets/s: system calls/packet", server("system_calls_per_packet")),),
        sessions,
    )


def full(seconds):
    return [
        highest_rate(1000, seconds),
        saturated(1000, seconds),
        paced(50_000, 500, seconds, (EVENT_DRIVEN, TWO_SHARDS)),
        paced(100_000, 1000, seconds),
        paced(50_000, 100, seconds),
        paced(50_000, 4900, seconds),
        overload(500_000, 1000, seconds),
        busy_control(100_000, 1000, seconds),
        system_calls(100_000, 1000, seconds),
        cycles(1, seconds),
        cycles(16, seconds),
        cycles(64, seconds),
        cycles(1000, seconds),
        burst(1000),
    ]


def quick(seconds):
    """The figures that matter most."""
    return [
        highest_rate(1000, seconds),
        saturated(1000, seconds),
        paced(50_000, 500, seconds),
        cycles(16, seconds),
        burst(1000),
    ]


def smoke():
    """Seconds on any machine; nothing in it depends on speed."""
    return [
        paced(2_000, 20, 1, ()),
        system_calls(2_000, 20, 1),
        cycles(16, 1),
        burst(1000),
    ]
