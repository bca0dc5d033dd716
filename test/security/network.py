"""A network of its own for a test: hosts in network namespaces, wired to one switch.

The namespaces have no names, only descriptors of this process, so that the kernel removes them, their interfaces and
addresses when the test ends, however it ends.

    with Network({"proxy": ["198.51.100.1"], "caller": ["198.51.100.10", "2001:db8::10"]}) as network:
        opened = network["caller"].udp_socket("198.51.100.10")
"""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
SWITCH = {"4": "198.51.100.254/24", "6": "2001:db8::fe/64"}
# A burst has to fit: what a test misses it must have been sent by nobody.
RECEIVE_BUFFER_OCTETS = 4 << 20

libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def why_unavailable():
    """Why this host cannot run such tests; None if it can."""
    if not shutil.which("ip"):
        return "there is no `ip` program (Debian package iproute2)"
    try:
        with Namespace():
            return None
    except OSError as error:
        return f"cannot make a network namespace ({error}): run as root, or under `unshare --map-root-user --net`"


class Namespace:
    """A network namespace without a name. `entered()` puts the calling thread into it; sockets and programs that are
    made there stay there."""

    def __init__(self):
        with open("/proc/thread-self/ns/net", "rb") as home:
            _check(libc.unshare(CLONE_NEWNET), "unshare")
            self.descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            _check(libc.setns(home.fileno(), CLONE_NEWNET), "setns")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        os.close(self.descriptor)

    @contextlib.contextmanager
    def entered(self):
        with open("/proc/thread-self/ns/net", "rb") as home:
            _check(libc.setns(self.descriptor, CLONE_NEWNET), "setns")
            try:
                yield
            finally:
                _check(libc.setns(home.fileno(), CLONE_NEWNET), "setns")

    @property
    def path(self):
        """By which `ip` finds the namespace while this process lives."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    def configure(self, *lines):
        """Carries out those lines of `ip -batch` in the namespace."""
        with self.entered():
            done = subprocess.run(
                ["ip", "-batch", "-"], input="\n".join(lines), text=True, capture_output=True, timeout=30, check=False
            )
        if done.returncode != 0:
            raise RuntimeError(f"ip failed with {done.returncode}: {done.stderr}\n" + "\n".join(lines))


class Host(Namespace):
    """A host with its addresses, the first of which is `address`."""

    def __init__(self, name, addresses):
        super().__init__()
        self.name = name
        self.addresses = list(addresses)

    @property
    def address(self):
        return self.addresses[0]

    def udp_socket(self, address=None, port=0):
        """A socket that does not block, bound to that address of this host."""
        address = address or self.address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.entered():
            opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        with contextlib.suppress(PermissionError):  # root of a user namespace may not
            opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_OCTETS)
        try:
            opened.bind((address, port))
        except OSError:
            opened.close()
            raise
        return opened


class Network:
    """Hosts by name, given as {name: addresses}. What is sent to an address that no host has ends at the switch,
    which is everybody's default router and forwards nothing."""

    def __init__(self, hosts):
        self._stack = contextlib.ExitStack()
        try:
            self._switch = self._stack.enter_context(Namespace())
            self._hosts = {name: self._stack.enter_context(Host(name, of)) for name, of in hosts.items()}
            self._wire()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def __getitem__(self, name):
        return self._hosts[name]

    def _wire(self):
        names = list(self._hosts)
        self._switch.configure(
            "link set lo up",
            "link add switch type bridge",
            f"address add {SWITCH['4']} dev switch",
            f"address add {SWITCH['6']} dev switch nodad",
            "link set switch up",
            *(
                line
                for port, name in enumerate(names)
                for line in (
                    f"link add port{port} type veth peer name net netns {self._hosts[name].path}",
                    f"link set port{port} master switch up",
                )
            ),
        )
        for host in self._hosts.values():
            host.configure("link set lo up", *self._addresses(host), "link set net up", *self._routes(host))

    @staticmethod
    def _addresses(host):
        return [f"address add {a}/{'64 dev net nodad' if ':' in a else '24 dev net'}" for a in host.addresses]

    @staticmethod
    def _routes(host):
        families = sorted({"6" if ":" in address else "4" for address in host.addresses})
        return [f"route add default via {SWITCH[family].split('/')[0]}" for family in families]
