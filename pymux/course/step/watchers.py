"""Every way to watch one descriptor, side by side: an epoll for each mode, poll and select, kernel and model.

Between waits the kernel is looked at without changing what it will report: an epoll can be polled itself
(epoll(7)), and is ready when its next epoll_wait reports something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EpollEvents,
    EpollFlags,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
    interest,
    poll,
    select,
)
from pymux.course.step.looking import in_words, polled, selected
from pymux.course.step.objects import Pair, succeeded
from pymux.course.step.outcome import Mode, Registered
from pymux.epoll_model import Epoll, Expectation, expected
from pymux.raw.flags import names

if TYPE_CHECKING:
    from pymux.course.step.calls import Calls
    from pymux.epoll_model import Process

_HOW = {"level": 0, "edge": EPOLLET, "one-shot": EPOLLONESHOT}
_MAXEVENTS = 8


class Answer(NamedTuple):
    """What one mode reports, or would report."""

    kernel: str
    agrees: bool
    expectation: Expectation

    def as_mode(self, name: str) -> Mode:
        """Return it as it is shown."""
        events, why = self.expectation
        return Mode(name, self.kernel, in_words(name, events), why, self.agrees)


class Watchers:
    """The epolls, one for each mode, and the waits by poll and select."""

    def __init__(self, calls: Calls, process: Process, watched: int, events: int) -> None:
        self._calls, self._process = calls, process
        self._watched, self._events = watched, events
        self._epolls: dict[str, int] = {}
        for mode, how in _HOW.items():
            self._open_epoll(mode, how)

    def modify(self, events: int, how: int = 0) -> list[Pair]:
        """EPOLL_CTL_MOD in each epoll, with its mode and, until the next time, with `how` added."""
        self._events = events or self._events
        return [
            self._ctl(epfd, EPOLL_CTL_MOD, self._events | _HOW[mode] | how)
            for mode, epfd in self._epolls.items()
        ]

    def _open_epoll(self, mode: str, how: int) -> None:
        epfd = succeeded(self._calls.pymux(lambda: epoll_create1(EPOLL_CLOEXEC)))
        self._epolls[mode] = epfd
        self._process.open(epfd, Epoll())
        self._ctl(epfd, EPOLL_CTL_ADD, self._events | how)

    def _ctl(self, epfd: int, op: int, events: int) -> Pair:
        fd = self._watched
        kernel = self._calls.pymux(lambda: epoll_ctl(epfd, op, fd, events))
        return Pair(kernel, self._process.epoll_ctl(epfd, op, fd, events, fd))

    def look(self) -> dict[str, Answer]:
        """Look at every mode without a wait that would change what is reported next."""
        answers = {}
        for mode, epfd in self._epolls.items():
            expectation, ready = self._expected(epfd), bool(polled(epfd, EPOLLIN))
            agrees = ready == bool(expectation.events)
            answers[mode] = Answer("ready" if ready else "not ready", agrees, expectation)
        for mode, look in (("poll", polled), ("select", selected)):
            answers[mode] = self._compared(mode, look(self._watched, self._events))
        return answers

    def wait(self) -> dict[str, Answer]:
        """Wait in every mode, with a timeout of 0."""
        answers = {mode: self._wait_on(epfd) for mode, epfd in self._epolls.items()}
        return answers | {
            "poll": self._compared("poll", self._poll()),
            "select": self._compared("select", self._select()),
        }

    def _wait_on(self, epfd: int) -> Answer:
        expectation, events = self._expected(epfd), EpollEvents(_MAXEVENTS)
        result = self._calls.pymux(lambda: epoll_wait(epfd, events, _MAXEVENTS, 0))
        reported = events.ready(max(result, 0))
        agrees = reported == self._epoll(epfd).wait(_MAXEVENTS)
        bits = 0
        for _, event in reported:
            bits |= event
        return Answer(in_words("level", bits), agrees and bits == expectation.events, expectation)

    def _poll(self) -> int:
        fds = PollFds([(self._watched, self._events)])
        self._calls.pymux(lambda: poll(fds, 1, 0))
        return fds[0].revents

    def _select(self) -> int:
        watched, sets = self._watched, {}
        for bit in (EPOLLIN, EPOLLOUT):
            sets[bit] = FdSet(fds=[watched]) if self._events & bit else None
        result = self._calls.pymux(
            lambda: select(watched + 1, sets[EPOLLIN], sets[EPOLLOUT], None, Timeval())
        )
        return result if result < 0 else sum(bit for bit, fds in sets.items() if fds and watched in fds)

    def _compared(self, mode: str, bits: int) -> Answer:
        expectation = getattr(self._process, mode)(self._watched, self._events)
        return Answer(in_words(mode, bits), bits == expectation.events, expectation)

    def _epoll(self, epfd: int) -> Epoll:
        epoll = self._process.table[epfd]
        assert isinstance(epoll, Epoll)
        return epoll

    def _expected(self, epfd: int) -> Expectation:
        return expected(self._epoll(epfd).interest.values())

    def registered(self) -> tuple[list[Registered], list[str]]:
        """Return the interest lists, and where they are not those of the model."""
        shown, wrong = [], []
        for mode, epfd in self._epolls.items():
            listed = [entry[:3] for entry in interest(epfd)]
            model = [(item.number, item.asks, item.data) for item in self._epoll(epfd).interest.values()]
            wrong += [] if listed == model else [f"the interest list of {mode} is {listed}, not {model}"]
            texts = [f"fd {fd}  {names(EpollFlags, events).replace('|', ' ')}" for fd, events, _ in listed]
            shown.append(Registered(mode, epfd, texts[0] if texts else "empty"))
        return shown, wrong
