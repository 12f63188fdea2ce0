"""The folder that an option names for results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def make_folder(folder: Path, option: str) -> None:
    """Make a folder; refuse one that cannot take the results before they are measured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{folder} cannot be written to", param_hint=option)
