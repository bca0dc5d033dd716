"""Drives the real program with random calls and faults for a while and checks that everything comes back afterwards.

Called by scripts/soak. Exit status: 0 passed, 1 failed, 77 not possible on this host.
"""

import argparse
import contextlib
import random
import resource
import sys
import time

import faults
from aftermath import CHECKS
from controller import Violation
from log_file import drops_by_reason
from memory import LEAST_WATCHED_S, MOST_KB_PER_MINUTE
from network import why_unavailable
from stage import Stage

SKIPPED = 77
TELL_EVERY_S = 60
ROUND_S = 8  # a fault every so often, with calls before and during it


class Soak:
    def __init__(self, stage, minutes):
        self.stage = stage
        self.seconds = minutes * 60
        self.faults = [kind(stage) for kind in faults.ALL]
        self.findings = []  # (what, figures)
        self.failures = []
        self.icmp_errors = 0
        self.next_told_s = TELL_EVERY_S

    def run(self):
        started = time.monotonic()
        try:
            self._go_wrong_until(started + self.seconds)
            self._check_coverage()
            self.churned_s = time.monotonic() - started
            self._end_calls()
            self._look_at_what_is_left()
        except (Violation, TimeoutError, AssertionError) as failure:
            self.churned_s = time.monotonic() - started
            self.failures.append(f"{type(failure).__name__}: {failure}")
        self._stop()
        self._judge_memory()

    def _go_wrong_until(self, end):
        """Each fault in turn, in a new order each time; at least once, however short the run."""
        every = [fault for fault in self.faults if not fault.unavailable]
        pace = min(1, self.seconds / len(every) / ROUND_S)
        while True:
            self.stage.chance.shuffle(every)
            for fault in every:
                self.stage.churn_for(ROUND_S * 0.7 * pace)
                with fault.entered():
                    self.stage.churn_for(ROUND_S * 0.3 * pace)
                self._check_recovery(fault)
                self._tell_progress()
                if time.monotonic() > end and all(each.runs for each in every):
                    return

    def _tell_progress(self):
        """A line a minute."""
        elapsed, size = self.stage.memory.samples[-1]
        if elapsed >= self.next_told_s:
            self.next_told_s += TELL_EVERY_S
            churn = self.stage.churn
            print(f"{elapsed:5.0f} s: {churn.made} sessions, {churn.heard} packets heard, memory {size} kB", flush=True)

    def _check_recovery(self, fault):
        try:
            if (reply := self.stage.controller.command("V")) != "20040107":
                raise Violation(f"V was answered {reply!r}")
            self.stage.canary.check()
        except Violation as violation:
            raise Violation(f"after {fault.name}: {violation}") from None

    def _check_coverage(self):
        """A fault that nobody notices proves nothing."""
        self.failures += [
            f"{fault.name} had no effect that could be seen"
            for fault in self.faults
            if not fault.unavailable and not fault.effect
        ]

    def _end_calls(self):
        self.stage.churn.end_all()
        self.stage.canary.hang_up()
        self.stage.controller.forget()
        self.icmp_errors = self.stage.icmp_errors()
        self.end_of_load_s = self.stage.memory.samples[-1][0]

    def _look_at_what_is_left(self):
        for name, check in CHECKS.items():
            self.stage.look_around()
            try:
                self.findings.append((name, check(self.stage)))
            except (Violation, TimeoutError) as failure:
                self.failures.append(f"{name}: {failure}")
            if name == "descriptors":
                self.end_kb = self.stage.memory.sample()

    def _stop(self):
        self.commands = self._ask_for_commands()
        try:
            self.stage.proxy.stop()
        except AssertionError as failure:
            self.failures.append(str(failure)[-6000:])
        self.stage.log.study(self.stage.proxy.output())
        if self.stage.pid_file.exists():
            self.failures.append("the pid file is still there")
        self.drops = drops_by_reason(self.stage.proxy.output())

    def _ask_for_commands(self):
        with contextlib.suppress(Exception):
            return self.stage.proxy.counters("ncmds_rcvd", "ncmds_rcvd_ndups", "ncmds_errs", "npkts_relayed")
        return {}

    # --- memory

    def _judge_memory(self):
        if not hasattr(self, "end_kb"):
            return
        growth = self.stage.memory.growth(self.end_of_load_s)
        most = max(size for _, size in self.stage.memory.samples)
        figures = f"{self.stage.start_kb} kB at the start, {growth.level_kb} late, {most} at most, {self.end_kb} at the end"
        self.findings.append(("memory", figures))
        told = f"{growth.kb_per_minute:+.1f} kB/min over the last {growth.seconds:.0f} s, {growth.least_kb_per_minute:+.1f} at least"
        self.findings.append(("growth", f"{told}; {self._why_judged(growth)}"))
        if self.stage.sanitized:
            return
        if growth.is_leak:
            self.failures.append(f"memory keeps growing, by {growth.kb_per_minute:.1f} kB a minute")
        if growth.can_be_told and self.end_kb > growth.level_kb + MOST_KB_PER_MINUTE:
            self.failures.append(f"memory rose when the calls ended: from {growth.level_kb} to {self.end_kb} kB")

    def _why_judged(self, growth):
        if self.stage.sanitized:
            return "not judged: a sanitizer keeps freed memory"
        if not growth.can_be_told:
            return f"not judged: less than {LEAST_WATCHED_S} s to watch"
        return f"the limit is {MOST_KB_PER_MINUTE}"

    # --- telling

    def tell(self, seed):
        stage, churn, controller = self.stage, self.stage.churn, self.stage.controller
        rate = churn.kinds.total() / self.churned_s
        print(f"\nsoak of {self.churned_s:.0f} s, seed {seed}: {churn.kinds.total()} calls, {rate:.0f} a second")
        print("  calls        " + ", ".join(f"{count} {kind}" for kind, count in churn.kinds.most_common()))
        print(
            f"  control      {controller.commands} commands, {controller.repeats} sent again, slowest reply"
            f" {controller.slowest_s * 1000:.0f} ms; {self._name_errors()}"
        )
        print(f"  media        {churn.sent} packets sent, {churn.heard} heard; {self.icmp_errors} ICMP errors returned")
        services = ", ".join(f"{count} {letter}" for letter, count in sorted(churn.services.items()))
        print(f"  services     {services}; {stage.recorded} recordings found and removed")
        print("  not relayed  " + (", ".join(f"{count} {reason}" for reason, count in self.drops.items()) or "nothing"))
        print(f"  canary       relayed {stage.canary.longest_wait_s * 1000:.0f} ms after a fault at the latest")
        print("faults")
        for fault in self.faults:
            print(f"  {fault.name:28} {fault.told}")
        print("afterwards")
        for name, figures in self.findings:
            print(f"  {name:12} {figures}")
        for failure in self.failures:
            print(f"FAILED: {failure}")
        print("passed" if not self.failures else "failed")

    def _name_errors(self):
        counted = ", ".join(f"{count} {name}" for name, count in sorted(self.stage.controller.errors.items()))
        program = ", ".join(f"{name} {count}" for name, count in self.commands.items())
        return f"replies {counted or 'without errors'}; {program}"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="how long calls and faults go on; 10 if not given")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of what is random; timing is not")
    arguments = parser.parse_args()
    if not 0 < arguments.minutes <= 24 * 60:
        parser.error("--minutes must be above 0 and at most 1440")
    return arguments


def main():
    arguments = parse_arguments()
    if reason := why_unavailable():
        print(f"SKIPPED: {reason}")
        return SKIPPED
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"soak of {arguments.minutes:g} minutes, seed {arguments.seed}", flush=True)
    with Stage(random.Random(arguments.seed)) as stage:
        soak = Soak(stage, arguments.minutes)
        soak.run()
        soak.tell(arguments.seed)
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
