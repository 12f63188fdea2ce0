"""How does a program wait for a signal and for a descriptor at once?

A handler sets a flag, and the loop tests the flag before it waits. Between the test and the wait there is a
gap: a signal that arrives there sets the flag after it was tested, and the wait blocks although there is
work. Here the signal always arrives in the gap, because the program sends it to itself just there.

Predict:
    The signal arrives after the flag was tested and before ppoll, which is called without a mask. What does
    ppoll do?
        - it fails with EINTR at once
        - it waits until its timeout
    The signal is blocked, and ppoll is called with a mask that does not block it. What does ppoll do?
        - it fails with EINTR at once
        - it waits until its timeout
    A handler installed with SA_RESTART interrupts epoll_pwait. What does epoll_pwait do?
        - it fails with EINTR
        - it is restarted

Claims:
    M018  pselect swaps the mask atomically: a blocked, pending signal is delivered inside the call
          [select(2), pselect()]
    M019  the original mask is in force again when the call returns [select(2), pselect()]
    M041  with the signal blocked outside the call, pselect solves the race of the flag [select_tut(2)]
    M060  ppoll swaps the mask just as pselect does [poll(2), ppoll()]
    M110  epoll_pwait swaps the mask just as pselect does [epoll_wait(2), epoll_pwait()]
    M151  the waiting calls are never restarted after a handler, SA_RESTART or not [signal(7)]

Sources:
    select(2), pselect()
    select_tut(2)
    signal(7)
    signalfd(2)
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymux import POLLIN, EpollEvents, PollFds, SigSet, Timespec, epoll_pwait, ppoll, pselect6
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    from_c,
    main,
    refused,
    verdict,
    wait_until_blocked,
)

SIGNAL = signal.SIGUSR1
DEADLINE_S = 10  # reached only if something is wrong
SHORT_S = 0.05  # for the call that misses the signal
LIBC_SIGSET_BYTES = 128  # sizeof(sigset_t) in the C library; the kernel reads the first 8

Handler = Callable[[], object]


@contextmanager
def handling(handler: Handler, *, blocked: bool) -> Iterator[None]:
    """Install the handler, with the signal blocked in this thread or not; restore both at the end."""
    before = signal.signal(SIGNAL, lambda *_: handler())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL} if blocked else ())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(SIGNAL, before)


def send() -> None:
    """Send the signal to this thread: unless it is blocked, the handler has run when this returns."""
    signal.pthread_kill(threading.get_ident(), SIGNAL)


def outcome(wait: Callable[[], int]) -> str:
    """Return what a call returned, or its errno."""
    counts: list[int] = []
    return refused(lambda: counts.append(wait())) or f"{counts[0]} ready"


# The three calls with a mask, waiting for a signal alone.


def in_pselect6(seconds: float, mask: SigSet | None) -> int:
    """Wait with pselect6."""
    return pselect6(0, None, None, None, Timespec.from_ns(int(seconds * 1e9)), mask)


def in_ppoll(seconds: float, mask: SigSet | None) -> int:
    """Wait with ppoll."""
    return ppoll(None, 0, Timespec.from_ns(int(seconds * 1e9)), mask)


def in_epoll_pwait(bench: Workbench) -> Callable[[float, SigSet | None], int]:
    """Return the wait with epoll_pwait, on an epoll that watches nothing."""
    epfd, events = bench.epoll(), EpollEvents(1)
    return lambda seconds, mask: epoll_pwait(epfd, events, 1, int(seconds * 1000), mask)


@experiment("M018", "M019", "M041", "M060", "M110")
def in_the_gap(bench: Workbench) -> Results:
    """Send the signal between the test of the flag and the call, and see whether the call returns."""
    naive = plain_flag(in_ppoll)
    calls = {"pselect6": in_pselect6, "ppoll": in_ppoll, "epoll_pwait": in_epoll_pwait(bench)}
    masked = {name: with_mask(call, DEADLINE_S) for name, call in calls.items()}
    at_once = {name: with_mask(call, 0) for name, call in calls.items()}
    yield Table(
        "The signal arrives after the test and before the call",
        ("way", "the call", "the handler", "blocked again"),
        (
            ("ppoll without a mask", naive[0], "ran before the call", "was not blocked"),
            *((f"{name} with a mask", *row) for name, row in masked.items()),
            ("handler writes to a pipe, ppoll", self_pipe(bench), "ran before the call", "was not blocked"),
            ("signalfd, ppoll", signalfd(bench), "did not run", "yes"),
        ),
    )
    yield Table(
        "The same with a timeout of 0",
        ("call", "result", "the handler"),
        tuple((name, result, ran) for name, (result, ran, _) in at_once.items()),
    )
    yield Note(
        "Whether a call with a timeout of 0 delivers the signal is up to the kernel: a loop that never "
        "waits may never be interrupted."
    )
    inside = ("EINTR", "ran in the call", "yes")
    at_timeout = "it waits until its timeout"
    yield Answer(1, at_timeout if naive[0] == "0 ready" else f"it fails with {naive[0]} at once")
    by_ppoll = masked["ppoll"][0]
    yield Answer(2, at_timeout if by_ppoll == "0 ready" else f"it fails with {by_ppoll} at once")
    yield Finding(
        "M041",
        verdict(naive == ("0 ready", True) and masked["pselect6"] == inside),
        f"the signal arrived in the gap. ppoll without a mask waited until its timeout ({naive[0]}), "
        f"although the flag was set; pselect6 with a mask {ended(masked['pselect6'][0])}",
    )
    yield Finding("M018", verdict(masked["pselect6"] == inside), described("pselect6", masked["pselect6"]))
    yield Finding("M060", verdict(masked["ppoll"] == inside), described("ppoll", masked["ppoll"]))
    waiting, polling = masked["epoll_pwait"] == inside, at_once["epoll_pwait"] == inside
    yield Finding(
        "M110",
        "holds" if waiting and polling else "depends" if waiting else "false",
        described("epoll_pwait", masked["epoll_pwait"])
        + f". With a timeout of 0 it {ended(at_once['epoll_pwait'][0])}, the handler "
        f"{at_once['epoll_pwait'][1]}, and ppoll {ended(at_once['ppoll'][0])}",
    )
    restored = [again for _, _, again in (*masked.values(), *at_once.values())].count("yes")
    yield Finding(
        "M019",
        verdict(restored == 6),
        f"the signal was blocked again after {restored} of 6 calls with another mask",
    )


def plain_flag(wait: Callable[[float, SigSet | None], int]) -> tuple[str, bool]:
    """Test a flag, then wait, with the signal in between; return the outcome of the call and the flag."""
    flag: list[bool] = []
    with handling(lambda: flag.append(True), blocked=False):
        assert not flag
        send()
        result = outcome(lambda: wait(SHORT_S, None))
    return result, bool(flag)


def with_mask(wait: Callable[[float, SigSet | None], int], seconds: float) -> tuple[str, str, str]:
    """Block the signal, wait with an empty mask: the outcome, when the handler ran, whether blocked after."""
    flag: list[bool] = []
    with handling(lambda: flag.append(True), blocked=True):
        assert not flag
        send()
        result = outcome(lambda: wait(seconds, SigSet()))
        ran = "ran in the call" if flag else "did not run"
        blocked = SIGNAL in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return result, ran, "yes" if blocked else "no"


def described(name: str, found: tuple[str, str, str]) -> str:
    """Return it as a sentence."""
    return f"with the signal pending, {name} {ended(found[0])}, and the handler {found[1]}"


def ended(result: str) -> str:
    """Return the verb for the outcome of a call."""
    return f"returned {result}" if result.endswith("ready") else f"failed with {result}"


def self_pipe(bench: Workbench) -> str:
    """Let the handler write to a pipe that the call watches: the byte is not lost."""
    reader, writer = bench.pipe()
    with handling(lambda: os.write(writer, b"!"), blocked=False):
        send()
        return outcome(lambda: ppoll(PollFds([(reader, POLLIN)]), 1, Timespec(DEADLINE_S), None))


def signalfd(bench: Workbench) -> str:
    """Keep the signal blocked, and watch a descriptor that is readable while it is pending."""
    mask = bytes(SigSet([SIGNAL]).memory).ljust(LIBC_SIGSET_BYTES, b"\0")
    with handling(lambda: None, blocked=True):
        fd = bench.own(from_c("signalfd", -1, mask, os.O_CLOEXEC))
        send()
        result = outcome(lambda: ppoll(PollFds([(fd, POLLIN)]), 1, Timespec(DEADLINE_S), None))
        os.read(fd, 128)  # struct signalfd_siginfo: reading it takes the signal
    return result


@experiment("M151")
def never_restarted(bench: Workbench) -> Results:
    """Interrupt each call while it is blocked, with a handler installed with SA_RESTART and without."""
    calls = {"pselect6": in_pselect6, "ppoll": in_ppoll, "epoll_pwait": in_epoll_pwait(bench)}
    rows = [
        (name, *(interrupted(bench, name, call, restart=restart) for restart in (False, True)))
        for name, call in calls.items()
    ]
    yield Table("The call after the handler has returned", ("call", "plain", "SA_RESTART"), tuple(rows))
    interrupts = [result for row in rows for result in row[1:]].count("EINTR")
    restarted = {name: result for name, _, result in rows}["epoll_pwait"]
    yield Answer(3, f"it fails with {restarted}" if restarted == "EINTR" else "it is restarted")
    yield Finding(
        "M151",
        verdict(interrupts == 6),
        f"{interrupts} of 6 interrupted calls failed with EINTR, 3 of them with SA_RESTART",
    )


def interrupted(
    bench: Workbench, name: str, wait: Callable[[float, SigSet | None], int], *, restart: bool
) -> str:
    """Wait, be sent the signal by another thread once blocked, and return the outcome of the call."""
    waiter, ident = threading.get_native_id(), threading.get_ident()

    def send_when_blocked() -> None:
        wait_until_blocked(waiter, name)
        signal.pthread_kill(ident, SIGNAL)

    with handling(lambda: None, blocked=False):
        signal.siginterrupt(SIGNAL, not restart)
        sender = bench.thread(send_when_blocked)
        result = outcome(lambda: wait(DEADLINE_S, None))
        sender.result()
    return result


if __name__ == "__main__":
    main()
