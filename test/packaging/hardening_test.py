"""Looks for the traces of cmake/hardening.cmake in the release build: hardening_test.py PROGRAM. Needs readelf (binutils);
without it or the program it exits with 77, skipped."""

import os
import re
import shutil
import subprocess
import sys
import unittest

SKIPPED = 77
PROGRAM = sys.argv.pop() if len(sys.argv) > 1 else ""

ENDBR64 = b"\xf3\x0f\x1e\xfa"  # where an indirect jump may land, Intel CET
BTI_C = b"\x5f\x24\x03\xd5"  # the same, Arm


def readelf(*options):
    return subprocess.run(["readelf", "--wide", *options, PROGRAM], capture_output=True, text=True, check=True).stdout


def dynamic_functions():
    """What the program takes from libraries, without versions."""
    return set(re.findall(r"\bUND (\w+)", readelf("--dyn-syms")))


def segments():
    """Pairs of a segment's type and its flags, such as ("LOAD", "RE")."""
    lines = re.findall(r"^  (\w+) +(?:0x[0-9a-f]+ +){5}([RWE ]{3})", readelf("--program-headers"), re.MULTILINE)
    return [(kind, flags.replace(" ", "")) for kind, flags in lines]


class Hardening(unittest.TestCase):
    def test_position_independent(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN")
        self.assertRegex(readelf("--dynamic"), r"\(FLAGS_1\).*\bPIE\b")

    def test_address_tables_are_read_only(self):
        self.assertIn("GNU_RELRO", {kind for kind, _ in segments()})
        self.assertRegex(readelf("--dynamic"), r"\(FLAGS_1\).*\bNOW\b")

    def test_nothing_is_writable_and_executable(self):
        self.assertIn(("GNU_STACK", "RW"), segments())
        for kind, flags in segments():
            self.assertFalse("W" in flags and "E" in flags, (kind, flags))
        self.assertNotIn("(TEXTREL)", readelf("--dynamic"))

    def test_libraries_come_from_the_system(self):
        self.assertNotRegex(readelf("--dynamic"), r"\((RPATH|RUNPATH)\)")

    def test_stack_is_protected(self):
        self.assertTrue("__stack_chk_fail" in dynamic_functions())

    def test_sizes_are_checked(self):
        checked = {name for name in dynamic_functions() if re.fullmatch(r"__\w+_chk", name)}
        self.assertTrue(checked)

    def test_jumps_have_marked_targets(self):
        machine = os.uname().machine
        mark = {"x86_64": ENDBR64, "aarch64": BTI_C}.get(machine)
        if mark is None:
            self.skipTest(f"{machine} has no such marks")
        with open(PROGRAM, "rb") as program:
            self.assertGreater(program.read().count(mark), 1000)


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"SKIPPED: there is no {PROGRAM}; build the preset release first")
        sys.exit(SKIPPED)
    if not shutil.which("readelf"):
        print("SKIPPED: needs readelf")
        sys.exit(SKIPPED)
    unittest.main()
