"""One object with its watchers, on the kernel and in the model: takes steps, and compares."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from errno import EBADF

from pymux import EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP
from pymux.course.step.calls import Calls, in_words
from pymux.course.step.objects import OBJECTS, Pair, moved_high, succeeded
from pymux.course.step.outcome import Mode, Outcome
from pymux.course.step.parsing import BadStep, Step
from pymux.course.step.watchers import Answer, Watchers
from pymux.epoll_model import Process, joined

_EVENTS = {"in": EPOLLIN, "out": EPOLLOUT, "rdhup": EPOLLRDHUP}
_COPIES = 9  # enough to see what a copy does
_LATE_S = 5  # how long a segment or a timer may take before the kernel counts as disagreeing
_LOOK_EVERY_S = 0.0005


class World:
    """An object and its watchers."""

    def __init__(self, kind: str) -> None:
        self.calls, self.process = Calls(), Process()
        self.copies: list[int] = []
        self.hidden: list[int] = []  # descriptors that no step names
        self.child = 0
        self.control = 0  # the end of a pipe: closed, it ends the child
        try:
            self.subject = OBJECTS[kind](self.calls, self.process, self.hidden)
            events = self.subject.events
            self.watchers = Watchers(self.calls, self.process, self.subject.watched, events)
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
            return self._outcome("wait", "", [], self.watchers.wait())
        remark, pairs = getattr(self, f"_{step.name}")(step)
        return self._outcome(str(step), remark, pairs, None)

    def _write(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.subject.write(step.number)

    def _read(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.subject.read(step.number)

    def _mod(self, step: Step) -> tuple[str, list[Pair]]:
        return "", self.watchers.modify(sum(_EVENTS[word] for word in step.words))

    def _oneshot(self, _step: Step) -> tuple[str, list[Pair]]:
        return "", self.watchers.modify(0, EPOLLONESHOT)

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
        self, title: str, remark: str, pairs: list[Pair], waited: dict[str, Answer] | None
    ) -> Outcome:
        calls = self.calls.take()
        self._settle()
        answers = waited or self.watchers.look()
        registered, wrong = self.watchers.registered()
        modes = [answer.as_mode(name) for name, answer in answers.items()]
        wrong += [f"the call returned {in_words(k)}, not {in_words(m)}" for k, m in pairs if k != m]
        wrong += [f"{mode.name} is {_on_one_line(mode)}" for mode in modes if not mode.agrees]
        waiting, agrees = self._waiting()
        wrong += [] if agrees else [f"{self.subject.model_waiting()} should wait. {waiting}"]
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
            and all(answer.agrees for answer in self.watchers.look().values())
        )

    def _waiting(self) -> tuple[str, bool]:
        open_here = [fd for fd in (self.subject.watched, *self.copies) if self.subject.is_open(fd)]
        if not open_here:
            return f"Descriptor {self.subject.watched} is closed: what waits cannot be seen.", True
        number = self.subject.waiting(open_here[0])
        words = self.subject.waiting_in_words(number)
        return f"{words[0].upper()}{words[1:]}.", number == self.subject.model_waiting()


def _on_one_line(mode: Mode) -> str:
    return f"{mode.kernel}, not {mode.model}".replace("\n", " ")


def _hold_until_closed(reader: int, writer: int) -> None:
    """Be the child: hold every descriptor until the parent closes the control pipe, or is gone."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the child
        os.close(writer)
        with suppress(OSError):
            os.read(reader, 1)
    finally:
        os._exit(0)
