"""How does a program wait for a signal and for a descriptor at once?

A handler sets a flag, and the loop looks at the flag before it waits. Between the look and the wait there is
a gap: a signal that arrives there has set the flag when nobody looks any more, and the wait sleeps on. Here
it always arrives in the gap, because the program sends it to itself just there.

Predict:
    A signal arrives after the flag was tested and before the call waits. Which of these notice it: ppoll,
    ppoll with a mask that lets the signal in, a handler that writes into a pipe, a signalfd? And what do they
    say of it?

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

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymux import POLLIN, EpollEvents, PollFds, SigSet, Timespec, epoll_pwait, ppoll, pselect6
from pymux.labs.kit import (
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    refused,
    verdict,
    wait_until_blocked,
)

SIGNAL = signal.SIGUSR1
DEADLINE_S = 10  # nobody waits that long, unless something is wrong
SHORT_S = 0.05  # for the one that sleeps
LIBC_SIGSET_BYTES = 128  # sizeof(sigset_t) in the C library; the kernel reads the first 8

Handler = Callable[[], object]


@contextmanager
def handling(handler: Handler, *, blocked: bool) -> Iterator[None]:
    """Handle the signal, blocked in this thread or not; put everything back at the end."""
    before = signal.signal(SIGNAL, lambda *_: handler())
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL} if blocked else ())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(SIGNAL, before)


def send() -> None:
    """Send the signal to this very thread: unless it is blocked, the handler has run when this returns."""
    signal.pthread_kill(threading.get_ident(), SIGNAL)


def answer(wait: Callable[[], int]) -> str:
    """Return what a call says, as a word."""
    counts: list[int] = []
    return refused(lambda: counts.append(wait())) or f"{counts[0]} ready"


# The three calls with a mask, waiting for nothing but a signal.


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
    """Let the signal arrive between the test of the flag and the call, and see whether the call notices."""
    naive = plain_flag(in_ppoll)
    calls = {"pselect6": in_pselect6, "ppoll": in_ppoll, "epoll_pwait": in_epoll_pwait(bench)}
    masked = {name: with_mask(call, DEADLINE_S) for name, call in calls.items()}
    at_once = {name: with_mask(call, 0) for name, call in calls.items()}
    yield Table(
        "The signal arrives after the test and before the call",
        ("way", "the call says", "the handler ran", "blocked again"),
        (
            ("ppoll without a mask", naive[0], "before the call", "was not blocked"),
            *((f"{name} with a mask", said, *words) for name, (said, *words) in masked.items()),
            ("handler writes into a pipe, ppoll", self_pipe(bench), "before the call", "was not blocked"),
            ("signalfd, ppoll", signalfd(bench), "never", "yes"),
        ),
    )
    yield Table(
        "The same with a timeout of 0",
        ("call", "it says", "the handler ran"),
        tuple((name, said, ran) for name, (said, ran, _) in at_once.items()),
    )
    yield Note(
        "Whether a call with a timeout of 0 lets the signal in is the kernel's choice: a loop that never "
        "waits may never hear of it."
    )
    inside = ("EINTR", "in the call", "yes")
    yield Finding(
        "M041",
        verdict(naive == ("0 ready", True) and masked["pselect6"] == inside),
        f"the flag was set and ppoll without a mask slept its whole time: {naive[0]}; pselect6 with a mask "
        f"says {masked['pselect6'][0]}",
    )
    yield Finding("M018", verdict(masked["pselect6"] == inside), described("pselect6", masked["pselect6"]))
    yield Finding("M060", verdict(masked["ppoll"] == inside), described("ppoll", masked["ppoll"]))
    waiting, polling = masked["epoll_pwait"] == inside, at_once["epoll_pwait"] == inside
    yield Finding(
        "M110",
        "holds" if waiting and polling else "depends" if waiting else "false",
        described("epoll_pwait", masked["epoll_pwait"])
        + f"; with a timeout of 0: {at_once['epoll_pwait'][0]}, handler {at_once['epoll_pwait'][1]}, where "
        f"ppoll says {at_once['ppoll'][0]}",
    )
    restored = [again for _, _, again in (*masked.values(), *at_once.values())].count("yes")
    yield Finding("M019", verdict(restored == 6), f"blocked again after {restored} of 6 calls")


def plain_flag(wait: Callable[[float, SigSet | None], int]) -> tuple[str, bool]:
    """Test a flag, then wait, with the signal in between; return what the call says and the flag."""
    flag: list[bool] = []
    with handling(lambda: flag.append(True), blocked=False):
        assert not flag
        send()
        said = answer(lambda: wait(SHORT_S, None))
    return said, bool(flag)


def with_mask(wait: Callable[[float, SigSet | None], int], seconds: float) -> tuple[str, str, str]:
    """Block the signal, test, and wait with an empty mask: what it says, when the handler ran, the mask."""
    flag: list[bool] = []
    with handling(lambda: flag.append(True), blocked=True):
        assert not flag
        send()
        said = answer(lambda: wait(seconds, SigSet()))
        ran = "in the call" if flag else "not yet"
        blocked = SIGNAL in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return said, ran, "yes" if blocked else "no"


def described(name: str, found: tuple[str, str, str]) -> str:
    """Return it as a sentence."""
    return f"{name} on a pending signal: {found[0]}, handler {found[1]}"


def self_pipe(bench: Workbench) -> str:
    """Let the handler write into a pipe that the call watches: a byte does not get lost."""
    reader, writer = bench.pipe()
    with handling(lambda: os.write(writer, b"!"), blocked=False):
        send()
        return answer(lambda: ppoll(PollFds([(reader, POLLIN)]), 1, Timespec(DEADLINE_S), None))


def signalfd(bench: Workbench) -> str:
    """Block the signal for good, and watch a descriptor that is readable while it is pending."""
    libc = ctypes.CDLL(None, use_errno=True)
    mask = bytes(SigSet([SIGNAL]).memory).ljust(LIBC_SIGSET_BYTES, b"\0")
    with handling(lambda: None, blocked=True):
        fd = bench.own(libc.signalfd(-1, mask, os.O_CLOEXEC))
        send()
        said = answer(lambda: ppoll(PollFds([(fd, POLLIN)]), 1, Timespec(DEADLINE_S), None))
        os.read(fd, 128)  # struct signalfd_siginfo: reading it takes the signal
    return said


@experiment("M151")
def never_restarted(bench: Workbench) -> Results:
    """Interrupt each call while it sleeps, with a handler installed with SA_RESTART and without."""
    calls = {"pselect6": in_pselect6, "ppoll": in_ppoll, "epoll_pwait": in_epoll_pwait(bench)}
    rows = [
        (name, *(interrupted(bench, name, call, restart=restart) for restart in (False, True)))
        for name, call in calls.items()
    ]
    yield Table("What the call says once the handler is back", ("call", "plain", "SA_RESTART"), tuple(rows))
    interrupts = [said for row in rows for said in row[1:]].count("EINTR")
    yield Finding("M151", verdict(interrupts == 6), f"EINTR from {interrupts} of 6 calls, 3 with SA_RESTART")


def interrupted(
    bench: Workbench, name: str, wait: Callable[[float, SigSet | None], int], *, restart: bool
) -> str:
    """Wait here, be sent the signal by another thread once blocked, and return what the call says."""
    sleeper, ident = threading.get_native_id(), threading.get_ident()

    def send_when_asleep() -> None:
        wait_until_blocked(sleeper, name)
        signal.pthread_kill(ident, SIGNAL)

    with handling(lambda: None, blocked=False):
        signal.siginterrupt(SIGNAL, not restart)
        sender = bench.thread(send_when_asleep)
        said = answer(lambda: wait(DEADLINE_S, None))
        sender.result()
    return said


if __name__ == "__main__":
    main()
