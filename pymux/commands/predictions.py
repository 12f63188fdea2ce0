"""Predictions of what a lab will show: asked for or read from a file, then compared with the answers."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import typer
from rich.prompt import Prompt
from rich.text import Text

from pymux.labs.kit.lab import labs
from pymux.labs.kit.model import Answer
from pymux.labs.kit.text import prediction_text
from pymux.report import console

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Prediction
    from pymux.labs.kit.runs import Run

Predicted = dict[
    str, list[str | None]
]  # by lab, a choice for each of its questions; None: no answer was given


@dataclass(frozen=True)
class Compared:
    """One prediction beside what happened."""

    lab: str
    number: int  # of the question, from 1
    question: str
    predicted: str
    happened: str | None  # None: the experiment could not decide it

    @property
    def is_right(self) -> bool:
        """Whether it was predicted right."""
        return self.predicted == self.happened


def can_ask() -> bool:
    """Whether there is a terminal on which questions can be asked and answered."""
    return console.out.is_terminal and sys.stdin is not None and sys.stdin.isatty()


def asked(lab: Lab) -> list[str | None]:
    """Ask the questions of a lab, one after another; Ctrl-D leaves the rest of them out."""
    given: list[str | None] = [None] * len(lab.predictions)
    with suppress(EOFError):
        for number, prediction in enumerate(lab.predictions):
            console.out.print(Text(prediction_text(number + 1, prediction)))
            letters = [*ascii_lowercase[: len(prediction.choices)]]
            letter = Prompt.ask("your prediction", choices=letters, console=console.out)
            given[number] = prediction.choices[letters.index(letter)]
    return given


def read(file: Path) -> Predicted:
    """Read predictions: a JSON object with a list of choices, or of their letters, for each lab's name."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(
            f"{file} cannot be read as JSON: {error}", param_hint="--predictions"
        ) from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} holds no object of labs", param_hint="--predictions")
    return {name: _checked(file, name, given) for name, given in found.items()}


def _checked(file: Path, name: str, given: Any) -> list[str | None]:
    lab = labs().get(name)
    if lab is None:
        raise typer.BadParameter(f"{file}: there is no lab named {name!r}", param_hint="--predictions")
    if not isinstance(given, list) or len(given) != len(lab.predictions):
        count = len(lab.predictions)
        raise typer.BadParameter(
            f"{file}: {name} needs a list of {count} choices", param_hint="--predictions"
        )
    return [_choice(file, name, *pair) for pair in zip(lab.predictions, given, strict=True)]


def _choice(file: Path, name: str, prediction: Prediction, given: Any) -> str | None:
    by_letter = dict(zip(ascii_lowercase, prediction.choices, strict=False))
    if given is None or given in prediction.choices:
        return given  # type: ignore[no-any-return]
    if isinstance(given, str) and given in by_letter:
        return by_letter[given]
    raise typer.BadParameter(
        f"{file}: {given!r} is no choice of {name}'s question: {prediction.question}",
        param_hint="--predictions",
    )


def compared(started: Iterable[Run], predicted: Predicted) -> list[Compared]:
    """Return each prediction of the labs that were run, beside what happened."""
    happened = {
        (run.lab.name, result.number): result.choice
        for run in started
        for result in run.results
        if isinstance(result, Answer)
    }
    return [
        Compared(name, number, prediction.question, given, happened.get((name, number)))
        for name in dict.fromkeys(run.lab.name for run in started)
        for number, (prediction, given) in enumerate(
            zip(labs()[name].predictions, predicted.get(name, []), strict=False), 1
        )
        if given is not None
    ]


def shown(results: list[Compared]) -> Text:
    """Return each prediction with its answer, and the score."""
    lines = [Text("\nYour predictions", style="bold")]
    for each in results:
        style, mark = (
            ("green", "✓") if each.is_right else ("dim", "?") if each.happened is None else ("red", "✗")
        )
        lines.append(Text.assemble((f"{mark} ", style), f"{each.lab} {each.number}: {each.predicted}"))
        if not each.is_right:
            lines.append(Text(f"    what happened: {each.happened or 'could not be decided here'}"))
    decided = [each for each in results if each.happened is not None]
    lines.append(Text(f"{sum(each.is_right for each in decided)} of {len(decided)} right"))
    return Text("\n").join(lines)


def as_json(results: list[Compared]) -> dict[str, Any]:
    """Return the same as plain values."""
    decided = [each for each in results if each.happened is not None]
    return {
        "right": sum(each.is_right for each in decided),
        "of": len(decided),
        "questions": [{**asdict(each), "is_right": each.is_right} for each in results],
    }
