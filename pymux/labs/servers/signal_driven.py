"""Why is signal-driven I/O rarely used?

With O_ASYNC a descriptor sends a signal whenever data arrives: no call waits, and the program goes on
working. But an ordinary signal that is already pending absorbs the next one. A real-time signal (F_SETSIG) is
queued, up to a limit, beyond which the kernel sends a single SIGIO for all descriptors.

Predict:
    Three messages arrive on three sockets while SIGIO is blocked. How many SIGIO are then delivered?
        - 1
        - 3
    The same with a real-time signal. How many are delivered?
        - 1
        - 3

Claims:
    C25  signal-driven I/O is rarely used
    MERGED  ordinary signals merge: while one is pending, further ones are lost [signal(7)]
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

from pymux.labs.kit import Answer, Finding, Results, Table, Undecided, Workbench, experiment, main, verdict

ARRIVALS = 3
RARELY = 3  # times as many by calls
F_SETOWN_EX, F_OWNER_TID = 15, 0  # asm-generic/fcntl.h; Python does not name them
BY_SIGNAL = re.compile(r"\b(?:O_ASYNC|FASYNC|F_SETOWN|F_SETSIG|SIGIO|SIGPOLL)\b")
BY_CALL = re.compile(r"^\s*(?:import|from) (?:select|selectors)\b", re.MULTILINE)
APART = {"test", "tests", "idlelib", "pymux"}  # tests, and these labs


@experiment("MERGED", "QUEUED")
def merged(bench: Workbench) -> Results:
    """Send a message to each of three sockets, and count the signals."""
    delivered = {
        "SIGIO": signals_delivered(bench, signal.SIGIO),
        "SIGUSR1": signals_delivered(bench, signal.SIGUSR1),
        "SIGRTMIN": signals_delivered(bench, signal.SIGRTMIN),
    }
    yield Table(
        f"Signals for {ARRIVALS} messages on {ARRIVALS} sockets",
        ("signal", "delivered"),
        tuple(delivered.items()),
    )
    yield Answer(1, str(delivered["SIGIO"]))
    yield Answer(2, str(delivered["SIGRTMIN"]))
    yield Finding(
        "MERGED",
        verdict(delivered["SIGIO"] == delivered["SIGUSR1"] == 1),
        f"{ARRIVALS} messages arrived while the signal was blocked: SIGIO was delivered "
        f"{delivered['SIGIO']} time, and SIGUSR1, chosen by F_SETSIG, {delivered['SIGUSR1']} time",
    )
    yield Finding(
        "QUEUED",
        verdict(delivered["SIGRTMIN"] == ARRIVALS),
        f"{ARRIVALS} messages arrived while the signal was blocked: the real-time signal SIGRTMIN was "
        f"delivered {delivered['SIGRTMIN']} times",
    )


def signals_delivered(bench: Workbench, number: int) -> int:
    """Send the messages while the signal is blocked; return how many signals are then pending."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    pairs = [bench.socketpair() for _ in range(ARRIVALS)]
    for receiver, sender in pairs:
        fd = receiver.fileno()
        fcntl.fcntl(fd, F_SETOWN_EX, struct.pack("ii", F_OWNER_TID, threading.get_native_id()))
        fcntl.fcntl(fd, fcntl.F_SETSIG, number)
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        fcntl.fcntl(fd, fcntl.F_SETFL, flags | os.O_ASYNC)
        sender.send(b"message")
        fcntl.fcntl(fd, fcntl.F_SETFL, flags)  # closing the peer would send a signal as well
    pending = 0
    while signal.sigtimedwait({number}, 0):
        pending += 1
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return pending


@experiment("C25")
def libraries(bench: Workbench) -> Results:
    """Count the Python libraries on this machine that wait by signals, and those that call select or poll."""
    by_signal, by_call = (libraries_with(pattern) for pattern in (BY_SIGNAL, BY_CALL))
    if not by_call:
        raise Undecided("no Python library is here as source files")
    yield Table(
        "Python's library and the packages installed beside it",
        ("wait by", "libraries", "which"),
        (
            ("signals", len(by_signal), ", ".join(by_signal)),
            ("select, poll, epoll", len(by_call), ", ".join(by_call)),
        ),
    )
    rarely = RARELY * len(by_signal) <= len(by_call)
    yield Finding(
        "C25",
        "holds" if rarely else "depends",
        "of Python's standard library and the packages installed beside it, "
        f"{'fewer than a third as many' if rarely else 'a third as many, or more,'} name O_ASYNC, F_SETSIG "
        "or SIGIO as import select or selectors",
        f"Here {len(by_signal)} and {len(by_call)} libraries.",
    )


def libraries_with(pattern: re.Pattern[str]) -> list[str]:
    """Return the libraries in whose source files `pattern` is found."""
    places = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
    found = set()
    for place in places:
        for path in place.rglob("*.py"):
            parts = path.relative_to(place).parts
            if APART & {*parts} or "site-packages" in parts:
                continue
            if pattern.search(path.read_text("utf-8", "replace")):
                found.add("the standard library" if place == Path(sysconfig.get_path("stdlib")) else parts[0])
    return sorted(found)


if __name__ == "__main__":
    main()
