"""Which labs were run to their end, for `pymux lab next`: one name a line, in the user's state folder.

The place is that of the XDG Base Directory Specification. Where it cannot be written, nothing is remembered.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def done() -> list[str]:
    """Return the names of the labs that were run, in the order of their first runs."""
    try:
        return _file().read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return []


def remember(name: str) -> None:
    """Note that a lab was run to its end."""
    if name in done():
        return
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def _file() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(home, "pymux", "labs")
