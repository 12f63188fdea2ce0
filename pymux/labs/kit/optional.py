"""A library of the extra `lab` that an experiment is about: without it, nothing can be decided."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pymux.labs.kit.model import Undecided


def library(name: str) -> Any:
    """Return the library, imported; where it is not installed, its claims are undecided."""
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name.partition(".")[0]:
            raise
        raise Undecided(f"the library {missing.name} is not installed: pip install {missing.name}") from None
