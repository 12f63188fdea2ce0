"""The comparison itself: what is measured, how often, and whether each call reported the right descriptors.

The kernel is timed in C around the system call (`pymux.sampling`). What Python adds is timed in
Python around one whole use: put the set back, call, read out what is ready. After every call the
descriptors it reported must be exactly the ready ones.
"""

from __future__ import annotations

import os
import random
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from statistics import median, quantiles
from time import perf_counter_ns
from typing import TYPE_CHECKING

import pymux
from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    sampling,
)
from pymux.compare.crowd import Crowd
from pymux.compare.descriptors import Watched
from pymux.raw.made_by import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pymux.sampling import Samples

_BATCH_NS = 20_000_000  # time for one contender in one round, twice: in C and from Python
_ADDS = 200
_FEWEST, _MOST = 20, 2_000  # repetitions in that time


class WrongAnswerError(Exception):
    """A call reported other descriptors than the ready ones."""


class Contender:
    """One way to find the readable among some descriptors: a call, its arguments, and its result."""

    label: str  # with the system call in brackets where another makes it
    family: str  # select, poll or epoll, as published tables have it
    _between: dict[str, int] = {}  # noqa: RUF012 (what sampling does between two repetitions)

    def __init__(self, fds: list[int]) -> None:
        raise NotImplementedError

    def _calls(self, call: Callable[..., int], sampled: Callable[..., Samples], *arguments: object) -> None:
        self._call, self._sampled, self._arguments = call, sampled, arguments

    def sample(self, repeat: int) -> Samples:
        """Make the call `repeat` times in C; the result of the last stays in the buffers."""
        self.restore()
        return self._sampled(*self._arguments, repeat=repeat, **self._between)

    def use(self) -> list[int]:
        """Call once from Python, as a program does."""
        self.restore()
        return self.reported(self._call(*self._arguments))

    def restore(self) -> None:
        """Put back what the last call rewrote."""

    def reported(self, result: int) -> list[int]:
        """Read the result out of the buffers."""
        raise NotImplementedError

    def rearm(self, ready: list[int]) -> None:
        """Arm the descriptors `ready` again."""

    def close(self) -> None:
        """Give back what the contender holds."""


class Select(Contender):
    """select, with bitmaps as large as the highest descriptor needs."""

    label, family = labelled("select"), "select"

    def __init__(self, fds: list[int]) -> None:
        nfds = max(fds) + 1
        self._wanted = FdSet(nfds, fds)
        self._readfds = self._wanted.copy()
        self._calls(pymux.select, sampling.select, nfds, self._readfds, None, None, Timeval())

    def restore(self) -> None:
        """Put the set back."""
        self._readfds.assign(self._wanted)

    def reported(self, result: int) -> list[int]:
        """Read the set."""
        return list(self._readfds)


class Poll(Contender):
    """poll, over one array that is never rebuilt."""

    label, family = labelled("poll"), "poll"

    def __init__(self, fds: list[int]) -> None:
        self._array = PollFds((fd, POLLIN) for fd in fds)
        self._calls(pymux.poll, sampling.poll, self._array, len(fds), 0)

    def reported(self, result: int) -> list[int]:
        """Read the array."""
        return [fd for fd, _ in self._array.ready()]


class Epoll(Contender):
    """epoll, level triggered, with room for every descriptor."""

    label, family = labelled("epoll_wait", "epoll"), "epoll"
    mask = EPOLLIN

    def __init__(self, fds: list[int]) -> None:
        self.epfd = epoll_create1(EPOLL_CLOEXEC)
        self._events = EpollEvents(len(fds))
        for fd in fds:
            epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, self.mask)
        self._calls(pymux.epoll_wait, sampling.epoll_wait, self.epfd, self._events, len(fds), 0)

    def reported(self, result: int) -> list[int]:
        """Read the events."""
        return [data for data, _ in self._events.ready(result)]

    def close(self) -> None:
        """Close the epoll."""
        os.close(self.epfd)


class EpollEdge(Epoll):
    """epoll, edge triggered: EPOLL_CTL_MOD gives each ready descriptor a new edge before each call."""

    label, family = labelled("epoll_wait", "epoll ET"), "epoll ET"
    mask = EPOLLIN | EPOLLET
    _between = {"rearm": mask}  # noqa: RUF012 (never changed)

    def rearm(self, ready: list[int]) -> None:
        """Check each descriptor's readiness again (epoll(7), question 8)."""
        for fd in ready:
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, fd, self.mask)


def epolls() -> list[type[Contender]]:
    """Return what can be measured with more descriptors than a process may open."""
    return [Epoll, EpollEdge]


def contenders() -> list[type[Contender]]:
    """Return what is measured: one call of each family, and epoll in both trigger modes."""
    return [Select, Poll, *epolls()]


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
        return len(self.kinds) * self.rounds * sum(len(self.contenders(n)) for n, _ in self.cases)

    def contenders(self, n: int) -> list[type[Contender]]:
        """Return what is measured with `n` descriptors."""
        return contenders() if n <= self.most else epolls()

    def fitted(self, most: int, beyond: int = 0) -> Plan:
        """Return the plan with no N above `most` for one process, and none above `beyond` at all."""
        cases = dict.fromkeys((min(n, most), active) for n, active in self.cases)
        cases |= dict.fromkeys((min(n, beyond), active) for n, active in self.cases if n > most < beyond)
        return replace(self, cases=tuple(cases), most=most)


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
    measured = [
        (make(fds), Measurement(watched.kind, n, len(ready), make.label, make.family))
        for make in plan.contenders(n)
    ]
    try:
        with _others(watched.kind, n - len(fds), measured):
            _measure_rounds(plan.rounds, n, measured, expected, results, advance)
            _measure_add(measured)
    finally:
        for contender, _ in measured:
            contender.close()


def _measure_rounds(
    rounds: int,
    n: int,
    measured: list[tuple[Contender, Measurement]],
    expected: list[int],
    results: list[Measurement],
    advance: Callable[[str], object],
) -> None:
    for _ in range(rounds):
        for contender, measurement in measured:
            kernel, python = _batch(contender, expected)
            if not measurement.kernel_ns:
                results.append(measurement)
            measurement.kernel_ns.extend(kernel)
            measurement.python_adds_ns.append(median(python) - median(kernel))
            measurement.rounds_us.append(median(kernel) / 1_000)
            advance(f"{measurement.kind}, N = {n:,}, {contender.label}")


@contextmanager
def _others(kind: str, n: int, measured: list[tuple[Contender, Measurement]]) -> Iterator[None]:
    """Have other processes add `n` descriptors more to each epoll; note the memory that they take."""
    if not n:
        yield
        return
    lists = [(each.epfd, each.mask) for each, _ in measured if isinstance(each, Epoll)]
    with Crowd(kind, n, lists) as crowd:
        for _, measurement in measured:
            measurement.kernel_kib = crowd.kib
        yield


def _measure_add(measured: list[tuple[Contender, Measurement]]) -> None:
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
    if samples.differing or samples.results[-1] != len(expected):
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
