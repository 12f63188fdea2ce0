"""Exercise herd: several processes wait for connections, and one connection wakes one of them."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost
from pymux.diagnose.strace import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.course.grader.program import Server
    from pymux.course.grader.submission import Submission
    from pymux.diagnose.call import Call

WAITS = ("epoll_wait", "epoll_pwait", "epoll_pwait2")
ACCEPTS = ("accept", "accept4")
CURES = ("exclusive", "reuseport")
checks = Checks()


def greet(server: Server) -> int:
    """Connect and receive the line with a process id, and the end of file; return the id."""
    client = server.connect()
    line = client.receive_line(30)
    client.expect_end()
    if not line.isdigit():
        raise Lost(f"A client received {line!r}, not a process id.")
    return int(line)


def run(submission: Submission, cure: str, connections: int) -> int:
    """Serve connections, one at a time, once all processes wait; return the number of processes."""
    workers = submission.random.randint(4, 6)
    with submission.serve(cure, str(workers)) as server:
        server.expect_blocked()
        for _ in range(connections):
            greet(server)
    return workers


def processes_that_wait(calls: list[Call]) -> set[int | None]:
    """Return the processes that waited with epoll."""
    return {call.pid for call in calls if call.name in WAITS}


def share(calls: list[Call]) -> tuple[int, int]:
    """Return how many waits returned an event, and how many accepts failed with EAGAIN."""
    woken = sum(call.name in WAITS and (call.result or 0) > 0 for call in calls)
    return woken, sum(call.name in ACCEPTS and call.errno == "EAGAIN" for call in calls)


@checks.add(20, "Every connection gets a process id and the end of file.")
def serves(submission: Submission) -> None:
    """With both cures, twenty connections each."""
    for cure in CURES:
        with submission.serve(cure, "4") as server:
            for _ in range(20):
                greet(server)


@checks.add(15, "As many processes wait as the argument says, each on an epoll of its own.", calls_alone=True)
def processes(submission: Submission) -> None:
    """With both cures."""
    for cure in CURES:
        submission.forget_runs()
        workers = run(submission, cure, 0)
        calls = submission.calls()
        waiting = processes_that_wait(calls)
        if len(waiting) != workers:
            raise Lost(f"{cure}: {len(waiting)} processes waited with epoll, not {workers}.")
        own = {call.pid for call in calls if call.name.startswith("epoll_create")}
        if not waiting <= own:
            raise Lost(
                f"{cure}: {len(waiting - own)} processes waited on an epoll that another one had made."
            )


@checks.add(25, "exclusive: one connection wakes one process, by EPOLLEXCLUSIVE.", calls_alone=True)
def exclusive(submission: Submission) -> None:
    """The kernel promises to wake at least one; a few more may come."""
    run(submission, "exclusive", 20)
    calls = submission.calls()
    registered = [call for call in calls if call.name == "epoll_ctl" and "EPOLLEXCLUSIVE" in call.text]
    if {call.pid for call in registered} != processes_that_wait(calls):
        raise Lost(
            f"{len({call.pid for call in registered})} of {len(processes_that_wait(calls))} processes "
            "registered the listener with EPOLLEXCLUSIVE. See `pymux lab run herd`."
        )
    woken, again = share(calls)
    if woken > 2 * 20:
        raise Lost(f"20 connections woke processes {woken} times, and {again} accepts failed with EAGAIN.")


@checks.add(25, "reuseport: each process has a listener of its own, by SO_REUSEPORT.", calls_alone=True)
def reuseport(submission: Submission) -> None:
    """The kernel chooses the listener when the connection arrives."""
    workers = run(submission, "reuseport", 20)
    calls = submission.calls()
    options = [call for call in calls if call.name == "setsockopt" and "SO_REUSEPORT" in call.text]
    listening = [call for call in calls if call.name == "listen" and call.result == 0]
    if len(options) < workers or len(listening) < workers:
        raise Lost(
            f"{workers} processes, {len(listening)} listeners, {len(options)} times SO_REUSEPORT: each "
            "process needs its own. See `pymux lab run herd`."
        )
    woken, again = share(calls)
    if woken > 20 or again:
        raise Lost(f"20 connections woke processes {woken} times, and {again} accepts failed with EAGAIN.")


@checks.add(15, "SIGTERM ends all: the first process ends its children and waits for them.", calls_alone=True)
def ends(submission: Submission) -> None:
    """It exits with 0."""
    with submission.serve("exclusive", "4") as server:
        greet(server)
        server.expect_blocked()
        server.signal(signal.SIGTERM)
        server.expect_exit()
    killed = list(_killed(submission))
    waited = [call for call in submission.calls("wait4", "waitid") if (call.result or -1) >= 0]
    if killed or len(waited) < 4:
        raise Lost(f"It waited for {len(waited)} of 4 children; {len(killed)} were left to be killed.")


def _killed(submission: Submission) -> Iterator[Exit]:
    for item in submission.items():
        if isinstance(item, Exit) and "SIGKILL" in item.shown:
            yield item
