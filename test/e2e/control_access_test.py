"""Who may command the program, and what one peer can do to another: allow-lists, limits, floods over each transport."""

import os
import pathlib
import socket
import tempfile
import threading
import unittest

from rtpproxy_process import ControlClient, RtpproxyProcess, free_control_socket, wait_until

ASKED = 20
ASK_AGAIN_S = 1  # a flood fills buffers, so commands are lost
PATIENCE_S = 30
MOST_COMMANDS = 200_000


class Flood:
    """Calls `send` from a thread, a bounded number of times, while the block runs."""

    def __init__(self, send):
        self.send = send
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        for number in range(MOST_COMMANDS):
            if self.done.is_set():
                return
            try:
                self.send(number)
            except OSError:  # the program may hang up on a flooder
                continue

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def udp_from(local, spec):
    host, port = spec.removeprefix("udp:").rsplit(":", 1)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((local, 0))
    sender.connect((host, int(port)))
    return sender


def tcp_from(local, spec):
    host, port = spec.removeprefix("tcp:").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S, source_address=(local, 0))


def answers(spec):
    """Whether the program answers at the first attempt."""
    client = ControlClient(spec)
    try:
        return client.command("V") == "20040107"
    except OSError:  # hung up on, or too many wait to be accepted
        return False
    finally:
        client.close()


class Access(unittest.TestCase):
    def test_only_listed_networks_are_served(self):
        udp = free_control_socket()
        tcp = udp.replace("udp:", "tcp:")
        options = ["--control-allow", "127.0.0.1,127.0.9.0/24"]
        with RtpproxyProcess(*options, control_sockets=[udp, tcp]) as proxy:
            with udp_from("127.0.9.77", udp) as friendly:
                friendly.settimeout(PATIENCE_S)
                friendly.send(b"c V")
                self.assertEqual(friendly.recv(100), b"c 20040107\n")
            with udp_from("127.0.8.1", udp) as stranger:
                for _ in range(10):
                    stranger.send(b"s X")
                self.assertEqual(proxy.command("V"), "20040107")  # read after those
                stranger.setblocking(False)
                self.assertRaises(BlockingIOError, stranger.recv, 100)
            with tcp_from("127.0.8.1", tcp) as stranger:
                self.assertEqual(stranger.recv(100), b"")
            with tcp_from("127.0.9.1", tcp) as friendly:
                friendly.sendall(b"V\n")
                self.assertEqual(friendly.recv(100), b"20040107\n")
            proxy.stop()
            log = proxy.output()
            self.assertEqual(log.count("datagrams refused (control_allow): 1 so far, this one: 127.0.8.1"), 1)
            self.assertIn("since the start: datagrams refused (control_allow): 10", log)
            self.assertIn("since the start: connections refused (control_allow, control_allow_uid): 1", log)

    def test_sockets_open_to_others_are_warned_about(self):
        everywhere = free_control_socket().replace("127.0.0.1", "*")
        warning = "takes commands from everybody who can reach it"
        local = free_control_socket()
        with RtpproxyProcess(control_sockets=[local, everywhere]) as proxy:
            wait_until(lambda: f"{everywhere}: {warning}" in proxy.output(), PATIENCE_S, "the warning")
            self.assertEqual(proxy.output().count(warning), 1)
        with RtpproxyProcess("--control-allow=127.0.0.1", control_sockets=[local, everywhere]) as proxy:
            wait_until(lambda: "rtpproxy started" in proxy.output(), PATIENCE_S, "the log")
            self.assertNotIn(warning, proxy.output())

    def test_only_listed_users_are_served(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"cunix:{pathlib.Path(directory) / 'control.sock'}"
            local = free_control_socket()
            with RtpproxyProcess("--control-allow-uid", os.getuid(), control_sockets=[local, path]) as proxy:
                self.assertEqual(proxy.command("V", path), "20040107")
            with RtpproxyProcess("--control-allow-uid", os.getuid() + 1, control_sockets=[local, path]) as proxy:
                self.assertRaises(OSError, proxy.command, "V", path)
                self.assertEqual(proxy.command("V"), "20040107")


class Limits(unittest.TestCase):
    def test_sessions_beyond_the_limit_are_refused(self):
        with RtpproxyProcess("--max-sessions=3", "--threads=3") as proxy:
            wait_until(lambda: "capacity: 3 sessions" in proxy.output(), PATIENCE_S, "the capacity")
            replies = [proxy.command(f"U call{i} 127.0.0.1 4000 f") for i in range(20)]
            self.assertEqual(replies.count("E98"), 17)
            self.assertEqual(proxy.active_sessions(), 3)
            self.assertEqual(proxy.command("D call0 f"), "0")
            self.assertNotEqual(proxy.command("U another 127.0.0.1 4000 f"), "E98")
            self.assertEqual(proxy.command("U one-more 127.0.0.1 4000 f"), "E98")
            proxy.stop()
            self.assertIn("sessions refused since the start (max_sessions): 18", proxy.output())

    def test_connections_beyond_the_limit_are_closed(self):
        udp = free_control_socket()
        tcp = udp.replace("udp:", "tcp:")
        with RtpproxyProcess("--max-control-connections=2", control_sockets=[udp, tcp]) as proxy:
            with tcp_from("127.0.0.1", tcp), tcp_from("127.0.0.1", tcp), tcp_from("127.0.0.1", tcp) as third:
                self.assertEqual(third.recv(100), b"")
            wait_until(lambda: answers(tcp), PATIENCE_S, "a connection to be free")
            self.assertEqual(proxy.command("V"), "20040107")


    def test_idle_connections_are_closed(self):
        udp = free_control_socket()
        tcp = udp.replace("udp:", "tcp:")
        with RtpproxyProcess("--control-idle=1", control_sockets=[udp, tcp]) as proxy:
            with tcp_from("127.0.0.1", tcp) as silent:
                self.assertEqual(silent.recv(100), b"")
            proxy.stop()
            self.assertIn("connections closed (control_idle): 1", proxy.output())


class Floods(unittest.TestCase):
    """The other peer gets every answer; how fast is measured elsewhere."""

    def ask(self, proxy, spec):
        proxy.client(spec).retransmit_after_s = ASK_AGAIN_S
        for _ in range(ASKED):
            self.assertEqual(proxy.command("V", spec, timeout_s=2 * PATIENCE_S), "20040107")

    def test_udp(self):
        spec = free_control_socket()
        with RtpproxyProcess(control_sockets=[spec]) as proxy, udp_from("127.0.0.2", spec) as sender:
            with Flood(lambda number: sender.send(b"%d U call%d 127.0.0.1 4000 f" % (number, number % 50))):
                self.ask(proxy, spec)

    def test_rate(self):
        spec = free_control_socket()
        with RtpproxyProcess("--control-rate=100", control_sockets=[spec]) as proxy:
            with udp_from("127.0.0.2", spec) as sender:
                for number in range(1000):
                    sender.send(b"%d V" % number)
                self.ask(proxy, spec)
            proxy.stop()
            self.assertIn("since the start: commands dropped (control_rate): ", proxy.output())

    def test_tcp(self):
        udp = free_control_socket()
        tcp = udp.replace("udp:", "tcp:")
        with RtpproxyProcess("--max-control-connections=64", control_sockets=[udp, tcp]) as proxy:
            held = []

            def send(_):
                held.append(tcp_from("127.0.0.2", tcp))
                held[-1].sendall(b"V\n" * 100)
                if len(held) > 80:
                    held.pop(0).close()

            self.assertEqual(proxy.command("V", tcp), "20040107")
            with Flood(send):
                self.ask(proxy, tcp)
                self.ask(proxy, udp)
            for connection in held:
                connection.close()

    def test_unix(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "control.sock"
            spec = f"unix:{path}"

            def send(_):
                with socket.socket(socket.AF_UNIX) as one:
                    one.connect(str(path))
                    one.sendall(b"V")

            with RtpproxyProcess(control_sockets=[free_control_socket(), spec]) as proxy, Flood(send):
                for _ in range(ASKED):
                    wait_until(lambda: answers(spec), PATIENCE_S, "an answer")
                self.ask(proxy, proxy.control_sockets[0])


if __name__ == "__main__":
    unittest.main()
