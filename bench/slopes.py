"""Does pymux time the kernel as a C program does? The same calls by both, in one run.

`pymux compare` rests on pymux.sampling. Here it measures select, poll and level-triggered epoll
on 10 to 10,000 eventfds, one of them ready, and bench/compare.c, which shares no code with it, does so
on the same descriptors, which it inherits. Per round each side gives a slope, in ns per descriptor; the
two must agree within 10 %. epoll's is about zero, so there the two levels are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from statistics import linear_regression, mean, median
from typing import TYPE_CHECKING, Any

from common import compiled, epoll, eventfds, machine, spread
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

import pymux
from pymux import sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    Medians = dict[str, float]  # of each call the median in nanoseconds
    Side = Callable[[list[int], int], Medians]
    Round = dict[str, dict[int, Medians]]  # of each side, of each number of descriptors

WATCHED = (10, 100, 1_000, 10_000)
CALLS = ("select", "poll", "epoll")
PYMUX, C = "pymux.sampling", "C program"
AGREE = 0.10


def by_pymux(fds: list[int], repeat: int) -> Medians:
    """Measure all calls with pymux.sampling."""
    n, nfds = len(fds), max(fds) + 1
    readfds, array = pymux.FdSet(nfds, fds), pymux.PollFds([(fd, pymux.POLLIN) for fd in fds])
    events, zero = pymux.EpollEvents(n), pymux.Timeval()
    with epoll(fds) as epfd:
        samples = {
            "select": sampling.select(nfds, readfds, None, None, zero, repeat=repeat),
            "poll": sampling.poll(array, n, 0, repeat=repeat),
            "epoll": sampling.epoll_wait(epfd, events, n, 0, repeat=repeat),
        }
    assert all(set(one.results) == {1} and not one.differing for one in samples.values())
    return {call: median(one) for call, one in samples.items()}


def by_c(program: str) -> Side:
    """Return a function that measures all calls with bench/compare.c."""

    def measure(fds: list[int], repeat: int) -> Medians:
        given = " ".join(map(str, fds))
        command = [program, str(repeat)]
        run = subprocess.run(
            command, input=given, pass_fds=fds, stdout=subprocess.PIPE, text=True, check=True
        )
        return {call: float(ns) for call, ns in map(str.split, run.stdout.splitlines())}

    return measure


def one_round(sides: dict[str, Side], fds: list[int], watched: list[int], repeat: int) -> Round:
    """Let both sides measure every number of descriptors, in random order, a random one being ready."""
    result: Round = {side: {} for side in sides}
    for n in random.sample(watched, len(watched)):
        ready = random.choice(fds[:n])
        os.eventfd_write(ready, 1)
        for side in random.sample(list(sides), len(sides)):
            result[side][n] = sides[side](fds[:n], repeat)
        os.eventfd_read(ready)
    return result


def slope(one: dict[int, Medians], call: str) -> float:
    """Return the ns per descriptor, by least squares."""
    return linear_regression(list(one), [medians[call] for medians in one.values()]).slope


def level(one: dict[int, Medians], call: str) -> float:
    """Return the ns per call, over all numbers of descriptors."""
    return mean(medians[call] for medians in one.values())


def agreement(rounds: list[Round]) -> dict[str, dict[str, Any]]:
    """Return of each call what both sides found, their ratio round by round, and whether they agree."""
    found = {}
    for call in CALLS:
        measure = level if call == "epoll" else slope
        ours, theirs = ([measure(one[side], call) for one in rounds] for side in (PYMUX, C))
        ratio = spread(a / b for a, b in zip(ours, theirs, strict=True))
        found[call] = {
            "compared": "ns per call" if call == "epoll" else "ns per descriptor",
            PYMUX: spread(ours),
            C: spread(theirs),
            "ratio": ratio,
            "agree": abs(ratio.median - 1) <= AGREE,
        }
    return found


def agreement_table(found: dict[str, dict[str, Any]]) -> Table:
    """Return the agreement, readable."""
    table = Table("call", "compared", PYMUX, C, "ratio (quartiles)", f"within {AGREE:.0%}", box=MARKDOWN)
    for call, one in found.items():
        sides = (one[side].text(1) for side in (PYMUX, C))
        table.add_row(call, one["compared"], *sides, one["ratio"].text(3), "yes" if one["agree"] else "NO")
    return table


def medians_table(rounds: list[Round]) -> Table:
    """Return the ns per call of both sides, for every number of descriptors."""
    table = Table("call", "descriptors", PYMUX, C, "ratio (quartiles)", box=MARKDOWN)
    for call in CALLS:
        for n in sorted(rounds[0][C]):
            ours, theirs = ([one[side][n][call] for one in rounds] for side in (PYMUX, C))
            ratio = spread(a / b for a, b in zip(ours, theirs, strict=True))
            table.add_row(call, f"{n:,}", spread(ours).text(0), spread(theirs).text(0), ratio.text(3))
    return table


def measured(most: int, number: int, repeat: int) -> list[Round]:
    """Measure `number` rounds, fewer where Ctrl-C comes in between."""
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as directory, eventfds(most) as fds:
        sides = {PYMUX: by_pymux, C: by_c(compiled("compare.c", directory))}
        watched = [n for n in WATCHED if n <= most]
        try:
            for i in range(number):
                print(f"round {i + 1} of {number}", end="\r", file=sys.stderr)
                rounds.append(one_round(sides, fds, watched, repeat))
        except KeyboardInterrupt:
            print("stopped: what follows is what was measured so far", file=sys.stderr)
    return rounds


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="pymux.sampling against a C program")
    parser.add_argument("--rounds", type=int, default=30, help="how often everything is measured")
    parser.add_argument("--repeat", type=int, default=200, help="calls behind each median")
    parser.add_argument("--most", type=int, default=max(WATCHED), help="the most descriptors")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args()
    rounds = measured(options.most, options.rounds, options.repeat)
    if not rounds:
        return 130
    found = agreement(rounds)
    console = Console(width=120, highlight=False)
    console.print(*(f"{name}: {value}" for name, value in machine().items()), sep="\n")
    console.print(agreement_table(found), medians_table(rounds))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": machine(), "agreement": found, "rounds_median_ns": rounds}, file, indent=1)
    return 0 if len(rounds) == options.rounds else 130


if __name__ == "__main__":
    sys.exit(main())
