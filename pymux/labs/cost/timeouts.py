"""How late is a timeout, and what does a coarse unit cost a loop?

No descriptor is watched, so every call times out. The kernel may be late by the thread's timer slack, so that
one interrupt can serve several timers.

Predict:
    Of 40 calls of epoll_wait with a timeout of 1 ms, how many return too early?
        - none
        - some
    A loop has a deadline in 2.5 ms and passes epoll_wait the remaining time in milliseconds, rounded down.
    How many turns does the loop make before the deadline?
        - 1
        - 2 or 3
        - more than 3
    A program passes the same timeval of 1 ms to the C library's select three times and never sets it again.
    How often does it wait?
        - once
        - three times

Claims:
    C02  select's advantage is that it works on every platform
    M012  a timeout is rounded up and may overrun, and is never short [select(2)]
    M050  poll's milliseconds are rounded up, and are never short [poll(2)]
    M106  epoll_wait's milliseconds are rounded up, and are never short [epoll_wait(2)]
    M111  epoll_pwait2's timeout has nanoseconds, so it need not wait a whole millisecond [epoll_wait(2)]
    SLACK  a timeout is late by the timer slack for the most part [prctl(2), PR_SET_TIMERSLACK]
    SPIN  a loop that rounds its timeout down to milliseconds spins through the last one [epoll_wait(2)]

Sources:
    select(2)
    poll(2)
    epoll_wait(2)
    proc_pid_timerslack_ns(5)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from pymux import EpollEvents, Timespec, Timeval, capabilities, epoll_pwait2, libc, sampling
from pymux.bootstrap import ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    decided_by,
    experiment,
    main,
    reported,
    verdict,
)
from pymux.sampling import Samples

MS = 1_000_000
FINE_NS = 300_000
DEADLINE_NS, DEADLINES = 2_500_000, 20
REPEAT, ROUNDS = 40, 11
NOTHING = EpollEvents(1)


@experiment("M012", "M050", "M106", "M111")
def never_short(bench: Workbench) -> Results:
    """Let each call time out 40 times, after 1 ms or after as little as its unit allows."""
    samples = {call: (timeout_ns, sample()) for call, (timeout_ns, sample) in calls(bench).items()}
    timed = {call: against(*it) for call, it in samples.items()}
    yield Table(
        f"{REPEAT} timeouts of each call",
        ("call", "timeout (ms)", "too short", "late (µs), median", "late (µs), most"),
        tuple((call, *it) for call, it in timed.items()),
    )
    yield Answer(1, "some" if timed["epoll_wait"].short else "none")
    yield finding("M012", "select", timed)
    yield finding("M050", "poll", timed)
    yield finding("M106", "epoll_wait", timed)
    if "epoll_pwait2" not in timed:
        raise Undecided("this kernel has no epoll_pwait2")
    fine = timed["epoll_pwait2"]
    yield decided_by(
        ratio(samples["epoll_pwait2"][1], [MS] * REPEAT),
        1,
        "M111",
        ("false", "false" if fine.short else "holds"),
        f"{REPEAT} calls with a timeout of 0.3 ms: {fine.short} returned too early, and the median was {{}} "
        "than 1 ms, the shortest timeout of epoll_wait above 0",
        measured=f"Here the median was {fine.late_us:.0f} µs late: it waited {{}} ms.",
    )


def calls(bench: Workbench) -> dict[str, tuple[int, Callable[[], Samples]]]:
    """Return the timeout of each call, in ns, and how it is made."""
    epfd = bench.epoll()
    every: dict[str, tuple[int, Callable[[], Samples]]] = {
        "select": (
            FINE_NS,
            lambda: sampling.select(0, None, None, None, Timeval.from_ns(FINE_NS), repeat=REPEAT),
        ),
        "pselect6": (
            FINE_NS,
            lambda: sampling.pselect6(0, None, None, None, wait(FINE_NS), None, repeat=REPEAT),
        ),
        "poll": (MS, lambda: sampling.poll(None, 0, 1, repeat=REPEAT)),
        "ppoll": (FINE_NS, lambda: sampling.ppoll(None, 0, wait(FINE_NS), None, repeat=REPEAT)),
        "epoll_wait": (MS, lambda: sampling.epoll_wait(epfd, NOTHING, 1, 1, repeat=REPEAT)),
        "epoll_pwait2": (
            FINE_NS,
            lambda: sampling.epoll_pwait2(epfd, NOTHING, 1, wait(FINE_NS), None, repeat=REPEAT),
        ),
    }
    if "epoll_pwait2" not in capabilities():
        del every["epoll_pwait2"]
    return every


class Timed(NamedTuple):
    """How long a call waited, compared with its timeout."""

    timeout_ms: float
    short: int  # how many returned too early
    late_us: float  # the median
    latest_us: float


def against(timeout_ns: int, samples: Samples) -> Timed:
    """Compare how long calls waited with their timeout."""
    late_us, latest_us = ((ns - timeout_ns) / 1000 for ns in (median(samples), max(samples)))
    return Timed(timeout_ns / MS, sum(ns < timeout_ns for ns in samples), late_us, latest_us)


def wait(ns: int) -> Timespec:
    """Return a timeout."""
    return Timespec.from_ns(ns)


def finding(claim: str, call: str, timed: dict[str, Timed]) -> Finding:
    """Return the finding about a call that must not return too early."""
    it = timed[call]
    return Finding(
        claim,
        verdict(it.short == 0),
        f"{REPEAT} calls of {call} with a timeout of {it.timeout_ms:g} ms: {it.short} returned too early",
        f"Here the median was {it.late_us:.0f} µs late.",
    )


@experiment("SLACK")
def slack(bench: Workbench) -> Results:
    """Set the slack of a thread to 1 ns, and to the usual 50,000 ns, and let pselect6 time out."""
    rounds = bench.child(late_by_slack).result()
    least, usual = map(median, rounds)
    yield Table(
        "pselect6, 0.3 ms", ("slack (ns)", "late (µs), median"), ((1, least / 1000), (50_000, usual / 1000))
    )
    yield decided_by(
        ratio(rounds[1], rounds[0]),
        2,
        "SLACK",
        ("holds", "false"),
        "with a timer slack of 50,000 ns a timeout was {} than twice as late as with 1 ns",
        measured=f"Here it was {usual / 1000:.0f} and {least / 1000:.0f} µs late; the ratio is {{}}.",
    )


def late_by_slack() -> list[list[float]]:
    """Return how many ns late timeouts are, with little slack and the usual: the median of each round."""
    rounds: dict[str, list[float]] = {"1": [], "50000": []}
    for _ in range(ROUNDS):
        for ns, late in rounds.items():
            try:
                with open("/proc/self/timerslack_ns", "w") as file:
                    file.write(ns)
            except OSError as error:
                raise Undecided(f"the timer slack cannot be set ({error})") from None
            timed = sampling.pselect6(0, None, None, None, wait(FINE_NS), None, repeat=REPEAT // 4)
            late.append(median(timed) - FINE_NS)
    return list(rounds.values())


@experiment("SPIN")
def deadline(bench: Workbench) -> Results:
    """Wait for twenty deadlines, each 2.5 ms away, with the remaining time as the timeout, rounded or not."""
    epfd = bench.epoll()
    ways: dict[str, Callable[[int], object]] = {
        "epoll_wait, rounded down": lambda ns: reported(epfd, ns // MS),
        "epoll_wait, rounded up": lambda ns: reported(epfd, -(-ns // MS)),
        "epoll_pwait2, not rounded": lambda ns: epoll_pwait2(epfd, NOTHING, 1, wait(ns), None),
    }
    runs = {way: [until_deadline(call) for _ in range(DEADLINES)] for way, call in ways.items()}
    yield Table(
        f"{DEADLINES} deadlines, each 2.5 ms away",
        ("the timeout", "turns of the loop, median", "late (µs), median"),
        tuple(
            (way, median(turns for turns, _ in of_way), median(late_ns for _, late_ns in of_way) / 1000)
            for way, of_way in runs.items()
        ),
    )
    down, up, exact = (max(turns for turns, _ in of_way) for of_way in runs.values())
    yield Answer(2, "1" if down == 1 else "2 or 3" if down <= 3 else "more than 3")
    yield Finding(
        "SPIN",
        verdict(down > up == exact),
        f"per deadline the loop made {up} turn with milliseconds rounded up, {exact} with nanoseconds, and "
        f"{'more' if down > up else 'not more'} with milliseconds rounded down: then it spins through the "
        "last one",
        f"Here it made up to {down:,} turns.",
    )


def until_deadline(call: Callable[[int], object]) -> tuple[int, int]:
    """Wait for a deadline in a loop; return its turns, and how many ns late it ended."""
    end = time.monotonic_ns() + DEADLINE_NS
    turns = 0
    while (left := end - time.monotonic_ns()) > 0:
        call(left)
        turns += 1
    return turns, -left


@experiment("C02")
def timeout_left(bench: Workbench) -> Results:
    """Call the C library's select three times with the same timeval of 1 ms, and never set it again."""
    timeout = Timeval.from_ns(MS)
    before = []
    for _ in range(3):
        before.append(timeout.total_ns)
        libc.select(0, None, None, None, timeout)
    waits = sum(ns == MS for ns in before)
    yield Table("The timeval before each call, set once", ("turn", "ns"), tuple(enumerate(before, 1)))
    yield Answer(3, {1: "once", 3: "three times"}.get(waits, f"{waits} times"))
    yield Finding(
        "C02",
        "depends" if waits < len(before) else "holds",
        "select is on every platform, but does not do the same on each: POSIX lets it change the timeout or "
        f"not. A loop that sets its timeval only once waits in {waits} of {len(before)} turns here",
    )


if __name__ == "__main__":
    main()
