"""Run a script as `python SCRIPT ARGS` does, in this process."""

from __future__ import annotations

import builtins
import io
import os
import signal
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from pymux.recorder import after_call

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


def run(path: str, arguments: Sequence[str]) -> BaseException | None:
    """Run the script at `path` as `__main__`; return what it ended with, None for its last line.

    sys.argv, sys.path and `__main__` are the script's, and stay so: its threads and its atexit handlers
    may go on after this returns. What it raised was not yet shown.
    """
    sys.argv = [path, *arguments]
    path = os.path.abspath(path)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    try:
        with io.open_code(path) as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
        exec(code, main.__dict__)
    except BaseException as error:
        return error
    return None


def show(error: BaseException) -> None:
    """Show a script's uncaught exception as the interpreter does: without what is between both."""
    traceback = _without_ours(error.__traceback__)
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)


def die_of(number: signal.Signals) -> None:
    """End this process by a signal, so that its parent sees that it did."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback:
        if traceback.tb_frame.f_code.co_filename not in _OURS:
            frames.append(traceback)
        traceback = traceback.tb_next
    chain = [*frames, None]
    for frame, following in zip(frames, chain[1:], strict=True):
        frame.tb_next = following
    return chain[0]


_OURS = (__file__, after_call.__file__)
