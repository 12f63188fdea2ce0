"""A fork inside record() leaves the parent its log and gives the child one that begins empty."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

PROGRAM = """
import os, threading
import pymux

go = threading.Event()
epfd, events = pymux.epoll_create1(0), pymux.EpollEvents(1)
def wait(timeout_ms):
    pymux.epoll_pwait(epfd, events, 1, timeout_ms, None)
def other():
    wait(0)
    go.wait()

with pymux.record() as log:
    thread = threading.Thread(target=other)
    thread.start()
    wait(1)
    child = os.fork()
    if child == 0:
        wait(2)
        grandchild = os.fork()
        if grandchild == 0:
            os._exit(len(log))
        assert os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]) == 0
        assert [record.arguments["timeout_ms"] for record in log] == [2]
        assert log[0].thread == os.getpid() and log.lost == 0
        os._exit(0)
    go.set()
    thread.join()
    wait(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert sorted(record.arguments["timeout_ms"] for record in log) == [0, 1, 3]
assert {record.thread for record in log} == {os.getpid(), thread.native_id}
"""


def test_both_have_their_own(python: Callable[..., CompletedProcess[str]]) -> None:
    result = python(PROGRAM)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
