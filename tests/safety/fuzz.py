"""A fuzzer: arguments of every type and range at every public call and buffer.

The only acceptable outcomes are a result and an exception of the documented kinds. Anything else, and
above all the death of the interpreter, is a bug. Half of the attacks are made under the flight
recorder, which must be able to show what was asked for.

    python fuzz.py SECONDS    attacks until the time is up; says how many outcomes there were

Hypothesis draws them. Atheris, steered by the coverage of the Python code, made 142,261 attacks in a
minute with 257 outcomes where Hypothesis made 97,951 with 317: it mutates few shapes of arguments, and what
can go wrong here depends on their types and ranges.

Calls that would wait are ended by a timer's signal, which no mask drawn here holds back.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from errno import errorcode
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import pymux
import pymux.libc
import pymux.sampling
from pymux import EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval
from pymux._ffi import ffi
from pymux.raw.uring import Uring

# What the docstrings promise: OSError from the kernel, the others for arguments that make no sense.
DOCUMENTED = (OSError, ValueError, TypeError, OverflowError, IndexError, MemoryError)
TICK_S = 0.002

Any_ = SearchStrategy[Any]
Attack = tuple[str, tuple[Any, ...]]


class Raised(Exception):
    """What an argument's own method raises, and what must come through."""


class Odd:
    """An argument whose fileno() and __index__() return `answer`, or raise it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fileno(self) -> Any:
        if isinstance(self.answer, Raised):
            raise self.answer
        return self.answer

    __index__ = fileno

    def __repr__(self) -> str:
        return f"Odd({self.answer!r})"


BITS = (7, 15, 16, 31, 32, 63, 64, 200)
EDGES = [sign * (2**bits + off) for bits in BITS for off in (-1, 0, 1) for sign in (1, -1)]
INTS = st.integers(-2, 70) | st.sampled_from(EDGES) | st.integers()
ODD = st.builds(Odd, INTS | st.none() | st.text(max_size=2) | st.builds(Raised))
JUNK: Any_ = st.one_of(
    INTS,
    ODD,
    st.none(),
    st.booleans(),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=9),
    st.lists(st.integers(0, 3), max_size=2),
    st.builds(object),
    st.just(FdSet),
)


def often(right: Any_) -> Any_:
    """Draw what belongs there three times of four, and junk the fourth time."""
    return st.one_of(right, right, right, JUNK)


class Ground:
    """What is attacked: descriptors of several kinds, an untouchable page, calls and their arguments."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        os.write(writer, b"x")
        self.epolls = [pymux.epoll_create1(0), pymux.epoll_create1(0)]
        pymux.epoll_ctl(self.epolls[0], pymux.EPOLL_CTL_ADD, reader, pymux.EPOLLIN)
        self.open = [reader, writer, os.eventfd(0), *self.epolls]
        closed = os.dup(reader)
        os.close(closed)
        self.page = mmap.mmap(-1, mmap.PAGESIZE, prot=0)
        self.address = int(ffi.cast("uintptr_t", ffi.from_buffer(self.page)))
        self.fds = st.sampled_from([*self.open, closed, -1])
        self.targets = {
            **self._raw_calls(),
            **self._libc_calls(),
            **self._samplings(),
            **self._buffers(),
            **self._rings(),
        }

    def close(self) -> None:
        for fd in self.open:
            os.close(fd)
        self.page.close()

    def attacks(self) -> SearchStrategy[list[Attack]]:
        """Return sequences of (target, arguments)."""
        return st.lists(
            st.sampled_from(sorted(self.targets)).flatmap(
                lambda name: st.tuples(st.just(name), st.tuples(*self.targets[name][1]))
            ),
            min_size=1,
            max_size=4,
        )

    def attack(self, name: str, arguments: tuple[Any, ...]) -> str:
        """Make one attack; return its outcome, or raise what is not documented."""
        try:
            result = self.targets[name][0](*arguments)
        except Raised:
            return "Raised"
        except OSError as error:
            return errorcode.get(error.errno or 0, str(error.errno))
        except DOCUMENTED as error:
            return type(error).__name__
        if name.startswith("epoll_create"):
            os.close(result)
        return type(result).__name__

    def _fdsets(self) -> Any_:
        sets = st.builds(FdSet, st.integers(0, 200), st.just(())).map(self._filled)
        return often(
            st.none() | sets | st.builds(FdSet.from_address, st.just(self.address), st.integers(0, 200))
        )

    def _filled(self, fds: FdSet) -> FdSet:
        for fd in self.open:
            if fd < fds.nbits:
                fds.add(fd)
        return fds

    def _pollfds(self) -> Any_:
        entries = st.lists(st.tuples(self.fds, st.integers(-(2**15), 2**15 - 1)), max_size=20)
        return often(
            st.none()
            | st.builds(PollFds, entries)
            | st.builds(PollFds.from_address, st.just(self.address), st.integers(0, 20))
        )

    def _events(self) -> Any_:
        return often(
            st.none()
            | st.builds(EpollEvents, st.integers(0, 20))
            | st.builds(EpollEvents.from_address, st.just(self.address), st.integers(0, 20))
        )

    def _times(self, kind: type[Timeval] | type[Timespec]) -> Any_:
        field = st.integers(-1, 3) | st.sampled_from([10**6, 10**9, -(2**63), 2**63 - 1])
        return often(
            st.none() | st.builds(kind, field, field) | st.builds(kind.from_address, st.just(self.address))
        )

    def _masks(self) -> Any_:
        signals = st.lists(st.integers(1, 64).filter(lambda number: number != signal.SIGALRM), max_size=4)
        return often(
            st.none() | st.builds(SigSet, signals) | st.builds(SigSet.from_address, st.just(self.address))
        )

    def _arguments(self) -> dict[str, list[Any_]]:
        """The arguments of each call, by its kernel name."""
        count, ms = often(st.integers(-1, 70)), often(st.integers(-2, 2))
        sets = [count, self._fdsets(), self._fdsets(), self._fdsets()]
        array, waited = [self._pollfds(), count], [often(self.fds), self._events(), count]
        timespec, mask = self._times(Timespec), self._masks()
        return {
            "select": [*sets, self._times(Timeval)],
            "pselect6": [*sets, timespec, mask],
            "poll": [*array, ms],
            "ppoll": [*array, timespec, mask],
            "epoll_wait": [*waited, ms],
            "epoll_pwait": [*waited, ms, mask],
            "epoll_pwait2": [*waited, timespec, mask],
            "epoll_ctl": [
                often(self.fds),
                often(st.integers(0, 4)),
                often(self.fds),
                often(st.none() | st.integers(0, 2**32 - 1)),
                often(st.none() | st.integers(0, 2**64 - 1)),
            ],
        }

    def _raw_calls(self) -> dict[str, tuple[Callable[..., Any], list[Any_]]]:
        params = often(
            st.none()
            | st.builds(EpollParams, *[st.integers(0, 255)] * 4)
            | st.builds(EpollParams.from_address, st.just(self.address))
        )
        size = often(st.integers(0, 16))
        return {
            **{name: (getattr(pymux, name), arguments) for name, arguments in self._arguments().items()},
            **{
                f"{name}, sigsetsize": (
                    _with_size(getattr(pymux, name)),
                    [*arguments, size],
                )
                for name, arguments in self._arguments().items()
                if name in ("pselect6", "ppoll", "epoll_pwait", "epoll_pwait2")
            },
            "epoll_create": (pymux.epoll_create, [JUNK]),
            "epoll_create1": (pymux.epoll_create1, [JUNK]),
            "epoll_get_params": (pymux.epoll_get_params, [often(self.fds)]),
            "epoll_set_params": (pymux.epoll_set_params, [often(self.fds), params]),
            "interest": (pymux.interest, [often(self.fds)]),
            "raise_nofile": (pymux.raise_nofile, [JUNK]),
            "capabilities": (pymux.capabilities, []),
            "limits": (pymux.limits, []),
        }

    def _libc_calls(self) -> dict[str, tuple[Callable[..., Any], list[Any_]]]:
        """Without bad addresses: libc itself looks at them, and dies of it (the one documented exception)."""
        arguments = self._arguments()
        return {
            f"libc.{name}": (
                _refusing_borrowed(getattr(pymux.libc, name)),
                arguments["pselect6" if name == "pselect" else name],
            )
            for name in pymux.libc.__all__
        }

    def _samplings(self) -> dict[str, tuple[Callable[..., Any], list[Any_]]]:
        repeat = st.integers(-1, 20) | st.floats() | st.none() | st.sampled_from([2**31 - 1, 2**64])
        return {
            f"sampling.{name}": (_repeated(getattr(pymux.sampling, name)), [*self._arguments()[name], repeat])
            for name in pymux.sampling.__all__
            if name in self._arguments()
        }

    def _buffers(self) -> dict[str, tuple[Callable[..., Any], list[Any_]]]:
        small = often(st.integers(-1, 100))
        fdset = st.builds(FdSet, st.integers(0, 200))
        pollfds = st.builds(PollFds, st.lists(st.tuples(st.integers(-1, 9), st.integers(0, 9)), max_size=20))
        events, mask = st.builds(EpollEvents, st.integers(0, 20)), st.builds(SigSet)
        time_, params = st.builds(Timeval) | st.builds(Timespec), st.builds(EpollParams)
        fields = st.sampled_from(["sec", "usec", "nsec", "busy_poll_usecs", "busy_poll_budget", "pad"])
        members: list[tuple[Callable[..., Any], list[Any_]]] = [
            (FdSet, [small, st.lists(JUNK, max_size=3) | JUNK]),
            (FdSet.add, [fdset, JUNK]),
            (FdSet.discard, [fdset, JUNK]),
            (FdSet.__contains__, [fdset, JUNK]),
            (FdSet.assign, [fdset, fdset | JUNK]),
            (FdSet.copy, [fdset]),
            (FdSet.clear, [fdset]),
            (FdSet.from_address, [JUNK, JUNK]),
            (PollFds, [st.lists(st.tuples(JUNK, JUNK) | JUNK, max_size=3) | JUNK]),
            (PollFds.append, [pollfds, JUNK, JUNK]),
            (PollFds.__getitem__, [pollfds, JUNK]),
            (PollFds.__setitem__, [pollfds, JUNK, st.tuples(JUNK, JUNK) | JUNK]),
            (PollFds.ready, [pollfds]),
            (PollFds.from_address, [JUNK, JUNK]),
            (EpollEvents, [JUNK]),
            (EpollEvents.__getitem__, [events, JUNK]),
            (EpollEvents.ready, [events, JUNK]),
            (EpollEvents.from_address, [JUNK, JUNK]),
            (Timeval, [JUNK, JUNK]),
            (Timespec, [JUNK, JUNK]),
            (Timeval.from_ns, [JUNK]),
            (Timespec.from_ns, [JUNK]),
            (Timespec.from_address, [JUNK]),
            (EpollParams, [JUNK, JUNK, JUNK, JUNK]),
            (EpollParams.from_address, [JUNK]),
            (SigSet, [st.lists(JUNK, max_size=3) | JUNK]),
            (SigSet.add, [mask, JUNK]),
            (SigSet.discard, [mask, JUNK]),
            (SigSet.__contains__, [mask, JUNK]),
            (SigSet.from_address, [JUNK]),
            (_set_field, [time_ | params, fields, JUNK]),
            (_look, [fdset | pollfds | events | mask | time_ | params]),
        ]
        return {function.__qualname__: (function, arguments) for function, arguments in members}

    def _rings(self) -> dict[str, tuple[Callable[..., Any], list[Any_]]]:
        try:
            Uring(1, completions=1).close()
        except OSError:
            return {}  # forbidden here
        fd, small = often(self.fds), often(st.integers(0, 8))
        uses: list[tuple[Callable[..., Any], list[Any_]]] = [
            (Uring.poll, [fd, small, small]),
            (Uring.poll_update, [small, small]),
            (Uring.accept, [fd, small]),
            (Uring.recv, [fd, small]),
            (Uring.send, [fd, small, small, small]),
            (Uring.cancel, [small, small]),
            (Uring.give, [small]),
            (Uring.content, [small, small]),
            (_sampled, [small, small, often(st.integers(-1, 20))]),
        ]
        return {use.__qualname__: (_in_a_ring(use), arguments) for use, arguments in uses}


def _sampled(ring: Uring, rearm: Any, multishot: Any, repeat: Any) -> None:
    pymux.sampling.io_uring_enter(ring, 0, rearm=rearm, multishot=multishot, repeat=repeat)


def _in_a_ring(use: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that uses a ring, lets it work, and closes it with whatever is under way."""

    def used(*arguments: Any) -> None:
        with Uring(4, completions=8, buffers=4, buffer_size=16) as ring:
            ring.poll(0, pymux.POLLIN, 7)
            ring.enter()
            use(ring, *arguments)
            ring.enter()
            ring.completions()

    return used


def _with_size(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: call(*arguments[:-1], sigsetsize=arguments[-1])


def _repeated(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: call(*arguments[:-1], repeat=arguments[-1])


def _refusing_borrowed(call: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        if any(getattr(argument, "_borrowed", False) for argument in arguments):
            raise ValueError("memory at a bad address")
        return call(*arguments)

    return checked


def _set_field(buffer: Any, field: str, value: Any) -> None:
    if hasattr(type(buffer), field):
        setattr(buffer, field, value)


def _look(buffer: Any) -> str:
    assert bytes(buffer.memory) == buffer.memory
    assert buffer == buffer
    return repr(buffer)


@contextmanager
def ground() -> Iterator[Ground]:
    """Yield what is attacked, with a timer that ends every wait; put all back."""
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
    made = Ground()
    try:
        yield made
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        made.close()


def fuzz(made: Ground, outcomes: Counter[tuple[str, str]], how: settings) -> Callable[[], None]:
    """Return the test: some attacks in a row, which never end but as documented."""

    @how
    @given(made.attacks(), st.booleans())
    def nothing_but_the_documented(attacks: list[Attack], recorded: bool) -> None:
        with pymux.record(ring_size=4096, capture=256) if recorded else nullcontext() as log:
            for name, arguments in attacks:
                outcomes[name, made.attack(name, arguments)] += 1
        str(log)

    return nothing_but_the_documented


def settings_for(examples: int) -> settings:
    """Return settings without a database and without a deadline, which a tick of the timer would break."""
    return settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )


def _run(seconds: float) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    end = time.monotonic() + seconds
    with ground() as made:
        while time.monotonic() < end:
            fuzz(made, outcomes, settings(settings_for(1000), phases=[Phase.generate]))()
    print(f"{sum(outcomes.values()):,} attacks, {len(outcomes):,} outcomes, none undocumented")


if __name__ == "__main__":
    _run(float(sys.argv[1]))
