"""strace's text, read as a stream of calls, signals and ends; memory does not grow with the log."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pymux.diagnose import grammar
from pymux.diagnose.call import Call
from pymux.diagnose.text import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EPOCH = 1e8  # a time of seconds from here on is one since 1970, below it one since the line before (-r)
_DAY = 86_400.0
_JOINED = 8  # lines that one wrapped call may take
_SAMPLES = 5
_UNFINISHED_KEPT = 100_000  # threads, in truth far fewer
_GAP = re.compile(
    r"^\s*(?:\[?(?:\.{3,}|…)+\]?|[<(\[]?\s*(?:snip|snipped|repeats?|cut|and so on)\b.*)\s*$", re.I
)
_NOISE = re.compile(
    r"^\s*(?:[`~]{3}.*|</?[a-z]+>|\^C.*|.{0,60}[$#%] .*|strace: .*|\[?\s*Process \d+.*|"
    r"\s*>.*|.*\bstrace -.*|-{3,}|={3,})?\s*$"
)
_FRAME = re.compile(r"^ > |^\s+> ")  # -k: the stack behind a call
_TABLE = re.compile(r"^\s*% time\s+seconds\s+usecs/call\s+calls")
_ROW = re.compile(r"^\s*\d+[.,]\d+\s+(\d+[.,]\d+)\s+\d+\s+(\d+)(?:\s+(\d+))?\s+([a-z_0-9]+)\s*$")


@dataclass
class Signal:
    """A signal that a thread was given."""

    pid: int | None
    name: str
    line: int
    shown: str


@dataclass
class Exit:
    """The end of a thread; `status` is None where a signal ended it."""

    pid: int | None
    status: int | None
    signal: str
    line: int
    shown: str


@dataclass
class Attached:
    """strace has attached to a process; `threads` is how many it has, 0 where that is not said."""

    pid: int
    threads: int


class Gap:
    """Some of the log was left out here."""


Item = Call | Signal | Exit | Attached | Gap


@dataclass
class Reading:
    """What became of the lines: for the answer."""

    lines: int = 0
    calls: int = 0
    undecoded: int = 0
    samples: list[tuple[int, str]] = field(default_factory=list)
    # Of -c: calls, errors, seconds, line.
    table: dict[str, tuple[int, int, float, int]] = field(default_factory=dict)


class Reader:
    """Reads the lines of one file. `pid` is that of a file of -ff."""

    def __init__(self, reading: Reading, pid: int | None = None, source: int = 0) -> None:
        self.reading = reading
        self.pid = pid
        self.source = source
        self._unfinished: dict[int | None, Call] = {}
        self._held: tuple[int, str, int] | None = None  # a call whose line goes on, perhaps
        self._clock = 0.0
        self._last_clock: float | None = None
        self._last: Call | None = None
        self._in_table = False
        self._seq = 0

    def read(self, lines: Iterable[tuple[int, str]]) -> Iterator[Item]:
        """Yield what the lines show, in their order; a call that was cut in two where it ended."""
        for number, text in lines:
            self.reading.lines += 1
            self._seq += 1
            yield from self._line(number, text)
        yield from self._flush()
        for call in self._unfinished.values():
            self._seq += 1
            call.seq = self._seq
            yield call
        self._unfinished.clear()

    def _line(self, number: int, text: str) -> Iterator[Item]:
        # The usual line, as strace wrote it, needs no cleaning; a control character in it would.
        if self._held is None and "\x1b" not in text and "&" not in text:
            match = grammar.CALL.match(text)
            if match and (call := self._call(number, text, match)):
                yield call
                return
        for part in cleaned(text):
            yield from self._part(number, part, len(text))

    def _part(self, number: int, text: str, width: int) -> Iterator[Item]:
        if not text.strip():
            return
        match = grammar.CALL.match(text)
        if match:
            yield from self._flush()
            if call := self._call(number, text, match):
                yield call
            elif not self._unfinished_call(number, text, match):
                self._held = (number, text, width)
            return
        if self._held and not grammar.RESUMED.match(text) and not text.lstrip().startswith(("---", "+++")):
            yield from self._joined(text)
            return
        yield from self._flush()
        yield from self._other(number, text)

    def _joined(self, text: str) -> Iterator[Item]:
        assert self._held
        number, before, width = self._held
        # A terminal cuts at its last column and loses nothing; mail cuts at a space.
        joint = "" if width >= 79 else " "
        whole = before + joint + text.strip("\n")
        self._held = None
        match = grammar.CALL.match(whole)
        if match and (call := self._call(number, whole, match)):
            yield call
        elif match and self._unfinished_call(number, whole, match):
            return
        elif len(whole) < _JOINED * 80 or len(whole) < 2 * len(before):
            self._held = (number, whole, max(width, 79) if width >= 79 else len(text))
        else:
            self._note(number, whole)

    def _flush(self) -> Iterator[Item]:
        """End what is held: a call that the log does not show to its end."""
        if self._held is None:
            return
        (number, text, _), self._held = self._held, None
        match = grammar.CALL.match(text)
        if match and _looks_like_a_call(match):
            call = self._new(number, text, match, match["rest"])
            call.seq = self._seq
            yield call
        else:
            self._note(number, text)

    def _other(self, number: int, text: str) -> Iterator[Item]:
        if match := grammar.RESUMED.match(text):
            if call := self._resumed(number, text, match):
                yield call
        elif match := grammar.SIGNAL.match(text):
            self._when(match)
            yield Signal(self._who(match), match["name"], number, text[:400])
        elif match := grammar.EXIT.match(text):
            pid = self._who(match)
            if call := self._unfinished.pop(pid, None):
                call.seq = self._seq
                yield call
            status = match["status"]
            yield Exit(pid, int(status[:9]) if status else None, match["signal"] or "", number, text[:400])
        elif match := grammar.ATTACHED.match(text):
            if match["what"] == "attached":
                yield Attached(int(match["pid"][:10]), int((match["threads"] or "0")[:6]))
        elif _GAP.match(text):
            yield Gap()
        elif _TABLE.match(text):
            self._in_table = True
        elif self._in_table and (match := _ROW.match(text)):
            self._row(number, match)
        elif not _NOISE.match(text[:200]) and not _FRAME.match(text) and not self._in_table:
            self._note(number, text)

    def _row(self, number: int, match: re.Match[str]) -> None:
        name = grammar.plain_name(match[4])
        if name == "total":
            self._in_table = False
            return
        self.reading.table[name] = (
            int(match[2][:15]),
            int((match[3] or "0")[:15]),
            float(match[1].replace(",", ".")[:20]),
            number,
        )

    def _call(self, number: int, text: str, match: re.Match[str]) -> Call | None:
        """Return the call of a line that has its result."""
        arguments, result = grammar.arguments_and_result(match["rest"])
        if result is None or not _plausible(match):
            return None
        call = self._new(number, text, match, arguments)
        self._result(call, result)
        call.seq = self._seq
        return call

    def _unfinished_call(self, number: int, text: str, match: re.Match[str]) -> bool:
        found = grammar.UNFINISHED.search(match["rest"][-40:])
        if not found:
            return False
        rest = match["rest"]
        call = self._new(number, text, match, rest[: len(rest) - len(found[0])])
        if len(self._unfinished) < _UNFINISHED_KEPT:
            self._unfinished[call.pid] = call
        return True

    def _resumed(self, number: int, text: str, match: re.Match[str]) -> Call | None:
        pid, now = self._who(match), self._when(match)
        call = self._unfinished.pop(pid, None)
        arguments, result = grammar.arguments_and_result(match["rest"])
        name = grammar.plain_name((match["name"] or "").strip())
        if call is None or (name and call.name != name and call.name != "restart_syscall"):
            if not name:
                self._note(number, text)
                return None
            call = Call(number, pid, name, arguments, text[:400])
            call.source = self.source
            call.cut = True
        else:
            joint = "" if call.text.endswith((" ", "(")) or not call.text else " "
            call.text += joint + arguments
            call.shown = f"{call.shown.replace('<unfinished ...>', '').rstrip()}{joint}{match['rest'][:200]}"[
                :400
            ]
            call.last_line = number
        if result is None and not arguments.strip():
            return None
        if result is not None:
            self._result(call, result)
        call.end = now
        call.seq = self._seq
        self.reading.calls += call.cut
        return call

    def _new(self, number: int, text: str, match: re.Match[str], arguments: str) -> Call:
        call = Call(number, self._who(match), grammar.plain_name(match["name"]), arguments, text[:400])
        call.source = self.source
        call.start = self._when(match)
        call.begin_seq = self._seq
        self.reading.calls += 1
        return call

    def _result(self, call: Call, match: re.Match[str]) -> None:
        value = match["value"]
        if value != "?":
            call.result = int(value[:24], 16 if value.startswith("0x") else 10)
        call.result_path = match["path"] or ""
        call.errno = match["errno"] or ""
        extra = match["extra"].strip()
        call.extra = extra
        if call.errno.startswith("ERESTART"):
            # The kernel's inner code: the program sees EINTR, or nothing where the call is begun again.
            call.result, call.errno = -1, "EINTR"
        if match["took"] and match["took"] != "unavailable":
            call.duration = float(match["took"][:20])
            if call.start is not None:
                call.end = call.start + call.duration

    def _who(self, match: re.Match[str]) -> int | None:
        pid = match["pid"] or match["bare"]
        return int(pid[:10]) if pid else self.pid

    def _when(self, match: re.Match[str]) -> float | None:
        if clock := match["clock"]:
            hours, minutes, seconds = clock.split(":")
            now = int(hours) * 3600 + int(minutes) * 60 + float(seconds[:12])
            if self._last_clock is not None and now < self._last_clock - _DAY / 2:
                now += _DAY * (1 + (self._last_clock - now) // _DAY)
            self._last_clock = now
            return now
        if match["seconds"]:
            value = float(match["seconds"][:25])
            if value >= _EPOCH:
                return value
            self._clock += value
            return self._clock
        return None

    def _note(self, number: int, text: str) -> None:
        self.reading.undecoded += 1
        if len(self.reading.samples) < _SAMPLES:
            self.reading.samples.append((number, text[:200]))


def _plausible(match: re.Match[str]) -> bool:
    """Return whether a name before a bracket is a call's, and no word of somebody's sentence."""
    return len(match["name"]) <= 40


def _looks_like_a_call(match: re.Match[str]) -> bool:
    rest = match["rest"]
    return rest[:1].isdigit() or rest[:2] in ("[{", "{{") or "<unfinished" in rest
