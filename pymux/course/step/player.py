"""Plays lines: each is a step, a comment, or refused with a sentence; the next one goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pymux.course.step.parsing import BadStep, parse
from pymux.course.step.view import shown, shown_help
from pymux.diagnose.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console

    from pymux.course.step.session import Session


class Player:
    """Takes the lines of a script, or of a person, in a session, and shows what comes of them."""

    def __init__(self, session: Session, out: Console, refuse: Callable[[int, str], None]) -> None:
        self._session, self._out, self._refuse = session, out, refuse
        self.refused = 0

    def play(self, lines: Iterable[str]) -> None:
        """Play lines until they end, or one says quit."""
        self._out.print(shown(self._session.opening))
        for number, line in enumerate(lines, 1):
            if line.strip() == "quit":
                return
            try:
                self._play_one(line.strip())
            except BadStep as reason:
                self.refused += 1
                self._refuse(number, str(reason))

    def conclude(self) -> None:
        """Say whether kernel and model agreed."""
        steps, wrong = self._session.taken, self._session.disagreed
        verdict = f"disagreed in {wrong} of them" if wrong else "agreed in each"
        self._out.print(Text(f"\nSteps: {steps}. The kernel and the model {verdict}.", "bold"))

    def _play_one(self, line: str) -> None:
        if line.startswith("#"):
            self._out.print(Text(f"\n{printable(line)}", "bold yellow"))
        elif line == "help":
            self._out.print(shown_help())
        elif line:
            self._out.print(shown(self._session.take(parse(line))))
