"""How a process of its own is started: with this Python, and never with a `pymux` of the current folder."""

from __future__ import annotations

import sys


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `main` of a module.

    `python -m` would look into the current folder first: in pymux's own source tree it would find the
    package without its compiled part. An empty entry of sys.path is that folder.
    """
    code = f"import sys; sys.path[:] = filter(None, sys.path); from {module} import main; main()"
    return [sys.executable, "-c", code, *arguments]
