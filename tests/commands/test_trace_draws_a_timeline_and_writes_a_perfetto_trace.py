"""--timeline draws a lane per thread and descriptor; --perfetto writes slices and moments that add up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from pymux.raw.made_by import made

SCRIPT = """
import os
from pymux import *
level, writer = os.pipe()
edge, other = os.pipe()
epfd = epoll_create1(EPOLL_CLOEXEC)
epoll_ctl(epfd, EPOLL_CTL_ADD, level, EPOLLIN)
epoll_ctl(epfd, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET)
os.write(writer, b"x")
os.write(other, b"x")
for _ in range(2):
    epoll_wait(epfd, EpollEvents(8), 8, 0)
os.close(edge)
epoll_wait(epfd, EpollEvents(8), 8, 0)
print(level, edge)
"""


def test_both(tmp_path: Path) -> None:
    Path(tmp_path, "script.py").write_text(SCRIPT)
    options = ["--timeline", "t.svg", "--perfetto", "t.json", "-o", "calls.txt"]
    command = [str(Path(sys.executable).with_name("pymux")), "trace", *options, "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    level, edge = map(int, done.stdout.split())

    drawn = Path(tmp_path, "t.svg").read_text()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert f"<!-- fd {level} -->" in drawn
    assert f"<!-- fd {edge} -->" in drawn
    assert drawn.count("<!-- thread ") == 1

    events = json.loads(Path(tmp_path, "t.json").read_text())["traceEvents"]
    lanes = {event["args"]["name"]: event for event in events if event["name"] == "thread_name"}
    slices = [event for event in events if event["ph"] == "X"]
    calls = [event for event in slices if "args" in event]
    waits = [made("epoll_wait")] * 3
    assert [event["name"] for event in calls] == ["epoll_create1", *["epoll_ctl"] * 2, *waits]
    assert all(event["dur"] > 0 for event in calls)
    assert [event["args"]["strace"] for event in calls] == Path(
        tmp_path, "calls.txt"
    ).read_text().splitlines()
    for fd, expected in (
        (level, ["added EPOLLIN", *["reported EPOLLIN"] * 3]),
        (edge, ["added EPOLLIN|EPOLLET", "reported EPOLLIN", "closed"]),
    ):
        lane = lanes[f"fd {fd}"]
        moments = [event for event in events if event["ph"] == "i" and event["tid"] == fd]
        assert [event["name"] for event in moments] == expected
        assert {event["pid"] for event in moments} == {lane["pid"]}
        assert [event["name"] for event in slices if event["tid"] == fd and event["pid"] == lane["pid"]]
