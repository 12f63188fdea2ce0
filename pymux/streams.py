"""The standard streams of a command: one line where they fail, ASCII where a terminal has no more.

A full disk, a pipe that was closed and a descriptor that never was open are no faults of the program and no
place for a traceback. A terminal without UTF-8 shows what there is to show, in characters that it has.
"""

from __future__ import annotations

import codecs
import os
import signal
import sys
from contextlib import contextmanager, suppress
from errno import EBADF, EPIPE
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ASCII = "pymux.ascii"  # the name of the error handler below
# What tables, plots and texts of pymux have beside ASCII.
_INSTEAD = {
    "\N{BLACK CIRCLE}": "*",
    "\N{WHITE CIRCLE}": "o",
    "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-",
    "\N{BOX DRAWINGS HEAVY HORIZONTAL}": "-",
    "\N{BOX DRAWINGS LIGHT VERTICAL}": "|",
    "\N{FULL BLOCK}": "#",
    "\N{MICRO SIGN}": "u",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFTWARDS ARROW}": "<-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{SUPERSCRIPT TWO}": "2",
    "\N{MIDDLE DOT}": ".",
}


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(character, "?") for character in text), error.end


codecs.register_error(_ASCII, _in_ascii)


class _Results:
    """Standard output, which remembers with what error it failed; closed, it fails at the first write."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write, or fail for good."""
        with self._failing():
            return self._open().write(text)

    def flush(self) -> None:
        """Write what waits to be written, or fail for good."""
        with self._failing():
            if self._stream:
                self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return bool(self._stream and self._stream.isatty())

    def _open(self) -> TextIO:
        if self._stream is None:
            raise OSError(EBADF, os.strerror(EBADF))
        return self._stream

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = error
            raise


class _Messages:
    """Standard error: a message that cannot be written is no reason to stop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what can be written."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def run_command(command: Callable[[], None]) -> None:
    """Run a command; end with one line, and exit code 1, where its standard output cannot be written to.

    Where the reader of a pipe has gone, end as SIGPIPE ends a program, without a word.
    """
    results = _replace_streams()
    try:
        command()
    finally:  # also where that ends by SystemExit, or by the very error
        if sys.stdout is not sys.__stdout__:  # not given back
            with suppress(OSError):
                results.flush()
            if results.error:
                _give_up(results.error)


def _replace_streams() -> _Results:
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream and "utf" not in (stream.encoding or "").lower():
            stream.reconfigure(errors=_ASCII)
    results = _Results(sys.__stdout__)
    sys.stdout = cast("TextIO", results)
    if sys.__stderr__ is not None:
        sys.stderr = cast("TextIO", _Messages(sys.__stderr__))
    return results


def give_back() -> None:
    """Put the streams back as the interpreter made them: for a script that is run in this process."""
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    for stream, errors in ((sys.__stdout__, "strict"), (sys.__stderr__, "backslashreplace")):
        if stream and stream.errors == _ASCII:
            stream.reconfigure(errors=errors)


def _give_up(error: OSError) -> None:
    """End the process: what is left in the buffers cannot be written, and must not be tried again."""
    if error.errno == EPIPE:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    if sys.stderr is not None:
        sys.stderr.write(f"pymux: standard output: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(1)
