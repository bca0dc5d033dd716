"""A record of every finished session, as CSV and as JSON."""

import csv
import fcntl
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from media_party import Party, establish, rtcp, rtp
from rtpproxy_process import RtpproxyProcess, environment, program, wait_until

PATIENCE_S = 60
COLUMNS = 54
CLOCKS_DIFFER_S = 2


class AccountingTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.csv = self.directory / "cdr.csv"
        self.json = self.directory / "cdr.json"

    def start(self, *options, **more):
        return RtpproxyProcess("-l", "127.0.0.1", f"--cdr=csv:{self.csv}", f"--cdr=json:{self.json}", *options, **more)

    def rows(self, file=None):
        """What is in the CSV file, by column. Every line has to be whole."""
        file = file or self.csv
        if not file.exists():
            return []
        text = file.read_text(encoding="utf-8")
        self.assertTrue(text == "" or text.endswith("\n"), "a torn line")
        rows = list(csv.DictReader(text.splitlines(), strict=True))
        for row in rows:
            self.assertEqual(len(row), COLUMNS, row)
            self.assertNotIn(None, row, "too many columns")
            self.assertNotIn(None, row.values(), "too few columns")
        return rows

    def objects(self, file=None):
        file = file or self.json
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    def counts(self):
        """Rows and objects; None while a line is being written, or taken back from a full disk."""
        try:
            return len(self.rows()), len(self.objects())
        except (AssertionError, json.JSONDecodeError):
            return None

    def wait_for_counts(self, are_right, what):
        """Until counts() `are_right`."""
        wait_until(lambda: (counts := self.counts()) is not None and are_right(*counts), PATIENCE_S, what)

    def wait_for(self, count):
        """The records, once there are that many, as pairs of a row and an object by call-id and tag."""
        self.wait_for_counts(lambda rows, objects: min(rows, objects) >= count, f"{count} records")
        rows, objects = self.rows(), self.objects()
        self.assertEqual((len(rows), len(objects)), (count, count))
        by_name = {(o["call_id"], o["from_tag"]): o for o in objects}
        return {(r["call_id"], r["from_tag"]): (r, by_name[r["call_id"], r["from_tag"]]) for r in rows}

    def record(self, call, tag="f", of=1):
        return self.wait_for(of)[call, tag]


class Call(AccountingTest):
    """One call, and what its record says."""

    def test_counts_what_each_party_sent(self):
        before = time.time()
        with self.start() as proxy, Party() as caller, Party() as callee:
            establish(proxy.command, "call", caller, callee, tags=("f;1", "t;1"))
            numbers = [*range(1, 41), 40, 45, 46]  # 40 twice, 41 to 44 lost
            for number in numbers:
                caller.send(rtp(number, ssrc=0xCAFE, payload_type=8))
                time.sleep(0.005)
                if number == 1:
                    callee.receive()  # so the program has seen the first before the last ones are sent
            caller.send(b"\x8fis no RTP, but looks like it")
            for number in range(3):
                callee.send(rtp(number, ssrc=0xBEEF))
            caller.send_rtcp(rtcp())
            for _ in range(len(numbers)):
                callee.receive()
            for _ in range(3):
                caller.receive()
            callee.receive_rtcp()
            self.assertEqual(proxy.command("D call f;1 t;1"), "0")
            row, found = self.record("call", "f;1")
            pid = proxy.pid
        self.assertEqual(row["rec_ver"], "1.2")
        self.assertEqual(row["rtpp_node_id"], socket.gethostname())
        self.assertEqual((int(row["rtpp_pid"]), row["sess_uid"]), (pid, "1"))
        expected = {
            "rtp_npkts_ina": 44, "rtp_npkts_ino": 3, "rtp_nrelayed": 47, "rtp_ndropped": 0,
            "rtcp_npkts_ina": 1, "rtcp_npkts_ino": 0, "rtcp_nrelayed": 1, "rtcp_ndropped": 0,
            "rtpa_nsent_ina": 46, "rtpa_nrcvd_ina": 42, "rtpa_ndups_ina": 1, "rtpa_nlost_ina": 4, "rtpa_perrs_ina": 1,
            "rtpa_ssrc_cnt_ina": 1, "rtpa_pt_last_ina": 8, "rtpa_pt_last_ino": 0, "rtpa_nsent_ino": 3,
            "rtpp_rtp_rmt_pt_a": caller.port, "rtpp_rtp_rmt_pt_o": callee.port,
            "rtpp_rtcp_rmt_pt_a": caller.port + 1, "rtpp_rtcp_rmt_pt_o": callee.port + 1,
            "rtpp_hld_cnt_a": 0, "rtpp_hld_cnt_o": 0,
        }  # fmt: skip
        self.assertEqual({name: int(row[name]) for name in expected}, expected)
        self.assertEqual((row["rtpa_ssrc_last_ina"], row["rtpa_ssrc_last_ino"]), ("0x0000CAFE", "0x0000BEEF"))
        self.assertEqual((row["rtpp_rtp_rmt_ip_a"], row["rtpp_rtcp_rmt_ip_o"]), ("127.0.0.1", "127.0.0.1"))
        times = [float(row[f"{name}_ts{side}"]) for name, side in (("setup", ""), ("first_rtp", "_ina"), ("last_rtp", "_ina"), ("teardown", ""))]  # fmt: skip
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], before - CLOCKS_DIFFER_S)
        self.assertLess(times[-1], time.time() + CLOCKS_DIFFER_S)
        self.assertGreaterEqual(times[2] - times[1], 0.2)
        self.assertGreater(float(row["rtpa_jitter_max_ina"]), 0)

        self.assertEqual((found["reason"], found["complete"], found["to_tag"], found["media"]), ("deleted", True, "t;1", "1"))
        stream = found["caller"]["stream"]
        self.assertEqual((stream["packets_lost"], stream["codec"], stream["clock_rate_hz"]), (4, "PCMA", 8000))
        self.assertAlmostEqual(stream["loss_ratio"], 4 / 46, 5)
        jitter_ms = float(row["rtpa_jitter_avg_ina"]) / 8
        self.assertAlmostEqual(stream["jitter_mean_ms"], jitter_ms, 2)
        quality = found["caller"]["quality"]
        self.assertGreater(quality["mos"], 2)
        self.assertLess(quality["mos"], found["callee"]["quality"]["mos"])
        self.assertAlmostEqual(quality["packet_loss_percent"], 100 * 4 / 46, 2)
        self.assertEqual(found["callee"]["rtp"]["packets_received"], 3)

    def test_of_one_party_only(self):
        with self.start() as proxy, Party() as caller, Party() as callee:
            establish(proxy.command, "call", caller, callee, tags=("f", "t"))
            caller.send(rtp(1, payload_type=96))
            callee.receive()
            proxy.command("D call f t")
            row, found = self.record("call")
        self.assertEqual((row["rtp_npkts_ina"], row["rtp_npkts_ino"]), ("1", "0"))
        self.assertEqual((row["first_rtp_ts_ino"], row["last_rtp_ts_ino"]), ("0.000000", "0.000000"))
        self.assertEqual((row["rtpa_ssrc_last_ino"], row["rtpa_ssrc_cnt_ino"], row["rtpa_pt_last_ino"]), ("", "0", "-1"))
        self.assertEqual(found["caller"]["stream"]["payload_type"], 96)
        self.assertIsNone(found["caller"]["stream"]["jitter_mean_ms"])
        self.assertIsNone(found["caller"]["quality"])
        self.assertIsNone(found["callee"]["rtp"]["first_packet"])

    def test_that_was_never_answered(self):
        with self.start() as proxy:
            proxy.command("U call 192.0.2.7 4000 f")
            proxy.command("D call f")
            row, found = self.record("call")
        self.assertEqual((row["rtpp_rtp_rmt_ip_o"], row["rtpp_rtp_rmt_pt_o"]), ("", ""))
        self.assertEqual((row["rtpp_rtp_rmt_ip_a"], row["rtpp_rtcp_rmt_pt_a"]), ("192.0.2.7", "4001"))
        self.assertFalse(found["complete"])
        self.assertIsNone(found["callee"]["rtp"]["remote"])
        self.assertIsNone(found["to_tag"])

    def test_that_was_held(self):
        with self.start() as proxy, Party() as caller, Party() as callee:
            establish(proxy.command, "call", caller, callee, tags=("f", "t"))
            for address in ("0.0.0.0", caller.host, "0.0.0.0"):
                proxy.command(f"U call {address} {caller.port} f t")
            proxy.command("D call f t")
            row, found = self.record("call")
        self.assertEqual([row[f"rtpp_hld_{name}"] for name in ("sts_o", "sts_a", "cnt_o", "cnt_a")], ["f", "t", "0", "2"])
        self.assertEqual(row["rtpp_rtp_rmt_pt_a"], str(caller.port))
        self.assertEqual((found["caller"]["on_hold"], found["caller"]["hold_count"]), (True, 2))

    def test_between_two_families(self):
        with self.start("-6", "six@::1") as proxy, Party("::1") as caller, Party() as callee:
            establish(proxy.command, "call", caller, callee, tags=("f", "t"))
            caller.send(rtp(1))
            callee.receive()
            proxy.command("D call f t")
            row, found = self.record("call")
        self.assertEqual((row["rtpp_rtp_rmt_ip_a"], row["rtpp_rtp_rmt_ip_o"]), ("[::1]", "127.0.0.1"))
        self.assertEqual(row["rtpp_rtcp_rmt_ip_a"], "[::1]")
        self.assertEqual(found["caller"]["rtp"]["remote"], f"[::1]:{caller.port}")
        self.assertEqual(found["caller"]["local_address"], "::1")

    def test_with_refused_packets(self):
        with self.start() as proxy, Party() as caller, Party() as callee, Party("127.0.0.99") as stranger:
            establish(proxy.command, "call", caller, callee, tags=("f", "t"))
            caller.send(rtp(1))
            callee.receive()
            stranger.relay = caller.relay
            stranger.send(rtp(7, ssrc=7))
            wait_until(lambda: proxy.counters("npkts_rcvd")["npkts_rcvd"] == 2, PATIENCE_S, "the packet to be read")
            proxy.command("D call f t")
            row, found = self.record("call")
        self.assertEqual((row["rtp_npkts_ina"], row["rtp_ndropped"]), ("1", "0"))
        self.assertEqual(found["caller"]["rtp"]["packets_refused"], 1)
        self.assertEqual(sum(found["drops"].values()), 1)


class Ends(AccountingTest):
    """All ways in which sessions end."""

    def test_timeout_deletion_of_all_and_end_of_the_program(self):
        with self.start() as proxy:
            for number in (1, 2):
                proxy.command(f"U silent 127.0.0.1 4000 f;{number} && S ttl=1")
            self.wait_for(2)
            for number in range(5):
                proxy.command(f"U all-{number} 127.0.0.1 4000 f")
            self.assertEqual(proxy.command("X"), "0")
            self.wait_for(7)
            proxy.command("U last 127.0.0.1 4000 f")
        found = self.wait_for(8)
        reasons = {name: record["reason"] for name, (_, record) in found.items()}
        self.assertEqual(reasons[("silent", "f;1")], "never_answered")
        self.assertEqual(reasons[("silent", "f;2")], "never_answered")
        self.assertEqual({reasons[(f"all-{number}", "f")] for number in range(5)}, {"deleted"})
        self.assertEqual(reasons[("last", "f")], "shut_down")
        self.assertEqual(sorted(int(row["sess_uid"]) for row, _ in found.values()), list(range(1, 9)))

    def test_limit_of_duration_and_notice(self):
        with tempfile.TemporaryDirectory() as place:
            target = f"unix:{place}/notify"
            with self.start("--max-call-duration", "1", "-n", target) as proxy:
                proxy.command(f"U call 127.0.0.1 4000 f {target} my%20tag")
                _, found = self.record("call")
        self.assertEqual(found["reason"], "duration_limit")
        self.assertEqual(found["notice"], {"tag": "my tag", "sent": True})

    def test_draining(self):
        with self.start() as proxy:
            proxy.command("U call 127.0.0.1 4000 f")
            proxy.send_signal(signal.SIGHUP)
            wait_until(lambda: "no new sessions" in proxy.output(), PATIENCE_S, "the drain")
            proxy.command("D call f")
            self.assertEqual(proxy.wait(), 0)
        self.assertEqual(self.record("call")[1]["reason"], "deleted")

    def test_of_many_at_once(self):
        with self.start("--threads", "2", "-T", "600", media_ports=(12000, 19999)) as proxy:
            count = 1000
            for number in range(count):
                proxy.command(f"U call-{number} 127.0.0.1 4000 f")
            proxy.command("X")
            found = self.wait_for(count)
        self.assertEqual(len(found), count)

    def test_a_second_run_goes_on_in_the_same_file(self):
        for _ in range(2):
            with self.start() as proxy:
                proxy.command("U call 127.0.0.1 4000 f")
        self.assertEqual([row["call_id"] for row in self.rows()], ["call", "call"])
        self.assertEqual(len({row["rtpp_pid"] for row in self.rows()}), 2)


class Text(AccountingTest):
    """What strangers choose."""

    def test_cannot_forge_columns_or_lines(self):
        call, tag = b'a,"b\x01\x1b\xff', b"=1,2"
        with self.start() as proxy:
            self.assertRegex(proxy.command(b"U " + call + b" 127.0.0.1 4000 " + tag), r"\A\d+ ")
            wait_until(proxy.active_sessions, PATIENCE_S, "the session")
            proxy.command("X")
            wait_until(lambda: self.rows() and self.objects(), PATIENCE_S, "the record")
        self.assertEqual([(r["call_id"], r["from_tag"]) for r in self.rows()], [('a,"b\\x01\\x1B\\xFF', "=1,2")])
        self.assertEqual([o["call_id"] for o in self.objects()], ['a,"b\x01\x1b\\xFF'])


class Files(AccountingTest):
    def make_calls(self, proxy, prefix, count):
        for number in range(count):
            proxy.command(f"U {prefix}{number} 127.0.0.1 4000 f")
            proxy.command(f"D {prefix}{number} f")

    def test_may_be_moved_while_calls_end(self):
        moves, calls_a_turn = 10, 20
        turns = 0
        moved = threading.Event()

        def make_calls_until_moved():
            nonlocal turns
            while not moved.is_set() and turns < 1000:
                self.make_calls(proxy, f"call-{turns}-", calls_a_turn)
                turns += 1

        with self.start() as proxy:
            caller = threading.Thread(target=make_calls_until_moved)
            caller.start()
            try:
                for move in range(moves):
                    for file in (self.csv, self.json):
                        wait_until(file.exists, PATIENCE_S, f"{file} to be made")
                        file.rename(f"{file}.{move}")
                    time.sleep(0.02)
            finally:
                moved.set()
                caller.join()
        csv_files = [*self.directory.glob("cdr.csv*")]
        json_files = [*self.directory.glob("cdr.json*")]
        self.assertGreaterEqual(len(csv_files), moves)
        calls = turns * calls_a_turn
        names = {f"call-{turn}-{number}" for turn in range(turns) for number in range(calls_a_turn)}
        rows = [row["call_id"] for file in csv_files for row in self.rows(file)]
        self.assertEqual((len(rows), set(rows)), (calls, names))
        objects = [o["call_id"] for file in json_files for o in self.objects(file)]
        self.assertEqual((len(objects), set(objects)), (calls, names))

    def test_are_waited_for_while_somebody_locks_them(self):
        with self.start() as proxy:
            self.make_calls(proxy, "first-", 1)
            self.wait_for(1)
            with open(self.csv, "r+b") as locked:
                fcntl.lockf(locked, fcntl.LOCK_EX)
                self.make_calls(proxy, "second-", 10)
                wait_until(lambda: len(self.objects()) == 11, PATIENCE_S, "the other file")
                self.assertEqual(len(self.rows()), 1)
            self.wait_for(11)

    def test_are_the_operators_only(self):
        with self.start() as proxy:
            self.make_calls(proxy, "call-", 1)
            self.wait_for(1)
        self.assertEqual(self.csv.stat().st_mode & 0o137, 0)

    def test_that_cannot_be_opened_are_a_mistake(self):
        cases = {
            f"csv:{self.directory}/none/cdr.csv": "No such file or directory",
            f"json:{self.directory}": "Is a directory",
            "csv:/dev/null": "is no regular file",
        }
        for target, reason in cases.items():
            line = [program(), "--config", "/dev/null", "-f", "-F", "-s", f"unix:{self.directory}/socket", "--cdr", target]
            ended = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(ended.returncode, 1, ended.stderr)
            self.assertIn(f"--cdr: {target}: {reason}", ended.stderr)

    def test_are_below_the_directory_of_the_start(self):
        control = f"unix:{self.directory}/control"
        pid_file = self.directory / "pid"
        line = [os.path.abspath(program()), "--config", "/dev/null", "-F", "-s", control, "-p", str(pid_file), "--cdr", "json:cdr.json"]
        subprocess.run(line, env=environment(), cwd=self.directory, timeout=20, check=True, stderr=subprocess.DEVNULL)
        pid = int(pid_file.read_text())
        self.addCleanup(self.end, pid)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(control.removeprefix("unix:"))
            connection.sendall(b"U call 127.0.0.1 4000 f")
            self.assertTrue(connection.recv(100))
        self.end(pid)
        self.assertEqual([o["call_id"] for o in self.objects()], ["call"])

    def end(self, pid):
        """Ends the daemon, if it still runs."""
        try:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), PATIENCE_S, "the end of the daemon")
        except ProcessLookupError:
            pass


class Disk(AccountingTest):
    """A file system of 512 KiB of its own, which fills up."""

    def setUp(self):
        super().setUp()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(self.directory)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            self.skipTest("cannot mount a file system")
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(self.directory)], check=True)

    def test_that_is_full_costs_no_calls_and_leaves_whole_lines(self):
        ballast = self.directory / "ballast"
        with self.start() as proxy, Party() as caller, Party() as callee:
            establish(proxy.command, "talk", caller, callee, tags=("f", "t"))
            ballast.write_bytes(bytes(460 * 1024))
            count = 100
            for number in range(count):
                proxy.command(f"U call-{number} 127.0.0.1 4000 f")
                proxy.command(f"D call-{number} f")
            wait_until(lambda: "call records: cannot write" in proxy.output(), PATIENCE_S, "the log to tell")
            self.wait_for_counts(lambda rows, objects: rows + objects < 2 * count, "whole lines, fewer than records")
            caller.send(rtp(1))
            self.assertEqual(callee.receive(), rtp(1))
            ballast.unlink()
            self.wait_for(count)
            wait_until(lambda: "is written again" in proxy.output(), PATIENCE_S, "the log to tell")


if __name__ == "__main__":
    unittest.main()
