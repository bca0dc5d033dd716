"""What has to be back as it was when a soak is over."""

import contextlib
import socket

from controller import Violation
from media_party import family_of
from rtpproxy_process import wait_until
from stage import MEDIA_PORTS, PROXY

PATIENCE_S = 60


def check_that(is_true, text):
    if not is_true:
        raise Violation(text)


def check_sessions(stage):
    """Each session that was made has ended, as the controller ended it or else by its timeout."""
    made = stage.churn.made + 1  # and the call that lived on
    hung_up = stage.churn.hung_up + 1
    wait_until(lambda: stage.proxy.active_sessions() == 0, PATIENCE_S, "the last sessions to time out")
    expected = {"nsess_created": made, "nsess_destroyed": made, "nsess_timeout": made - hung_up}
    found = stage.proxy.counters(*expected)
    check_that(found == expected, f"sessions: the program counts {found}, its controller {expected}")
    return f"{made} made and ended, {hung_up} by the controller, {made - hung_up} by timeout"


def check_notices(stage):
    """Each session that timed out and had a notify tag was told of; nobody lost a notice, whoever was away."""
    must, may = stage.churn.notes, stage.churn.notes | stage.churn.uncertain_notes

    def all_came():
        stage.collect_notices()
        return must <= {line.decode() for line in stage.notices.lines}

    with contextlib.suppress(TimeoutError):
        wait_until(all_came, PATIENCE_S, "the last notices")
    came = {line.decode() for line in stage.notices.lines}
    check_that(must <= came, f"{len(must - came)} of {len(must)} notices are missing: {sorted(must - came)[:5]}")
    check_that(came <= may, f"notices of sessions that did not time out: {sorted(came - may)[:5]}")
    return f"{len(must)} of {len(must)} came, {len(stage.notices.lines) - len(came)} twice"


def check_descriptors(stage):
    stage.notices.close()
    stage.notices_there = False
    stage.proxy.wait_until_idle(stage.idle_descriptors, PATIENCE_S)
    return f"{stage.proxy.descriptor_count()} open, {stage.idle_descriptors} at the start"


def check_ports(stage):
    """Every media port of every address is free, and the program can hand out every pair of one address once more."""
    with stage.hosts["proxy"].entered():
        for host in PROXY:
            for port in range(MEDIA_PORTS[0], MEDIA_PORTS[1] + 1):
                with socket.socket(family_of(host), socket.SOCK_DGRAM) as probe:
                    try:
                        probe.bind((host, port))
                    except OSError as error:
                        raise Violation(f"port {port} of {host} is still taken: {error}") from None
    pairs = (MEDIA_PORTS[1] - MEDIA_PORTS[0] + 1) // 2
    handed_out = 0
    fill = "198.51.100.10 4000 f t && L 198.51.100.10 4002 && S ttl=600"  # both parties' ports
    while stage.controller.command(f"U fill-{handed_out} {fill}")[0] != "E":
        handed_out += 2
    check_that(handed_out == pairs // 2 * 2, f"only {handed_out} of {pairs} pairs of ports could be handed out again")
    check_that(stage.controller.command("X") == "0", "X failed")
    stage.proxy.wait_until_idle(stage.idle_descriptors, PATIENCE_S)
    return f"all {2 * pairs} of each address free, all {pairs} pairs handed out again"


CHECKS = {"sessions": check_sessions, "notices": check_notices, "descriptors": check_descriptors, "ports": check_ports}
