"""A log that strace was asked to filter lacks the calls that handle events: no server is accused for it."""

from __future__ import annotations

import re

import pytest
from diagnose.corpus import accusations, diagnosed
from diagnose.fuzz import LOGS

SERVERS = ("nginx", "redis", "memcached", "haproxy", "lighttpd", "node")
FILTERS = {
    "everything": r"\w+",
    "waits": r"epoll_p?wait2?|poll|ppoll|select|pselect6",
    "epoll": r"epoll_\w+",
    "read and write": r"epoll_\w+|read|write",
    "accept": r"epoll_\w+|accept4?",
    "network": r"socket|bind|listen|accept4?|connect|send\w*|recv\w*|shutdown|getsockopt|setsockopt",
}


@pytest.mark.parametrize("times", [True, False])
@pytest.mark.parametrize("begin", [0.0, 0.5])
@pytest.mark.parametrize("kept", FILTERS)
@pytest.mark.parametrize("server", SERVERS)
def test_no_accusation(server: str, kept: str, begin: float, times: bool) -> None:
    wanted = re.compile(rf"^\d+ +[\d.]+ (?:<\.\.\. )?(?:{FILTERS[kept]})(?:\(| resumed)")
    lines = [line for line in (LOGS / f"{server}.strace").read_text().splitlines() if wanted.match(line)]
    if not times:
        lines = [re.sub(r"^(\d+ +)[\d.]+ ", r"\1", re.sub(r" <[\d.]+>$", "", line)) for line in lines]
    assert accusations(diagnosed("\n".join(lines[int(begin * len(lines)) :]))) == []
