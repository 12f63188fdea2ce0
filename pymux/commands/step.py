"""`pymux step`: one step at a time on a real object, with every way to watch it side by side."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.console import Console
from rich.text import Text

from pymux.course.step.export import SUFFIXES, export
from pymux.course.step.objects import moved_high
from pymux.course.step.parsing import OBJECT_NAMES
from pymux.course.step.player import Player
from pymux.course.step.session import Session, SessionEnded
from pymux.report import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

_FAILED, _LIMITED, _INTERRUPTED = 1, 3, 130  # exit codes, as pymux.cli explains them
_LONGEST = 1000  # characters of a line: a script may be any file


def step(
    object: Annotated[str, typer.Argument(help=f"One of: {', '.join(OBJECT_NAMES)}.")] = "pipe",
    script: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option("--play", metavar="SCRIPT", help="Take the steps of a file, one a line."),
    ] = None,
    picture: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--export", metavar="FILE", help="Write the session as .svg or .html at the end."),
    ] = None,
) -> None:
    """Take steps on a real object and see what each way to watch it reports, and why; help lists the steps.

    Without a terminal the steps are read from standard input, one a line.
    """
    if object not in OBJECT_NAMES:
        raise typer.BadParameter(f"There is no object {object!r}. The objects are {', '.join(OBJECT_NAMES)}.")
    if picture:
        _refuse_unwritable(picture)
    out = Console(highlight=False, record=picture is not None)
    with _opened(script) as file:
        raise typer.Exit(_run(object, file, out, picture))


def _run(kind: str, file: TextIO, out: Console, picture: Path | None) -> int:
    try:
        session = Session(kind)
    except OSError as error:
        console.err.print(Text(f"pymux step: {kind} cannot be opened here: {error.strerror}"), soft_wrap=True)
        return _LIMITED
    with closing(session):
        code = _play(session, file, out)
    return _export(out, picture, f"pymux step {kind}") or code


def _play(session: Session, file: TextIO, out: Console) -> int:
    typing = file.isatty() and out.is_terminal
    player = Player(session, out, _refuser(out if typing else None))
    try:
        player.play(_lines(session, file, typing))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SessionEnded as reason:
        console.err.print(Text(f"pymux step: {reason}"), soft_wrap=True)
        return _FAILED
    finally:
        player.conclude()
    return _FAILED if session.disagreed or (player.refused and not typing) else 0


def _lines(session: Session, file: TextIO, typing: bool) -> Iterable[str]:
    if not typing:
        return _read_lines(file)
    from pymux.course.step.terminal import typed_lines  # here, because prompt_toolkit takes its time to load

    console.err.print("help lists the steps, Tab completes, Ctrl-D ends.")
    return typed_lines(session)


def _read_lines(file: TextIO) -> Iterator[str]:
    try:
        while line := file.readline(_LONGEST):
            yield line
    except (OSError, UnicodeDecodeError) as error:
        raise SessionEnded(f"the steps cannot be read: {error}") from None


def _refuser(out: Console | None) -> Callable[[int, str], None]:
    """Return what shows why a line was refused: a person sees it among the steps, a script by its number."""

    def refuse(number: int, reason: str) -> None:
        if out:
            out.print(Text(reason, "red"))
        else:
            console.err.print(Text(f"pymux step: line {number}: {reason}"), soft_wrap=True)

    return refuse


def _opened(script: Path | None) -> TextIO:
    """Open a script, or take standard input, where there is none or it is called -."""
    if script is None or str(script) == "-":
        return sys.stdin or StringIO()
    try:
        # Moved: the first step shall see the same descriptors with a script and without.
        fd = moved_high(os.open(script, os.O_RDONLY | os.O_CLOEXEC))
        return os.fdopen(fd, encoding="utf-8", errors="replace")
    except OSError as error:
        raise typer.BadParameter(f"{script}: {error.strerror}", param_hint="--play") from None


def _refuse_unwritable(picture: Path) -> None:
    if picture.suffix not in SUFFIXES:
        raise typer.BadParameter(f"{picture} must end in {' or '.join(SUFFIXES)}", param_hint="--export")
    writable = os.access(picture if picture.exists() else picture.parent, os.W_OK)
    if picture.is_dir() or not writable:
        raise typer.BadParameter(f"{picture} cannot be written to", param_hint="--export")


def _export(out: Console, picture: Path | None, title: str) -> int:
    if picture is None:
        return 0
    try:
        export(out, picture, title)
    except OSError as error:
        console.err.print(Text(f"pymux step: {picture}: {error.strerror}"), soft_wrap=True)
        return _FAILED
    console.err.print(f"written: {picture}", soft_wrap=True)
    return 0
