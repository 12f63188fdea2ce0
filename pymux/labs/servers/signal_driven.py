"""Why does hardly anybody have the kernel send a signal when data arrives?

With O_ASYNC a descriptor sends a signal whenever something arrives: no call waits, and the program works on.
But a signal says little. An ordinary one that is pending already swallows the next; a real-time signal
(F_SETSIG) queues, up to a limit, behind which the kernel falls back to one SIGIO for everything.

Predict:
    Three messages arrive on three sockets before the program looks. How many signals does it get: with
    SIGIO, with SIGUSR1, with a real-time signal? And which of the modules of Python's standard library use
    signals for I/O, and which use select, poll or epoll?

Claims:
    C25  signal-driven I/O is rarely used
    MERGED  ordinary signals merge: of what arrives while one is pending, nothing is told [signal(7)]
    QUEUED  with F_SETSIG and a real-time signal each arrival is queued [fcntl(2), F_SETSIG]

Sources:
    fcntl(2)
    signal(7)
    socket(7)
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import sysconfig
import threading
from pathlib import Path

from pymux.labs.kit import Finding, Results, Table, Undecided, Workbench, experiment, main, verdict

ARRIVALS = 3
F_SETOWN_EX, F_OWNER_TID = 15, 0  # asm-generic/fcntl.h; Python does not name them
BY_SIGNAL = re.compile(r"\b(?:O_ASYNC|FASYNC|F_SETOWN|F_SETSIG|SIGIO|SIGPOLL)\b")
BY_CALL = re.compile(r"^\s*(?:import|from) (?:select|selectors)\b", re.MULTILINE)
APART = {"test", "tests", "idlelib", "site-packages", "dist-packages"}  # not what others build upon


@experiment("MERGED", "QUEUED")
def merged(bench: Workbench) -> Results:
    """Let a message arrive on each of three sockets, and count the signals."""
    told = {
        "SIGIO": signals_told(bench, signal.SIGIO),
        "SIGUSR1": signals_told(bench, signal.SIGUSR1),
        "SIGRTMIN": signals_told(bench, signal.SIGRTMIN),
    }
    yield Table(
        f"Signals for {ARRIVALS} messages on {ARRIVALS} sockets", ("signal", "told"), tuple(told.items())
    )
    yield Finding(
        "MERGED",
        verdict(told["SIGIO"] == told["SIGUSR1"] == 1),
        f"{ARRIVALS} arrivals: SIGIO told {told['SIGIO']}, SIGUSR1 {told['SIGUSR1']}",
    )
    yield Finding(
        "QUEUED",
        verdict(told["SIGRTMIN"] == ARRIVALS),
        f"{ARRIVALS} arrivals: SIGRTMIN told {told['SIGRTMIN']}",
    )


def signals_told(bench: Workbench, number: int) -> int:
    """Let the messages arrive while the signal is blocked, then take what is pending."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    pairs = [bench.socketpair() for _ in range(ARRIVALS)]
    for receiver, sender in pairs:
        fd = receiver.fileno()
        fcntl.fcntl(fd, F_SETOWN_EX, struct.pack("ii", F_OWNER_TID, threading.get_native_id()))
        fcntl.fcntl(fd, fcntl.F_SETSIG, number)
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)
        sender.send(b"message")
        fcntl.fcntl(fd, fcntl.F_SETFL, flags)  # the close at the end would be told as well
    told = 0
    while signal.sigtimedwait({number}, 0):
        told += 1
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return told


@experiment("C25")
def who_uses_it(bench: Workbench) -> Results:
    """Look through Python's standard library for who waits by signal, and who by select, poll or epoll."""
    library = Path(sysconfig.get_path("stdlib"))
    sources = [
        path for path in sorted(library.rglob("*.py")) if not APART & {*path.relative_to(library).parts}
    ]
    if not sources:
        raise Undecided("the standard library is not there as source files")
    texts = {path.relative_to(library): path.read_text("utf-8", "replace") for path in sources}
    by_signal, by_call = (
        [str(name) for name, text in texts.items() if pattern.search(text)]
        for pattern in (BY_SIGNAL, BY_CALL)
    )
    yield Table(
        "Modules of the standard library",
        ("wait by", "modules", "which"),
        (
            ("signal", len(by_signal), ", ".join(by_signal)),
            ("select, poll, epoll", len(by_call), ", ".join(by_call)),
        ),
    )
    yield Finding(
        "C25",
        "holds" if not by_signal and by_call else "depends",
        f"in Python's library {'some modules name' if by_signal else 'no module names'} O_ASYNC, "
        f"F_SETSIG or SIGIO; {'others import' if by_call else 'none imports'} select or selectors",
    )


if __name__ == "__main__":
    main()
