"""Call: one system call as a log shows it, whatever the source."""

from __future__ import annotations

from pymux.diagnose.grammar import quantity, split

_NOT_READ = -(1 << 62)  # no descriptor


class Call:
    """One system call.

    `result` is None where the log does not show it (`?`, or a call that was still blocked at the end),
    below 0 for an error; `errno` is then the error's name. Times are seconds, None where the log has none.
    """

    __slots__ = (
        "_args",
        "_fd",
        "begin_seq",
        "cut",
        "duration",
        "end",
        "errno",
        "extra",
        "last_line",
        "line",
        "name",
        "pid",
        "result",
        "result_path",
        "seq",
        "shown",
        "source",
        "start",
        "text",
    )

    def __init__(self, line: int, pid: int | None, name: str, text: str, shown: str) -> None:
        self.line = self.last_line = line
        self.source = 0  # which of several files
        self.pid = pid
        self.name = name
        self.text = text  # the arguments, as written
        self.shown = shown
        self.result: int | None = None
        self.result_path = ""  # what -y writes behind a descriptor that is returned
        self.errno = ""
        self.extra = ""  # what follows the result: (in [3], left {…})
        self.start: float | None = None
        self.end: float | None = None
        self.duration: float | None = None  # as -T gives it
        self.cut = False  # the beginning of its arguments is not in the log
        self.seq = self.begin_seq = 0  # its place in the log, at its end and at its beginning
        self._args: list[str] | None = None
        self._fd: int | None = _NOT_READ

    @property
    def args(self) -> list[str]:
        """The arguments, each as it is written."""
        if self._args is None:
            self._args = split(self.text)
        return self._args

    def arg(self, index: int) -> str:
        """Return one argument, "" where it is missing; a negative index counts from the end."""
        try:
            return self.args[index]
        except IndexError:
            return ""

    def number(self, index: int) -> int | None:
        """Return one argument as a number; None where it is none."""
        return quantity(self.arg(index))

    @property
    def fd(self) -> int | None:
        """The descriptor that is the first argument."""
        if self._fd == _NOT_READ:  # asked for by most rules, for each call
            self._fd = None if self.cut else quantity(self.text)
        return self._fd

    @property
    def failed(self) -> bool:
        """Whether the call returned an error."""
        return self.result is not None and self.result < 0

    @property
    def blocked(self) -> bool:
        """Whether the call was still blocked where the log ends, or its end is not shown."""
        return self.result is None

    @property
    def lines(self) -> list[int]:
        """The lines of the log that show the call."""
        return [self.line] if self.line == self.last_line else [self.line, self.last_line]

    @property
    def took(self) -> float | None:
        """How long the call took, in seconds; None where the log does not show it."""
        if self.duration is not None:
            return self.duration
        if self.start is not None and self.end is not None:
            return self.end - self.start
        return None
