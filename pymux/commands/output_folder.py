"""Where results go: the folder that an option names, and in it files that no later run overwrites."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from pymux.report import console

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def make_folder(folder: Path, option: str) -> None:
    """Make a folder; refuse one that cannot take the results before they are measured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{folder} cannot be written to", param_hint=option)


def new_name(folder: Path, command: str) -> str:
    """Return a name for the results of this run that no file in `folder` has yet: compare-20260131-235959."""
    name = f"{command}-{datetime.now():%Y%m%d-%H%M%S}"
    used = {path.name.partition(".")[0] for path in folder.glob(f"{name}*")}
    candidates = (name, *(f"{name}-{n}" for n in range(2, len(used) + 2)))
    return next(candidate for candidate in candidates if candidate not in used)


def show_paths(paths: Iterable[Path]) -> None:
    """Say what was written."""
    for path in paths:
        console.err.print(f"written: {path}", soft_wrap=True)
