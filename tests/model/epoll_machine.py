"""A Hypothesis state machine that does the same to the kernel and to the model, and compares."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import ParamSpec

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDHUP,
    EpollEvents,
    EpollFlags,
    epoll_create1,
    epoll_ctl,
    epoll_model,
    epoll_pwait,
    interest,
)
from pymux.epoll_model import EventFd, PipeReader, PipeWriter, Socket

WHAT = st.sampled_from([EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLRDHUP, EPOLLPRI, 0]).map(
    EpollFlags
)
HOW = st.sampled_from([0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, EPOLLEXCLUSIVE]).map(EpollFlags)
SIZES = st.integers(1, 3)
MANY = 64
ENOUGH, FEW, FEW_EPOLLS = 6, 10, 3  # open numbers: not too few to go on with, not too many to meet again

Key = tuple[int, int]  # an epoll and what was added to it

Machine = TypeVar("Machine", bound="EpollMachine")
P = ParamSpec("P")
T = TypeVar("T")
Method = Callable[Concatenate[Machine, P], T]


def step(**drawn: Any) -> Callable[[Method[Machine, P, T]], Method[Machine, P, T]]:
    """Make a rule of a method, after which the kernel and the model are compared."""

    def make(method: Method[Machine, P, T]) -> Method[Machine, P, T]:
        @wraps(method)
        def and_compare(self: Machine, *args: P.args, **kwargs: P.kwargs) -> T:
            result = method(self, *args, **kwargs)
            self.compare()
            return result

        made: Method[Machine, P, T] = rule(**drawn)(and_compare)  # type: ignore[no-untyped-call]
        return made

    return make


class EpollMachine(RuleBasedStateMachine):
    """Numbers are drawn from those ever opened: closed ones too, and those that stand for something new."""

    ends = Bundle("ends")
    epolls = Bundle("epolls")
    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.model = epoll_model.Process()
        self.calls = 0  # of epoll_ctl: the data of each is its number
        self.eager = False

    def teardown(self) -> None:
        """Close what is open, last things last."""
        for number in list(self.model.table):
            os.close(number)

    @initialize(eager=st.booleans())
    def start(self, eager: bool) -> None:
        """Eager: every epoll is waited on after each step. Otherwise only where the script says so."""
        self.eager = eager

    @initialize(target=ends)
    def pipe_and_socketpair(self) -> MultipleResults[int]:
        """Begin with something to watch, and something in the sockets to read."""
        reader, writer = self._pipe()
        left, right = self._socketpair()
        for end in (left, right):
            self.write(end, size=1)
        return multiple(reader, writer, left, right)

    @initialize(target=epolls)
    def two_epolls(self) -> MultipleResults[int]:
        """And with something that watches."""
        return multiple(self._epoll(), self._epoll())

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=ends)
    def pipe(self) -> MultipleResults[int]:
        return multiple(*self._pipe())

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=ends)
    def socketpair(self) -> MultipleResults[int]:
        return multiple(*self._socketpair())

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=ends)
    def eventfd(self) -> int:
        number = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.model.open(number, EventFd())
        return number

    @precondition(lambda self: len(self._open_epolls()) < FEW_EPOLLS)
    @step(target=epolls)
    def epoll(self) -> int:
        return self._epoll()

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=ends, fd=ends)
    def dup(self, fd: int) -> MultipleResults[int]:
        return self._dup(fd)

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=epolls, epfd=epolls)
    def dup_epoll(self, epfd: int) -> MultipleResults[int]:
        return self._dup(epfd)

    @precondition(lambda self: len(self.model.table) > ENOUGH)
    @step(fd=ends | epolls)
    def close(self, fd: int) -> None:
        if fd in self.model.table:
            os.close(fd)
            self.model.close(fd)

    @step(fd=ends, size=SIZES)
    def write(self, fd: int, size: int) -> None:
        description = self.model.table.get(fd)
        if isinstance(description, EventFd):
            os.eventfd_write(fd, description.write(size))
        elif isinstance(description, (PipeWriter, Socket)):
            self._same(lambda: os.write(fd, bytes(size)), description.write(size))

    @step(fd=ends, size=SIZES)
    def read(self, fd: int, size: int) -> None:
        description = self.model.table.get(fd)
        if isinstance(description, EventFd):
            self._same(lambda: os.eventfd_read(fd), description.read(size))
        elif isinstance(description, (PipeReader, Socket)):
            self._same(lambda: len(os.read(fd, size)), description.read(size))

    @step(fd=ends)
    def shutdown(self, fd: int) -> None:
        description = self.model.table.get(fd)
        if isinstance(description, Socket):
            one = socket.socket(fileno=fd)
            one.shutdown(socket.SHUT_WR)
            one.detach()
            description.shut_down_writing()

    @step(target=keys, epfd=epolls, fd=ends, what=WHAT)
    def add_level(self, epfd: int, fd: int, what: EpollFlags) -> Key:
        return self._add(epfd, fd, what)

    @step(target=keys, epfd=epolls, fd=ends, what=WHAT)
    def add_edge(self, epfd: int, fd: int, what: EpollFlags) -> Key:
        return self._add(epfd, fd, what | EPOLLET)

    @precondition(lambda self: len(self.model.table) < FEW)
    @step(target=ends, epfd=epolls, fd=ends)
    def add_a_copy_too(self, epfd: int, fd: int) -> MultipleResults[int]:
        """Two items of one description in one epoll: their order shows which is notified first."""
        copies = self._dup(fd)
        for number in (fd, *copies.values):
            self._add(epfd, number, EPOLLIN)
        return copies

    @step(target=keys, epfd=epolls, fd=ends, what=WHAT, how=HOW)
    def add(self, epfd: int, fd: int, what: EpollFlags, how: EpollFlags) -> Key:
        return self._add(epfd, fd, what | how)

    @step(target=keys, epfd=epolls, fd=epolls, how=HOW)
    def nest(self, epfd: int, fd: int, how: EpollFlags) -> Key:
        return self._add(epfd, fd, EPOLLIN | how)

    @step(key=keys, what=WHAT, how=HOW)
    def mod(self, key: Key, what: EpollFlags, how: EpollFlags) -> None:
        epfd, fd = key
        self._ctl(epfd, EPOLL_CTL_MOD, fd, what | how)

    @step(key=keys)
    def delete(self, key: Key) -> None:
        epfd, fd = key
        self._ctl(epfd, EPOLL_CTL_DEL, fd, 0)

    @step(epfd=epolls, maxevents=st.sampled_from([1, 2, MANY]))
    def wait(self, epfd: int, maxevents: int) -> None:
        epoll = self.model.table.get(epfd)
        if isinstance(epoll, epoll_model.Epoll):
            self._wait(epfd, epoll, maxevents)

    def compare(self) -> None:
        """Compare the interest lists and, if this script is an eager one, what each epoll has ready."""
        for number, epoll in self._open_epolls():
            expected = sorted((item.number, item.asks, item.data) for item in epoll.interest.values())
            answer = sorted(item[:3] for item in interest(number))
            assert answer == expected, f"interest({number}): the kernel {answer}, the model {expected}"
            if self.eager:
                self._wait(number, epoll, MANY)

    def _pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        read_end = PipeReader()
        self.model.open(reader, read_end)
        self.model.open(writer, PipeWriter(read_end))
        return reader, writer

    def _socketpair(self) -> tuple[int, int]:
        left, right = (each.detach() for each in socket.socketpair())
        first, second = Socket(), Socket()
        first.peer, second.peer = second, first
        for number, description in ((left, first), (right, second)):
            os.set_blocking(number, False)
            self.model.open(number, description)
        return left, right

    def _epoll(self) -> int:
        number = epoll_create1(EPOLL_CLOEXEC)
        self.model.open(number, epoll_model.Epoll())
        return number

    def _open_epolls(self) -> list[tuple[int, epoll_model.Epoll]]:
        return [(n, epoll) for n, epoll in self.model.table.items() if isinstance(epoll, epoll_model.Epoll)]

    def _dup(self, fd: int) -> MultipleResults[int]:
        if fd not in self.model.table:
            return multiple()
        number = os.dup(fd)
        self.model.open(number, self.model.table[fd])
        return multiple(number)

    def _add(self, epfd: int, fd: int, events: int) -> Key:
        self._ctl(epfd, EPOLL_CTL_ADD, fd, events)
        return epfd, fd

    def _ctl(self, epfd: int, op: int, fd: int, events: int) -> None:
        self.calls += 1
        events, data = int(events), self.calls
        expected = self.model.epoll_ctl(epfd, op, fd, events, data)
        self._same(lambda: epoll_ctl(epfd, op, fd, events, data), expected)

    def _wait(self, epfd: int, epoll: epoll_model.Epoll, maxevents: int) -> None:
        expected, events = epoll.wait(maxevents), EpollEvents(maxevents)
        answer = events.ready(epoll_pwait(epfd, events, maxevents, 0, None))
        assert answer == expected, f"epoll_wait({epfd}): the kernel {answer}, the model {expected}"

    def _same(self, call: Callable[[], int], expected: int) -> None:
        try:
            result = call()
        except OSError as error:
            result = -(error.errno or 0)
        assert result == expected, f"the kernel {result}, the model {expected}"


if __name__ == "__main__":
    examples = int(sys.argv[1])
    run_state_machine_as_test(EpollMachine, settings=settings(max_examples=examples, deadline=None))
