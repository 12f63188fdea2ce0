"""Exercise beyond-1024: three ways to watch a descriptor with a large number."""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.course.grader.program import Program
    from pymux.course.grader.submission import Submission

SELECTS, POLLS, EPOLLS = (
    ("select", "pselect6"),
    ("poll", "ppoll"),
    ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
)
checks = Checks()


class Watched:
    """A program that inherits the reading end of a pipe at a large number."""

    def __init__(self, program: Program, number: int, writer: int) -> None:
        self.program, self.number = program, number
        self._writer, self._reader = writer, number

    def ask(self, command: str, expected: str) -> None:
        """Send a command and compare the answer."""
        self.program.io.send(command.encode() + b"\n")
        answer = self.program.io.receive_line(50)
        if answer != expected:
            raise Lost(f"{command} with descriptor {self.number} answered {answer!r}, not {expected!r}.")

    def fill(self) -> None:
        """Write a byte into the pipe."""
        os.write(self._writer, b"x")

    def empty(self) -> None:
        """Read what is in the pipe, which both sides share."""
        os.read(self._reader, 100)

    def hang_up(self) -> None:
        """Close the last writing end."""
        os.close(self._writer)
        self._writer = -1

    def close(self) -> None:
        """Close what is left."""
        if self._writer >= 0:
            os.close(self._writer)
        os.close(self._reader)


@contextmanager
def watched(submission: Submission) -> Iterator[Watched]:
    """Start the program with a pipe at a number around 5,000, as far as the limit allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = hard - 10 if hard != resource.RLIM_INFINITY else 6_000
    if most < 1_100:
        raise Lost(f"The hard limit of this machine, {hard} descriptors, allows no such number (ulimit -Hn).")
    number = submission.random.randint(min(4_000, most - 50), min(6_000, most))
    reader, writer = os.pipe()
    os.dup2(reader, number, inheritable=True)
    os.close(reader)
    with submission.start(str(number), fds=(number,)) as program:
        both = Watched(program, number, writer)
        try:
            yield both
        finally:
            both.close()


def answers_right(submission: Submission, command: str) -> None:
    """Ask again and again, with and without data in the pipe."""
    with watched(submission) as it:
        filled = False
        for wanted in [False, True, True, *(submission.random.random() < 0.5 for _ in range(5)), False, True]:
            if wanted != filled:
                (it.fill if wanted else it.empty)()
                filled = wanted
            it.ask(command, "ready" if filled else "not ready")


@checks.add(30, "select answers right.")
def select(submission: Submission) -> None:
    """With a set of more than FD_SETSIZE bits."""
    answers_right(submission, "select")


@checks.add(15, "poll answers right.")
def poll(submission: Submission) -> None:
    """With one entry."""
    answers_right(submission, "poll")


@checks.add(15, "epoll answers right.")
def epoll(submission: Submission) -> None:
    """Level triggered."""
    answers_right(submission, "epoll")


@checks.add(20, "Each way makes its own call, for this descriptor, and does not wait.", calls_alone=True)
def calls(submission: Submission) -> None:
    """Two of each."""
    with watched(submission) as it:
        for command in ("select", "poll", "epoll") * 2:
            it.ask(command, "not ready")
    number = it.number
    found = {
        "select": [c for c in submission.calls(*SELECTS) if c.number(0) == number + 1],
        "poll": [c for c in submission.calls(*POLLS) if f"fd={number}" in c.text],
        "epoll": submission.calls(*EPOLLS),
    }
    for name, made in found.items():
        if len(made) < 2:
            raise Lost(f"{name}: {len(made)} of 2 calls with descriptor {number} were made.")
    registered = [c for c in submission.calls("epoll_ctl") if c.number(2) == number]
    if not registered:
        raise Lost(f"Descriptor {number} was not registered with epoll.")
    if any(c.number(3) != 0 for c in found["epoll"] if c.name != "epoll_pwait2"):
        raise Lost("epoll_wait was called with another timeout than 0.")


@checks.add(20, "Data stays unread, and the end of file is ready, too.")
def leaves_data(submission: Submission) -> None:
    """All three, one after another, on the same byte; then the writer closes."""
    with watched(submission) as it:
        it.fill()
        for command in ("epoll", "select", "poll", "select", "epoll", "poll"):
            it.ask(command, "ready")
        it.empty()
        it.hang_up()
        for command in ("select", "poll", "epoll"):
            it.ask(command, "ready")
