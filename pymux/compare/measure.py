"""The comparison itself: what is measured, how often, and whether each call reported the right descriptors.

The kernel is timed in C around the system call (`pymux.sampling`). What Python adds is timed in
Python around one whole use: put the set back, call, read out what is ready. After every call the
descriptors it reported must be exactly the ready ones.
"""

from __future__ import annotations

import os
import random
from array import array
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from statistics import median, quantiles
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, epoll_ctl, sampling
from pymux.bootstrap import Ratio, ratio
from pymux.compare.contenders import Epoll, contenders, epolls
from pymux.compare.descriptors import Watched
from pymux.compare.helpers import Helpers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pymux.compare.contenders import Contender
    from pymux.sampling import Samples

_BATCH_NS = 20_000_000  # time for one contender in one round, twice: in C and from Python
_ADDS = 200
_FEW = 1_000  # descriptors of the epoll that takes turns with one beyond the limit
_FEWEST, _MOST = 20, 2_000  # repetitions in that time


class WrongAnswerError(Exception):
    """A call reported other descriptors than the ready ones."""


@dataclass(frozen=True)
class Active:
    """How many of N descriptors are ready: a count, or a percentage of N."""

    amount: float
    percent: bool = False

    def of(self, n: int) -> int:
        """Return the number for `n` descriptors."""
        return round(n * self.amount / 100) if self.percent else int(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:g}%" if self.percent else f"{self.amount:g}"


@dataclass(frozen=True)
class Plan:
    """What to measure: for each kind, each (n, active) with all contenders."""

    kinds: tuple[str, ...]
    cases: tuple[tuple[int, Active], ...]
    rounds: int = 11
    seed: int = 1
    most: int = 2**31 - 1  # of what one process may open: beyond it epoll alone is measured

    @property
    def steps(self) -> int:
        """How many batches `measure` will make."""
        return (
            len(self.kinds)
            * self.rounds
            * sum(len(self.contenders(n, active.of(n))) + (n > self.most) for n, active in self.cases)
        )

    def contenders(self, n: int, ready: int) -> list[type[Contender]]:
        """Return what is measured with `n` descriptors, `ready` of them ready."""
        return contenders(ready) if n <= self.most else epolls()

    def fitted(self, most: int, beyond: int = 0) -> Plan:
        """Return the plan with no N above `most` for one process, and none above `beyond` at all."""
        cases = dict.fromkeys((min(n, most), active) for n, active in self.cases)
        cases |= dict.fromkeys((min(n, beyond), active) for n, active in self.cases if n > most < beyond)
        return replace(self, cases=tuple(cases), most=most)


class OverFew(NamedTuple):
    """How many times as long epoll took as with few descriptors, `n` of them, in the same rounds."""

    n: int
    ratio: Ratio


@dataclass
class Measurement:
    """One contender on `n` descriptors of a kind, `active` of them ready."""

    kind: str
    n: int
    active: int
    label: str
    family: str
    kernel_ns: array[int] = field(default_factory=lambda: array("q"))  # every sample
    python_adds_ns: list[float] = field(default_factory=list)  # a round: median use less median call
    rounds_us: list[float] = field(default_factory=list)  # a round: the median call
    add_us: float | None = None  # of one EPOLL_CTL_ADD more
    kernel_kib: float | None = (
        None  # of each descriptor with its registrations, where other processes hold them
    )
    over_few: OverFew | None = None  # of level-triggered epoll, where other processes hold descriptors

    @property
    def kernel_us(self) -> float:
        """The median time of the system call in microseconds."""
        return median(self.kernel_ns) / 1_000

    @property
    def quartiles_us(self) -> tuple[float, float]:
        """The first and the third quartile of the system call's time in microseconds."""
        return _quartiles_us(self.kernel_ns)

    @property
    def python_adds_us(self) -> float:
        """What a whole use from Python takes beyond the system call, in microseconds."""
        return median(self.python_adds_ns) / 1_000

    @property
    def python_adds_quartiles_us(self) -> tuple[float, float]:
        """The first and the third quartile over the rounds of what Python adds, in microseconds."""
        return _quartiles_us(self.python_adds_ns)


Turn: TypeAlias = "tuple[Contender, Measurement]"


def _quartiles_us(ns: Sequence[float]) -> tuple[float, float]:
    first, _, third = quantiles(ns, n=4) if len(ns) > 1 else (ns[0],) * 3
    return first / 1_000, third / 1_000


def measure(plan: Plan, results: list[Measurement], advance: Callable[[str], object]) -> None:
    """Carry out `plan`; `results` grows as it goes, so that an interruption keeps what is done.

    `advance` is called after each batch with what is being measured. Raises `WrongAnswerError`.
    """
    rng = random.Random(plan.seed)
    for kind in plan.kinds:
        with Watched(kind, min(plan.most, max(n for n, _ in plan.cases))) as watched:
            for n, active in plan.cases:
                own = min(n, plan.most)
                ready = sorted(rng.sample(range(own), active.of(n)))
                watched.make_ready(ready)
                _measure_case(plan, watched, n, ready, results, advance)
                watched.make_idle(ready)


def _measure_case(
    plan: Plan,
    watched: Watched,
    n: int,
    ready: list[int],
    results: list[Measurement],
    advance: Callable[[str], object],
) -> None:
    fds, expected = watched.fds[:n], [watched.fds[i] for i in ready]
    measured: list[Turn] = []
    with ExitStack() as stack:
        for make in plan.contenders(n, len(ready)):
            contender = make(fds, len(ready))
            stack.callback(contender.close)
            measured.append((contender, Measurement(watched.kind, n, len(ready), make.label, make.family)))
        with _others(watched.kind, n - len(fds), measured), _few(watched, n, expected, measured) as turns:
            _measure_rounds(plan.rounds, n, turns, expected, results, advance)
            _measure_add(measured)


def _measure_rounds(
    rounds: int,
    n: int,
    measured: list[Turn],
    expected: list[int],
    results: list[Measurement],
    advance: Callable[[str], object],
) -> None:
    for _ in range(rounds):
        for contender, measurement in measured:
            kernel, python = _batch(contender, expected)
            if not measurement.kernel_ns and measurement.n == n:  # else it is the one of _few()
                results.append(measurement)
            measurement.kernel_ns.extend(kernel)
            measurement.python_adds_ns.append(median(python) - median(kernel))
            measurement.rounds_us.append(median(kernel) / 1_000)
            advance(f"{measurement.kind}, N = {n:,}, {contender.label}")


@contextmanager
def _few(watched: Watched, n: int, expected: list[int], measured: list[Turn]) -> Iterator[list[Turn]]:
    """Where other processes hold descriptors, have an epoll with few take turns with the one with many.

    The processor's frequency drifts between two cases by more than epoll differs between them.
    """
    if n <= len(watched.fds):
        yield measured
        return
    found = set(expected)
    fds = [*expected, *(fd for fd in watched.fds if fd not in found)][: max(_FEW, len(expected))]
    epoll = Epoll(fds, len(expected))
    few = Measurement(watched.kind, len(fds), len(expected), epoll.label, epoll.family)
    try:
        yield [(epoll, few), *measured]
        for contender, measurement in measured:
            if type(contender) is Epoll:
                measurement.over_few = OverFew(few.n, ratio(measurement.rounds_us, few.rounds_us))
    finally:
        epoll.close()


@contextmanager
def _others(kind: str, n: int, measured: list[Turn]) -> Iterator[None]:
    """Have other processes add `n` descriptors more to each epoll; note the memory that they take."""
    if not n:
        yield
        return
    lists = [(each.epfd, each.mask) for each, _ in measured if isinstance(each, Epoll)]
    with Helpers(kind, n, lists) as helpers:
        for _, measurement in measured:
            measurement.kernel_kib = helpers.kib
        yield


def _measure_add(measured: list[Turn]) -> None:
    """Time EPOLL_CTL_ADD of one descriptor more, as the lists are now."""
    fd = os.eventfd(0)
    try:
        for contender, measurement in measured:
            if isinstance(contender, Epoll):
                arguments = contender.epfd, EPOLL_CTL_ADD, fd, contender.mask
                measurement.add_us = median(sampling.epoll_ctl(*arguments, repeat=_ADDS)) / 1_000
                epoll_ctl(contender.epfd, EPOLL_CTL_DEL, fd)
    finally:
        os.close(fd)


def _batch(contender: Contender, expected: list[int]) -> tuple[array[int], array[int]]:
    _sample(contender, expected, 1)  # brings the descriptors back into the caches
    start = perf_counter_ns()
    _sample(contender, expected, 1)
    repeat = max(_FEWEST, min(_MOST, _BATCH_NS // (perf_counter_ns() - start)))
    kernel = _sample(contender, expected, repeat)
    return kernel, array("q", _uses(contender, expected, repeat))


def _sample(contender: Contender, expected: list[int], repeat: int) -> Samples:
    contender.rearm(expected)
    samples = contender.sample(repeat)
    if samples.differing or samples.results[-1] != contender.returned(len(expected)):
        counts = sorted(set(samples.results))
        raise WrongAnswerError(f"{contender.label} returned {counts} where {len(expected)} are ready")
    _check(contender, contender.reported(samples.results[-1]), expected)
    return samples


def _uses(contender: Contender, expected: list[int], repeat: int) -> Iterator[int]:
    for _ in range(repeat):
        contender.rearm(expected)
        start = perf_counter_ns()
        reported = contender.use()
        elapsed = perf_counter_ns() - start
        _check(contender, reported, expected)
        yield elapsed


def _check(contender: Contender, reported: list[int], expected: list[int]) -> None:
    if sorted(reported) != sorted(expected):
        wrong = sorted(set(reported) ^ set(expected))[:5]
        raise WrongAnswerError(f"{contender.label} was wrong about the descriptors {wrong}")


def slope_ns(points: list[tuple[float, float]]) -> float | None:
    """Return the slope of (n, µs) points in ns per descriptor, by least squares; None for one point."""
    if len(points) < 2:
        return None
    mean_n = sum(n for n, _ in points) / len(points)
    mean_us = sum(us for _, us in points) / len(points)
    spread = sum((n - mean_n) ** 2 for n, _ in points)
    return 1_000 * sum((n - mean_n) * (us - mean_us) for n, us in points) / spread
