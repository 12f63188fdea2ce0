"""What pymux costs: its calls, the standard library's and a C loop, in one run on the same descriptors.

In each round every contender makes the same system calls for the same short time, in random order;
a ratio is taken within a round, so that whatever slows the machine down slows both sides. What is
shown is the median over the rounds, with the quartiles. bench/README.md says what each number includes.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import select
import selectors
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from ctypes import c_int, c_int64, c_long, c_size_t, c_uint, c_void_p
from itertools import count
from time import perf_counter_ns
from timeit import Timer
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from bare import PAIR, BareOne, BareReady, bare_add, bare_epoll_wait, bare_poll, bare_remove
from common import Spread, compiled, epoll, eventfds, machine, spread
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

import pymux
from pymux._ffi import ffi, lib
from pymux.compat import selectors as compat_selectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Contender = Callable[[int], float]  # does its work so many times, returns the nanoseconds it took
    Round = dict[str, float]  # the nanoseconds that each contender took for one call

PYMUX, READY, STDLIB, C = "pymux", "pymux + ready(n)", "standard library", "C loop"
CFFI = "cffi alone"  # the compiled function, which raises no exception
EMPTY = "cffi, no system call"  # the same function with a count that it refuses
# The least that any function in Python around it costs, and with it the least of any ready() method.
FLOOR, READY_FLOOR = "bare function", "bare function + method"
IMPORT, BARE = "import pymux", "bare interpreter"

IDLE = (10, 1_000, 10_000)
DEFAULT = pymux.FD_SETSIZE - 1  # the maxevents of ep.poll(0): 1,023
WAITS = ((1, DEFAULT), (1, 1), (8, 8), (64, 64), (4_096, 4_096))  # ready, maxevents
SELECTED = (1, 8, 64, 4_096)  # ready
REGISTERED = 1_000
TRIED = 5  # times, to see how often the work fits into a batch


class Case(NamedTuple):
    """One piece of work, as each contender does it."""

    name: str
    contenders: dict[str, Contender]
    calls: int = 1  # system calls in one go


class Target(NamedTuple):
    """What must be reached: at most so many times what it is held against or, with a unit, so much more."""

    case: str
    contender: str
    against: str
    most: float
    unit: str = ""

    def reached(self, rounds: list[Round]) -> Spread:
        """Return the ratio or the difference, taken round by round."""
        return self._held(self.contender, rounds)

    def least(self, rounds: list[Round]) -> Spread | None:
        """Return the same for the least that Python can do; None where that was not measured."""
        floor = {PYMUX: FLOOR, READY: READY_FLOOR}.get(self.contender)
        return self._held(floor, rounds) if floor in rounds[0] else None

    def _held(self, contender: str, rounds: list[Round]) -> Spread:
        if not self.unit:
            return ratios(rounds, contender, self.against)
        return differences(rounds, contender, self.against, NS_IN[self.unit])


NS_IN = {"ns": 1, "ms": 1_000_000}
TARGETS = (
    Target("epoll_wait, 1 ready, maxevents 1,023", PYMUX, STDLIB, 0.97),
    Target("epoll_wait, 1 ready, maxevents 1,023", PYMUX, C, 180, "ns"),
    Target("epoll_wait, 1 ready, maxevents 1,023", READY, STDLIB, 1.25),
    Target("epoll_wait, 8 ready, maxevents 8", READY, STDLIB, 1.30),
    Target("epoll_wait, 64 ready, maxevents 64", READY, STDLIB, 1.02),
    Target("epoll_wait, 4,096 ready, maxevents 4,096", READY, STDLIB, 0.97),
    Target("poll, 1,000 idle", PYMUX, STDLIB, 1.02),
    Target("poll, 1,000 idle", PYMUX, C, 1.02),
    Target("select, 1,000 idle", PYMUX, STDLIB, 0.82),
    Target("select, 1,000 idle", PYMUX, C, 1.05),
    Target("epoll_ctl, add + del of 10,000", PYMUX, STDLIB, 1.18),
    Target("EpollSelector, register + unregister of 1,000", PYMUX, STDLIB, 1.20),
    Target("EpollSelector, select with 1 ready", PYMUX, STDLIB, 0.97),
    Target("EpollSelector, select with 64 ready", PYMUX, STDLIB, 0.90),
    Target("EpollSelector, select with 4,096 ready", PYMUX, STDLIB, 0.90),
    Target("import", IMPORT, BARE, 25, "ms"),
)


def ratios(rounds: list[Round], contender: str, against: str) -> Spread:
    """Return how many times as long as `against` the contender took."""
    return spread(one[contender] / one[against] for one in rounds)


def differences(rounds: list[Round], contender: str, against: str, unit_ns: float = 1) -> Spread:
    """Return how much longer than `against` the contender took, in units of `unit_ns`."""
    return spread((one[contender] - one[against]) / unit_ns for one in rounds)


class Loops:
    """The loops of bench/loop.c."""

    _SIGNATURES: ClassVar = {
        "epoll_wait": (c_long, c_long, c_int, c_void_p, c_int),
        "poll": (c_long, c_long, c_void_p, c_uint),
        "select": (c_long, c_long, c_int, c_void_p, c_void_p, c_size_t, c_void_p),
        "epoll_ctl": (c_long, c_int, c_void_p, c_long),
    }

    def __init__(self, directory: str) -> None:
        self._library = ctypes.CDLL(compiled("loop.c", directory, "-shared", "-fPIC"))

    def contender(self, name: str, *arguments: Any) -> Contender:
        """Return a contender that runs the loop `name` with `arguments`."""
        loop = self._library[f"loop_{name}"]
        loop.argtypes, loop.restype = self._SIGNATURES[name], c_int64

        def run(number: int) -> float:
            elapsed_ns: int = loop(number, *arguments)
            if elapsed_ns < 0:
                raise AssertionError(f"{name} did not return in C what it returns in Python")
            return elapsed_ns

        return run


def pointer(memory: memoryview) -> ctypes.Array[ctypes.c_char]:
    """Return `memory` itself as a C array."""
    return (ctypes.c_char * len(memory)).from_buffer(memory)


def python(statement: str, **names: Any) -> Contender:
    """Return a contender that runs `statement` in a bare loop, its names being local variables."""
    setup = "\n".join(f"{name} = names[{name!r}]" for name in names)
    return Timer(statement, setup, perf_counter_ns, globals={"names": names}).timeit


def interpreter(code: str) -> Contender:
    """Return a contender that runs `code` in a new interpreter, isolated from the current directory."""

    def run(number: int) -> float:
        start = perf_counter_ns()
        for _ in range(number):
            subprocess.run([sys.executable, "-I", "-c", code], check=True)
        return perf_counter_ns() - start

    return run


def wait_case(loops: Loops, ready: int, maxevents: int, epfd: int, standard: select.epoll) -> Case:
    """Wait where `ready` descriptors are ready already."""
    events, apart = pymux.EpollEvents(maxevents), pymux.EpollEvents(maxevents)
    names = {"epoll_wait": pymux.epoll_wait, "epfd": epfd, "events": events}
    call = f"epoll_wait(epfd, events, {maxevents}, 0)"
    alone = names | {"epoll_wait": lib.pymux_epoll_wait, "events": events._c}
    least = alone | {"epoll_wait": bare_epoll_wait}
    bare = (BareOne if ready == 1 else BareReady)(ffi.buffer(events._c.pairs, ready * PAIR.size))
    assert lib.pymux_epoll_wait(epfd, events._c, maxevents + 1, 0) == lib.PYMUX_OUT_OF_BOUNDS
    assert pymux.epoll_wait(epfd, events, maxevents, 0) == ready
    assert bare.ready(ready) == events.ready(ready)
    assert sorted(events.ready(ready)) == sorted(standard.poll(0, maxevents))
    return Case(
        f"epoll_wait, {ready:,} ready, maxevents {maxevents:,}",
        {
            PYMUX: python(call, **names),
            READY: python(f"events.ready({call})", **names),
            CFFI: python(call, **alone),
            EMPTY: python(f"epoll_wait(epfd, events, {maxevents + 1}, 0)", **alone),
            FLOOR: python(call, **least),
            READY_FLOOR: python(f"bare.ready({call})", **least, bare=bare),
            STDLIB: python("ep.poll(0)" if maxevents == DEFAULT else f"ep.poll(0, {maxevents})", ep=standard),
            C: loops.contender("epoll_wait", ready, epfd, pointer(apart.memory), maxevents),
        },
    )


def poll_case(loops: Loops, fds: list[int]) -> Case:
    """Poll idle descriptors."""
    n, array, standard = len(fds), pymux.PollFds([(fd, pymux.POLLIN) for fd in fds]), select.poll()
    for fd in fds:
        standard.register(fd, select.POLLIN)
    assert pymux.poll(array, n, 0) == len(standard.poll(0)) == 0
    return Case(
        f"poll, {n:,} idle",
        {
            PYMUX: python(f"poll(fds, {n}, 0)", poll=pymux.poll, fds=array),
            FLOOR: python(f"poll(fds, {n}, 0)", poll=bare_poll, fds=array._c),
            STDLIB: python("p.poll(0)", p=standard),
            C: loops.contender("poll", 0, pointer(array.memory), n),
        },
    )


def select_case(loops: Loops, fds: list[int]) -> Case:
    """Select idle descriptors; the set is filled before each call, as every loop around select must."""
    nfds = max(fds) + 1
    watched, readfds, zero = pymux.FdSet(nfds, fds), pymux.FdSet(nfds), pymux.Timeval()
    statement = f"readfds.assign(watched); select({nfds}, readfds, None, None, zero)"
    memory = pointer(readfds.memory), pointer(watched.memory), len(watched.memory), pointer(zero.memory)
    contenders = {
        PYMUX: python(statement, select=pymux.select, readfds=readfds, watched=watched, zero=zero),
        C: loops.contender("select", 0, nfds, *memory),
    }
    if nfds <= pymux.FD_SETSIZE:
        contenders[STDLIB] = python("select(fds, [], [], 0)", select=select.select, fds=fds)
    readfds.assign(watched)
    assert pymux.select(nfds, readfds, None, None, zero) == 0
    return Case(f"select, {len(fds):,} idle", contenders)


def ctl_case(loops: Loops, fds: list[int], epfd: int, standard: select.epoll) -> Case:
    """Add descriptors to an epoll, then remove them."""
    each = "for fd in fds: {}\nfor fd in fds: {}"
    ours = each.format("epoll_ctl(epfd, add, fd, EPOLLIN)", "epoll_ctl(epfd, delete, fd)")
    alone = each.format("add_fd(epfd, add, fd, 1)", "null(epfd, delete, fd)")
    theirs = each.format("ep.register(fd, EPOLLIN)", "ep.unregister(fd)")
    names = {"epoll_ctl": pymux.epoll_ctl, "add": pymux.EPOLL_CTL_ADD, "delete": pymux.EPOLL_CTL_DEL}
    n, array = len(fds), (c_int * len(fds))(*fds)
    return Case(
        f"epoll_ctl, add + del of {n:,}",
        {
            PYMUX: python(ours, epfd=epfd, fds=fds, EPOLLIN=pymux.EPOLLIN, **names),
            CFFI: python(
                alone,
                epfd=epfd,
                fds=fds,
                **names,
                add_fd=lib.pymux_epoll_ctl_fd,
                null=lib.pymux_epoll_ctl_null,
            ),
            FLOOR: python(alone, epfd=epfd, fds=fds, **names, add_fd=bare_add, null=bare_remove),
            STDLIB: python(theirs, ep=standard, fds=fds, EPOLLIN=select.EPOLLIN),
            C: loops.contender("epoll_ctl", epfd, array, n),
        },
        calls=2 * n,
    )


class Selectors:
    """An EpollSelector of pymux.compat and the standard one, which watch the same ready descriptors."""

    def __init__(self, stack: ExitStack, fds: list[int]) -> None:
        self.of: dict[str, Any] = {PYMUX: compat_selectors.EpollSelector(), STDLIB: selectors.EpollSelector()}
        for selector in self.of.values():
            stack.enter_context(selector)
            for fd in fds:
                selector.register(fd, selectors.EVENT_READ)
            assert len(selector.select(0)) == len(fds)

    def case(self, what: str, statement: str, methods: tuple[str, ...], calls: int = 1, **names: Any) -> Case:
        """Return the work `statement`, which uses the `methods` as local variables."""
        contenders = {
            name: python(statement, **{method: getattr(selector, method) for method in methods}, **names)
            for name, selector in self.of.items()
        }
        return Case(f"EpollSelector, {what}", contenders, calls)


def selector_cases(stack: ExitStack, ready: list[int]) -> Iterator[Case]:
    """Yield what an event loop does with its selector: register, modify and select."""
    for n in SELECTED:
        if n <= len(ready):
            of_n = Selectors(stack, ready[:n])
            yield of_n.case(f"select with {n:,} ready", "select(0)", ("select",))
    some = ready[:REGISTERED]
    n, of_some = len(some), Selectors(stack, some)
    names = {"fds": some, "read": selectors.EVENT_READ, "data": count()}
    # New keys, for which no answer is kept from the waits before.
    statement = "for fd in fds: modify(fd, read, next(data))\nselect(0)"
    yield of_some.case(f"modify of {n:,}, and select", statement, ("modify", "select"), n, **names)
    statement = "for fd in fds: unregister(fd)\nfor fd in fds: register(fd, read)"
    yield of_some.case(
        f"register + unregister of {n:,}", statement, ("register", "unregister"), 2 * n, **names
    )


@contextmanager
def prepared(most: int) -> Iterator[list[Case]]:
    """Set up every case of at most `most` descriptors."""
    with ExitStack() as stack:
        loops = Loops(stack.enter_context(tempfile.TemporaryDirectory()))
        waits = [(n, maxevents) for n, maxevents in WAITS if n <= most]
        fds = stack.enter_context(eventfds(most + max(n for n, _ in waits)))
        idle, ready = fds[:most], fds[most:]  # the lowest numbers are idle: select.select ends at 1,024
        for fd in ready:
            os.eventfd_write(fd, 1)

        def epolls(watched: list[int]) -> tuple[int, select.epoll]:
            """Return one epoll as a descriptor and as the standard library's object."""
            epfd = stack.enter_context(epoll(watched))
            return epfd, stack.enter_context(select.epoll.fromfd(os.dup(epfd)))

        sizes = [n for n in IDLE if n <= most]
        yield [
            *(wait_case(loops, n, maxevents, *epolls(ready[:n])) for n, maxevents in waits),
            *(poll_case(loops, idle[:n]) for n in sizes),
            *(select_case(loops, idle[:n]) for n in sizes),
            ctl_case(loops, idle, *epolls([])),
            *selector_cases(stack, ready),
            Case("import", {IMPORT: interpreter("import pymux"), BARE: interpreter("pass")}),
        ]


def repetitions(case: Case, batch_ns: float) -> int:
    """Return how often the work fits into `batch_ns`, at least once. The first go warms up everything."""
    for contender in case.contenders.values():
        contender(1)
    return max(1, int(batch_ns / max(contender(TRIED) / TRIED for contender in case.contenders.values())))


def one_round(case: Case, number: int) -> Round:
    """Let every contender do its work `number` times, in random order."""
    order = random.sample(list(case.contenders.items()), len(case.contenders))
    order[-1][1](1)  # brings the descriptors back into the caches: else the first would pay for it
    took = {name: contender(number) / (number * case.calls) for name, contender in order}
    return {name: took[name] for name in case.contenders}


def measured(cases: list[Case], rounds: int, batch_ns: float) -> tuple[dict[str, list[Round]], bool]:
    """Measure all cases, in random order, `rounds` times; return the figures and whether Ctrl-C came."""
    results: dict[str, list[Round]] = {case.name: [] for case in cases}
    numbers = [repetitions(case, batch_ns) for case in cases]
    try:
        for done in range(rounds):
            # No progress bar: its thread would make every descriptor more expensive (see README.md).
            print(f"round {done + 1} of {rounds}", end="\r", file=sys.stderr)
            for case, number in random.sample(list(zip(cases, numbers, strict=True)), len(cases)):
                results[case.name].append(one_round(case, number))
    except KeyboardInterrupt:
        return {name: done for name, done in results.items() if done}, True
    return results, False


def reached(results: dict[str, list[Round]]) -> Iterator[tuple[Target, Spread, Spread | None, str]]:
    """Yield each target that was measured: what was reached, the least there is, and the verdict."""
    for target in TARGETS:
        if rounds := results.get(target.case):
            found = target.reached(rounds)
            yield target, found, target.least(rounds), "met" if found.median <= target.most else "MISSED"


def targets_table(results: dict[str, list[Round]]) -> Table:
    """Return what must be reached beside what was."""
    columns = ("measured", "against", "at most", "reached (quartiles)", "the least", "verdict")
    table = Table(*columns, box=MARKDOWN)
    for target, found, least, verdict in reached(results):
        digits = 1 if target.unit else 3
        most = f"{target.most} {target.unit} more" if target.unit else f"{target.most:.2f}"
        floor = f"{least.median:.{digits}f}" if least else ""
        what = f"{target.case}: {target.contender}"
        table.add_row(what, target.against, most, found.text(digits), floor, verdict)
    return table


def figures_table(results: dict[str, list[Round]]) -> Table:
    """Return everything that was measured."""
    table = Table("measured", "by", "ns per call", f"/ {STDLIB}", f"/ {C}", f"ns more than {C}", box=MARKDOWN)
    for case, rounds in results.items():
        for name in rounds[0]:
            row = [case, name, spread(one[name] for one in rounds).text(0)]
            row += [
                ratios(rounds, name, other).text(3) if other in rounds[0] else "" for other in (STDLIB, C)
            ]
            row += [differences(rounds, name, C).text(0)] if C in rounds[0] else [""]
            table.add_row(*row)
    return table


def as_json(results: dict[str, list[Round]]) -> dict[str, Any]:
    """Return where it was measured, the verdicts, and the nanoseconds per call of every round."""
    verdicts = [
        {
            **target._asdict(),
            "reached": found._asdict(),
            "least": least and least._asdict(),
            "verdict": verdict,
        }
        for target, found, least, verdict in reached(results)
    ]
    return {"machine": machine(), "targets": verdicts, "rounds_ns_per_call": results}


def main() -> int:
    """Measure, print, and return the exit code: 130 after Ctrl-C, with what was measured so far."""
    parser = argparse.ArgumentParser(description="pymux against the standard library and a C loop")
    parser.add_argument("--rounds", type=int, default=300, help="how often everything is measured")
    parser.add_argument("--batch-ms", type=float, default=0.5, help="how long a contender runs in a round")
    parser.add_argument("--most", type=int, default=max(IDLE), help="the most idle descriptors")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args()
    with prepared(options.most) as cases:
        results, interrupted = measured(cases, options.rounds, options.batch_ms * 1e6)
    console = Console(width=200, highlight=False)
    console.print(*(f"{name}: {value}" for name, value in machine().items()), sep="\n")
    console.print(targets_table(results), figures_table(results))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(as_json(results), file, indent=1)
    return 130 if interrupted else 0


if __name__ == "__main__":
    sys.exit(main())
