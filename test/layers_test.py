#!/usr/bin/env python3
"""Holds the tree to docs/ARCHITECTURE.md: which module may include which, and that the core does no I/O."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

MAY_INCLUDE = {
    "net": set(),
    "threads": set(),
    "log": {"threads"},
    "strands": {"net", "log"},
    "protocol": {"net"},
    "rtp": {"net"},
    "codec": {"net"},
    "session": {"net", "rtp"},
    "media": {"net", "session", "strands", "log"},
    "capture": {"net", "rtp", "codec"},
    "control": {"net", "protocol", "threads", "strands", "log"},
    "services": {"net", "rtp", "session", "media", "capture", "codec", "threads", "strands", "log"},
    "accounting": {"net", "rtp", "session", "threads", "log"},
    "engine": {
        "net", "protocol", "session", "media", "control", "services", "accounting", "capture", "threads", "strands", "log"
    },
    "app": {
        "net", "protocol", "codec", "session", "media", "control", "services", "engine", "accounting", "strands", "log"
    },
    "tools": {"net", "rtp", "capture", "codec"},
}
CORE = ("net", "protocol", "rtp", "session")
NO_IO = re.compile(
    r"boost/asio/(?!ip/(address|network|udp)|impl/src)|boost/log|<thread>|<mutex>|<iostream>|<sys/socket\.h>|clock::now\(|::socket\("
)


def sources(module):
    for top in ("include/rtpproxy", "src"):
        yield from sorted((ROOT / top / module).rglob("*.[ch]pp"))


class Layers(unittest.TestCase):
    def test_every_module_is_described(self):
        found = {p.name for top in ("include/rtpproxy", "src") for p in (ROOT / top).iterdir() if p.is_dir()}
        self.assertEqual(found, set(MAY_INCLUDE))

    def test_modules_include_only_what_they_may(self):
        for module, allowed in MAY_INCLUDE.items():
            for path in sources(module):
                for used in re.findall(r'#include "rtpproxy/(\w+)/', path.read_text()):
                    with self.subTest(file=str(path.relative_to(ROOT)), includes=used):
                        self.assertTrue(used == module or used in allowed)

    def test_core_does_no_input_or_output(self):
        for module in CORE:
            for path in sources(module):
                with self.subTest(file=str(path.relative_to(ROOT))):
                    self.assertIsNone(NO_IO.search(path.read_text()))

    def test_media_leaves_by_those_only_who_ask_where_it_may_go(self):
        found = set()
        for module in MAY_INCLUDE:
            for path in sources(module):
                if re.search(r'#include "rtpproxy/media/(udp_socket|open_port_pair)\.hpp"', path.read_text()):
                    found.add(path.stem)
        self.assertEqual(found, {"udp_socket", "open_port_pair", "epoll_plane", "stream_copy"})


if __name__ == "__main__":
    unittest.main()
