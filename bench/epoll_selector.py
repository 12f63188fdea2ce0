"""pymux's EpollSelector beside the standard one, in one run on the same descriptors.

Both watch the same ready eventfds. Batches of the two take turns, each pair gives one ratio, and what
is shown is the median ratio with its quartiles: at 1 ready at most 1.10, from 64 ready on at most 0.90.
Beside them, without a target: `cold` is a modify() of each descriptor, which forgets its answers, and one
select(); `register` is unregister() and register() of each. The time is the CPU time of the thread (user
and system), because nothing here waits and other programs may be running.

    python bench/selectors.py [--rounds N] [--batch-ms MS] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import selectors as standard
import sys
from contextlib import ExitStack
from pathlib import Path
from time import thread_time_ns
from typing import TYPE_CHECKING, Any

from common import Spread, eventfds, machine, spread

from pymux.compat import selectors as ours

if TYPE_CHECKING:
    from collections.abc import Callable

READY = (1, 8, 64, 512, 4096)
MOST = {1: 1.10, 64: 0.90, 512: 0.90, 4096: 0.90}  # ours by the standard one, of select() alone


def timed(function: Callable[[], object], times: int) -> float:
    """Return the nanoseconds of one call, of `times` calls."""
    repeat = range(times)
    start = thread_time_ns()
    for _ in repeat:
        function()
    return (thread_time_ns() - start) / times


def compared(one: Callable[[], object], other: Callable[[], object], arguments: Any) -> tuple[Spread, ...]:
    """Return the ns of each, and the ratio of the first to the second, batches taking turns."""
    times = max(1, int(arguments.batch_ms * 1e6 / timed(other, 1)))
    pairs = []
    for i in range(arguments.rounds):
        first, second = (one, other) if i % 2 else (other, one)
        figures = timed(first, times), timed(second, times)
        pairs.append(figures if i % 2 else figures[::-1])
    return (
        spread(ns for ns, _ in pairs),
        spread(ns for _, ns in pairs),
        spread(ns / other_ns for ns, other_ns in pairs),
    )


def registered(kind: type[Any], fds: list[int], stack: ExitStack) -> Any:
    """Return a selector that watches `fds`."""
    selector = stack.enter_context(kind())
    for fd in fds:
        selector.register(fd, standard.EVENT_READ)
    assert len(selector.select(0)) == len(fds)
    return selector


def select(selector: Any) -> Callable[[], object]:
    """Return what is timed: select() without a wait."""
    return lambda: selector.select(0)


def cold(selector: Any, fds: list[int]) -> Callable[[], object]:
    """Return what is timed: new keys, which modify() makes without a system call, and one select()."""
    data = iter(range(2**62))

    def once() -> None:
        for fd in fds:
            selector.modify(fd, standard.EVENT_READ, next(data))
        selector.select(0)

    return once


def register(selector: Any, fds: list[int]) -> Callable[[], object]:
    """Return what is timed: unregister() and register() of every descriptor."""

    def once() -> None:
        for fd in fds:
            selector.unregister(fd)
            selector.register(fd, standard.EVENT_READ)

    return once


def main() -> int:
    """Measure and show; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--batch-ms", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    rows = []
    print(f"{'ns per call, medians':24}{'pymux':>10}{'standard':>10}   ratio (quartiles)")
    with eventfds(max(READY)) as fds:
        for fd in fds:
            os.eventfd_write(fd, 1)
        for count in READY:
            with ExitStack() as stack:
                some = fds[:count]
                mine, theirs = (
                    registered(kind, some, stack) for kind in (ours.EpollSelector, standard.EpollSelector)
                )
                for what, one, other, most in (
                    ("select", select(mine), select(theirs), MOST.get(count)),
                    ("cold", cold(mine, some), cold(theirs, some), None),
                    ("register", register(mine, some), register(theirs, some), None),
                ):
                    ns, other_ns, ratio = compared(one, other, arguments)
                    verdict = "" if most is None else "met" if ratio.median <= most else "MISSED"
                    target = "" if most is None else f"  at most {most:.2f}: {verdict}"
                    name = f"{what}, {count:,} ready"
                    print(
                        f"{name:24}{ns.median:10,.0f}{other_ns.median:10,.0f}   {ratio.text(2)}{target}",
                        flush=True,
                    )
                    rows.append(
                        {
                            "case": what,
                            "ready": count,
                            "pymux_ns": ns,
                            "standard_ns": other_ns,
                            "ratio": ratio,
                        }
                        | {"most": most, "verdict": verdict}
                    )
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2))
    return int(any(row["verdict"] == "MISSED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
