"""A session: the steps taken so far. To undo one, those before it are replayed from the beginning."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pymux.course.step.parsing import BadStep, Step
from pymux.course.step.world import World

if TYPE_CHECKING:
    from pymux.course.step.outcome import Outcome


class SessionEnded(Exception):
    """A session that cannot go on; the message says why."""


class Session:
    """Takes steps, and goes back. Close it at the end: it may hold descriptors and a child."""

    def __init__(self, kind: str) -> None:
        self._steps: list[Step] = [Step("on", words=(kind,))]
        self._world: World | None = None
        self.opening = self._replay()
        self.taken, self.disagreed = 0, int(bool(self.opening.disagreements))

    @property
    def kind(self) -> str:
        """The name of the object."""
        return next(step.words[0] for step in reversed(self._steps) if step.name == "on")

    def take(self, step: Step) -> Outcome:
        """Take a step; BadStep where it cannot be taken, and everything is as before."""
        if step.name == "undo":
            return self._undo()
        try:
            outcome = self._take(step)
        except OSError as error:
            self._return_to_before(step)
            raise BadStep(f"{step} failed: {os.strerror(error.errno or 0)}. Nothing changed.") from None
        self._steps.append(step)
        self.taken += 1
        self.disagreed += bool(outcome.disagreements)
        return outcome

    def close(self) -> None:
        """Close every descriptor, and end the child."""
        if self._world:
            self._world.close()
            self._world = None

    def _take(self, step: Step) -> Outcome:
        if step.name == "on":
            self.close()
            self._world = World(step.words[0])
            return self._world.opened()
        assert self._world
        return self._world.take(step)

    def _return_to_before(self, step: Step) -> None:
        try:
            self._replay()
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise SessionEnded(f"{step} failed, and so did the steps before it again: {reason}") from None

    def _undo(self) -> Outcome:
        if len(self._steps) == 1:
            raise BadStep("There is no step to undo.")
        undone = self._steps.pop()
        remark = f"{undone} is undone. This is what was seen before it, after {self._steps[-1]}:"
        return self._replay()._replace(title="undo", remark=remark)

    def _replay(self) -> Outcome:
        last = max(at for at, step in enumerate(self._steps) if step.name == "on")
        for step in self._steps[last:]:
            outcome = self._take(step)
        return outcome
