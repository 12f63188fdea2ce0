"""One object, watched in every mode, on the kernel and in the model: takes steps, and compares.

Between waits the kernel is looked at without changing what it will report: an epoll can be polled itself
(epoll(7)), and is ready when its next epoll_wait reports something.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from errno import EBADF
from typing import TYPE_CHECKING, NamedTuple

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLRDHUP,
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
from pymux.course.step.calls import Calls, in_words
from pymux.course.step.looking import in_words as reported_in_words
from pymux.course.step.looking import polled, selected
from pymux.course.step.objects import OBJECTS, Pair, moved_high, succeeded
from pymux.course.step.outcome import Mode, Outcome, Registered
from pymux.course.step.parsing import BadStep, Step
from pymux.epoll_model import Epoll, Expectation, Process, expected, joined
from pymux.raw.flags import names

if TYPE_CHECKING:
    from pymux.course.step.looking import in_words as reported_in_words
from pymux.course.step.objects import Subject

HOW = {"level": 0, "edge": EPOLLET, "one-shot": EPOLLONESHOT}
_EVENTS = {"in": EPOLLIN, "out": EPOLLOUT, "rdhup": EPOLLRDHUP}
_MAXEVENTS = 8
_COPIES = 9  # enough to see what a copy does
_LATE_S = 5  # how long a segment or a timer may take before the kernel counts as disagreeing
_LOOK_EVERY_S = 0.0005


class _Answer(NamedTuple):
    """What one mode reports, or would report."""

    kernel: str
    agrees: bool
    expectation: Expectation

    def as_mode(self, name: str) -> Mode:
        """Return it as it is shown."""
        events, why = self.expectation
        return Mode(name, self.kernel, reported_in_words(name, events), why, self.agrees)


class World:
    """An object and its watchers."""

    def __init__(self, kind: str) -> None:
        self.calls, self.process = Calls(), Process()
        self.epolls: dict[str, int] = {}
        self.copies: list[int] = []
        self.hidden: list[int] = []  # descriptors that no step names
        self.child = 0
        self.control = 0  # the end of a pipe: closed, it ends the child
        self.events = EPOLLIN | (EPOLLRDHUP if kind in ("socketpair", "tcp") else 0)
        try:
            self.subject: Subject = OBJECTS[kind](self.calls, self.process, self.hidden)
            for mode, how in HOW.items():
                self._open_epoll(mode, how)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close what is open, and end the child."""
        if self.child:
            self._end_child()
        for fd in (*self.process.table, *self.hidden):
            os.close(fd)
        self.process.table.clear()
        self.hidden.clear()
        self.calls.stop()

    def opened(self) -> Outcome:
        """Return what there is to see before the first step."""
        return self._outcome(f"on {self.subject.name}", f"Opened {self.subject.about}.", [], None)

    def take(self, step: Step) -> Outcome:
        """Take a step."""
        if step.name == "wait":
            return self._outcome("wait", "", [], self._wait())
        remark, pairs = getattr(self, f"_{step.name}")(step)
        return self._outcome(str(step), remark, pairs, None)

    def _open_epoll(self, mode: str, how: int) -> None:
        epfd = succeeded(self.calls.pymux(lambda: epoll_create1(EPOLL_CLOEXEC)))
        self.epolls[mode] = epfd
        self.process.open(epfd, Epoll())
        self._ctl(epfd, EPOLL_CTL_ADD, self.events | how)

    def _ctl(self, epfd: int, op: int, events: int) -> Pair:
        watched = self.subject.watched
        kernel = self.calls.pymux(lambda: epoll_ctl(epfd, op, watched, events))
        return Pair(kernel, self.process.epoll_ctl(epfd, op, watched, events, watched))

    def _write(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.subject.write(step.number)

    def _read(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.subject.read(step.number)

    def _mod(self, step: Step) -> tuple[str, list[Pair]]:
        if step.words:
            self.events = sum(_EVENTS[word] for word in step.words)
        return "", [self._ctl(fd, EPOLL_CTL_MOD, self.events | HOW[mode]) for mode, fd in self.epolls.items()]

    def _oneshot(self, _step: Step) -> tuple[str, list[Pair]]:
        more = self.events | EPOLLONESHOT
        return "", [self._ctl(fd, EPOLL_CTL_MOD, more | HOW[mode]) for mode, fd in self.epolls.items()]

    def _close(self, step: Step) -> tuple[str, list[Pair]]:
        (target,) = step.words
        if target == "peer":
            return "", self.subject.close_peer()
        if target == "child":
            return self._close_child()
        if target == "copy" and not self.copies:
            raise BadStep("There is no copy to close: dup makes one.")
        fd = self.copies.pop() if target == "copy" else self.subject.watched
        pair = Pair(self.calls.close(fd), self.process.close(fd))
        return ("" if pair.kernel < 0 else self._after_close(fd)), [pair]

    def _after_close(self, fd: int) -> str:
        if not self.process.is_open(self.subject.description):
            return f"{fd} was the last descriptor of the description: its registrations are removed."
        held = [str(copy) for copy in self.copies]
        held += [str(self.subject.watched)] if self.subject.is_open(self.subject.watched) else []
        held += ["the child"] if self.child else []
        still = "still refers" if len(held) == 1 else "still refer"
        return f"{fd} is closed, but {joined(held)} {still} to the description: it stays registered."

    def _close_child(self) -> tuple[str, list[Pair]]:
        if not self.child:
            raise BadStep("There is no child to end: fork makes one.")
        self._end_child()
        self.process.child_exits()
        return "The child has ended, and its descriptors are closed.", []

    def _dup(self, _step: Step) -> tuple[str, list[Pair]]:
        if len(self.copies) == _COPIES:
            raise BadStep(f"There are {_COPIES} copies already: close copy closes one.")
        if not self.subject.is_open(self.subject.watched):
            return "", [Pair(self.calls.dup(self.subject.watched), -EBADF)]
        copy = succeeded(self.calls.dup(self.subject.watched))
        self.process.open(copy, self.subject.description)
        self.copies.append(copy)
        return f"{copy} refers to the same description as {self.subject.watched}.", []

    def _fork(self, _step: Step) -> tuple[str, list[Pair]]:
        if self.child:
            raise BadStep("There is a child already: close child ends it.")
        reader, writer = os.pipe()
        self.hidden += [reader := moved_high(reader), writer := moved_high(writer)]
        self.child = os.fork()
        if self.child == 0:
            _hold_until_closed(reader, writer)
        self._close_hidden(reader)
        self.control = writer
        self.calls.forked(self.child)
        self.process.fork()
        return "The child has every descriptor too, and waits: close child ends it.", []

    def _shutdown(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.subject.shut_down(step.words[0])

    def _end_child(self) -> None:
        self.calls.kill(self.child)
        self.child = 0
        self._close_hidden(self.control)

    def _close_hidden(self, fd: int) -> None:
        self.hidden.remove(fd)
        os.close(fd)

    def _outcome(
        self, title: str, remark: str, pairs: list[Pair], waited: dict[str, _Answer] | None
    ) -> Outcome:
        calls = self.calls.take()
        self._settle()
        answers = waited or self._looked()
        registered, wrong = self._registered()
        modes = [answer.as_mode(name) for name, answer in answers.items()]
        wrong += [f"the call returned {in_words(k)}, not {in_words(m)}" for k, m in pairs if k != m]
        wrong += [f"{mode.name} is {mode.kernel}, not {mode.model}" for mode in modes if not mode.agrees]
        waiting, agrees = self._waiting()
        wrong += [] if agrees else [f"{waiting}, not {self.subject.model_waiting()}"]
        return Outcome(title, remark, calls, waiting, waited is not None, modes, registered, wrong)

    def _settle(self) -> None:
        """Give the kernel time where it notifies after the call has returned."""
        deadline = time.monotonic() + _LATE_S
        while self.subject.late and not self._agrees() and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)

    def _agrees(self) -> bool:
        return (
            self.subject.settled()
            and self._waiting()[1]
            and all(answer.agrees for answer in self._looked().values())
        )

    def _looked(self) -> dict[str, _Answer]:
        """Look at every mode without a wait that would change what is reported next."""
        answers = {}
        for mode, epfd in self.epolls.items():
            expectation, ready = self._expected(epfd), bool(polled(epfd, EPOLLIN))
            agrees = ready == bool(expectation.events)
            answers[mode] = _Answer("ready" if ready else "not ready", agrees, expectation)
        for mode, look in (("poll", polled), ("select", selected)):
            answers[mode] = self._compared(mode, look(self.subject.watched, self.events))
        return answers

    def _wait(self) -> dict[str, _Answer]:
        answers = {mode: self._wait_on(epfd) for mode, epfd in self.epolls.items()}
        return answers | {
            "poll": self._compared("poll", self._poll()),
            "select": self._compared("select", self._select()),
        }

    def _wait_on(self, epfd: int) -> _Answer:
        expectation, events = self._expected(epfd), EpollEvents(_MAXEVENTS)
        result = self.calls.pymux(lambda: epoll_wait(epfd, events, _MAXEVENTS, 0))
        reported = events.ready(max(result, 0))
        agrees = reported == self._epoll(epfd).wait(_MAXEVENTS)
        bits = 0
        for _, event in reported:
            bits |= event
        return _Answer(reported_in_words("level", bits), agrees and bits == expectation.events, expectation)

    def _poll(self) -> int:
        fds = PollFds([(self.subject.watched, self.events)])
        self.calls.pymux(lambda: poll(fds, 1, 0))
        return fds[0].revents

    def _select(self) -> int:
        watched, sets = self.subject.watched, {}
        for bit in (EPOLLIN, EPOLLOUT):
            sets[bit] = FdSet(fds=[watched]) if self.events & bit else None
        result = self.calls.pymux(lambda: select(watched + 1, sets[EPOLLIN], sets[EPOLLOUT], None, Timeval()))
        return result if result < 0 else sum(bit for bit, fds in sets.items() if fds and watched in fds)

    def _compared(self, mode: str, bits: int) -> _Answer:
        expectation = getattr(self.process, mode)(self.subject.watched, self.events)
        return _Answer(reported_in_words(mode, bits), bits == expectation.events, expectation)

    def _epoll(self, epfd: int) -> Epoll:
        epoll = self.process.table[epfd]
        assert isinstance(epoll, Epoll)
        return epoll

    def _expected(self, epfd: int) -> Expectation:
        return expected(self._epoll(epfd).interest.values())

    def _registered(self) -> tuple[list[Registered], list[str]]:
        shown, wrong = [], []
        for mode, epfd in self.epolls.items():
            listed = [entry[:3] for entry in interest(epfd)]
            model = [(item.number, item.asks, item.data) for item in self._epoll(epfd).interest.values()]
            wrong += [] if listed == model else [f"the interest list of {mode} is {listed}, not {model}"]
            texts = [f"fd {fd}  {names(EpollFlags, events).replace('|', ' ')}" for fd, events, _ in listed]
            shown.append(Registered(mode, epfd, texts[0] if texts else "empty"))
        return shown, wrong

    def _waiting(self) -> tuple[str, bool]:
        open_here = [fd for fd in (self.subject.watched, *self.copies) if self.subject.is_open(fd)]
        if not open_here:
            return f"Descriptor {self.subject.watched} is closed: what waits cannot be seen.", True
        number = self.subject.waiting(open_here[0])
        words = self.subject.waiting_in_words(number)
        return f"{words[0].upper()}{words[1:]}.", number == self.subject.model_waiting()


def _hold_until_closed(reader: int, writer: int) -> None:
    """Be the child: hold every descriptor until the parent closes the control pipe, or is gone."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the child
        os.close(writer)
        with suppress(OSError):
            os.read(reader, 1)
    finally:
        os._exit(0)
