"""Exercise lost-signal: a program that waits for input and for a signal at once."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost
from pymux.diagnose.call import Call
from pymux.diagnose.strace import Signal

if TYPE_CHECKING:
    from pymux.course.grader.program import Program
    from pymux.course.grader.submission import Submission

MASKED = ("epoll_pwait", "epoll_pwait2", "ppoll", "pselect6")
WRITES = ("write", "sendto", "send")
checks = Checks()


def send_line(submission: Submission, program: Program) -> None:
    """Send a random line and expect it back."""
    line = submission.bytes(submission.random.randint(1, 40)).hex().encode() + b"\n"
    program.io.send(line)
    program.io.expect(line)


def send_signal(program: Program) -> None:
    """Send SIGUSR1 while the program waits, and expect its line."""
    program.expect_waiting()
    program.signal(signal.SIGUSR1)
    program.io.expect(b"signal\n")


def until_ready(submission: Submission, program: Program) -> None:
    """Wait for the first answer: by then the program is prepared for signals."""
    send_line(submission, program)


@checks.add(15, "Lines come back.")
def lines(submission: Submission) -> None:
    """One after another."""
    with submission.start() as program:
        for _ in range(20):
            send_line(submission, program)


@checks.add(25, "Each signal is answered.", faults=("eintr-fatal", "counter-not-read-spin"))
def signals(submission: Submission) -> None:
    """Each while the program waits."""
    with submission.start() as program:
        until_ready(submission, program)
        for _ in range(20 if submission.traced else 3):
            send_signal(program)
        program.expect_blocked()


@checks.add(15, "Lines and signals do not disturb each other.")
def both(submission: Submission) -> None:
    """In random order."""
    with submission.start() as program:
        until_ready(submission, program)
        for _ in range(30 if submission.traced else 6):
            if submission.random.random() < 0.5:
                send_line(submission, program)
            else:
                send_signal(program)


@checks.add(30, "A signal just before the wait is not lost.", calls_alone=True)
def not_lost(submission: Submission) -> None:
    """No test can hit that moment each time; what closes it is seen in the calls."""
    with submission.start() as program:
        until_ready(submission, program)
        for _ in range(5):
            send_signal(program)
    calls = submission.calls()
    if any(call.name.startswith("signalfd") for call in calls):
        if not _blocks(calls):
            raise Lost("A signalfd reads signals that are blocked, and SIGUSR1 is not.")
        return
    if _blocks(calls) and any(call.name in MASKED and call.arg(-2) not in ("NULL", "") for call in calls):
        return
    if _writes_in_the_handler(submission):
        return
    raise Lost(
        "SIGUSR1 may arrive after the program has looked for it and before it waits: the handler runs, and "
        "the wait begins all the same. See `pymux lab run signals`."
    )


@checks.add(15, "At the end of file it ends with status 0.", faults=("eof-ignored-spin", "hup-ignored-spin"))
def ends(submission: Submission) -> None:
    """After lines and signals."""
    with submission.start() as program:
        until_ready(submission, program)
        send_signal(program)
        program.io.close_writer()
        program.io.expect_end()
        program.expect_exit()


def _blocks(calls: list[Call]) -> bool:
    """Whether SIGUSR1 is blocked when the program waits: the last mask that it set has it."""
    masks = [call for call in calls if call.name == "rt_sigprocmask" and call.arg(1) not in ("NULL", "")]
    state = False
    for call in masks:
        named = "USR1" in call.arg(1).replace("[", " ").replace("]", " ") or call.arg(1).startswith("~")
        if call.arg(0) == "SIG_BLOCK":
            state = state or named
        elif call.arg(0) == "SIG_UNBLOCK":
            state = state and not named
        else:
            state = named
    return state


def _writes_in_the_handler(submission: Submission) -> bool:
    """Whether what follows each signal in its thread is a write: the self-pipe."""
    seen = written = 0
    waiting = set()
    for item in submission.items():
        if isinstance(item, Signal) and item.name == "SIGUSR1":
            seen += 1
            waiting.add(item.pid)
        elif isinstance(item, Call) and item.pid in waiting:
            waiting.discard(item.pid)
            written += item.name in WRITES and item.fd != 1
    return 0 < seen == written
