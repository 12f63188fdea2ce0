"""How a process of its own is started: with this Python, and never with a `pymux` of the current folder."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# In which a process that was started has imported what it needs: two seconds or, emulated, half a minute.
STARTED_S = 120.0
_PAUSE_S = 0.01  # between two looks at what another process does


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `main` of a module.

    `python -m` would look into the current folder first: in pymux's own source tree it would find the
    package without its compiled part. An empty entry of sys.path is that folder.
    """
    code = f"import sys; sys.path[:] = filter(None, sys.path); from {module} import main; main()"
    return [sys.executable, "-c", code, *arguments]


def port_of(server: subprocess.Popen[str]) -> int:
    """Return the port that a server prints as its first line; raise OSError where none comes."""
    assert server.stdout
    output = select.poll()
    output.register(server.stdout, select.POLLIN)
    if not output.poll(STARTED_S * 1000):
        raise TimeoutError(f"the server printed no port within {STARTED_S:g} s")
    line = server.stdout.readline()  # a line is written at once
    if not line:
        raise ChildProcessError("the server ended before it printed its port")
    return int(line)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = STARTED_S) -> None:
    """Return once `condition` is true; TimeoutError says `what` did not happen in `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"within {seconds:g} s it did not happen that {what}")
        time.sleep(_PAUSE_S)
