"""`pymux trace`: run a script and show the calls it makes, in strace's words."""

from __future__ import annotations

import atexit
import errno
import fcntl
import json
import os
import resource
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pymux.diagnose.diagnosis import diagnose as diagnosed
from pymux.diagnose.records import as_items, as_records
from pymux.diagnose.sources import Unreadable, read_files
from pymux.diagnose.strace import Reading
from pymux.recorder import Log, Record, totals
from pymux.recorder.after_call import calling_after
from pymux.recorder.perfetto import trace_events
from pymux.recorder.records import parse
from pymux.recorder.script import die_of, run, show
from pymux.recorder.strace import line
from pymux.report.duration import duration
from pymux.streams import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_AT_ONCE = 64  # calls; a ring holds 140 of those with the most memory, 30,000 of most (pymux.recorder.log)
_HIGH = 1024  # the usual soft limit of descriptors


def trace(
    script: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Argument(help="The script; what follows are its own arguments."),
    ] = None,
    args: Annotated[Optional[list[str]], typer.Argument(help="Its arguments.")] = None,  # noqa: UP045
    count: Annotated[bool, typer.Option("-c", help="Show totals instead of calls, as strace -c.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a call; with -c, one.")] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", help="Write there instead of to standard error."),
    ] = None,
    stdlib: Annotated[
        bool, typer.Option("--stdlib", help="Show the calls of select, selectors and asyncio too.")
    ] = False,
    timeline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE.svg", help="Draw a lane per thread and per descriptor."),
    ] = None,
    perfetto: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE.json", help="Write a trace that ui.perfetto.dev opens."),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--from", metavar="LOG", help="Show the calls of a log of strace instead of a script's."
        ),
    ] = None,
    diagnose: Annotated[
        bool, typer.Option("--diagnose", help="Name the faults that the calls show, at the end.")
    ] = False,
) -> None:
    """Run a script as python does, and show each call of select, poll and epoll as it returns.

    The exit code, Ctrl-C and what the script prints are its own. Where the trace cannot be written any more
    (a full disk), that is said once, the script goes on unchanged, and a script that succeeds exits with 1.
    """
    if (script is None) == (log is None):
        raise typer.BadParameter("give a script, or --from and a log")
    if log is not None:
        raise SystemExit(
            _show_log(log, _Tracer(_open(output), count, as_json, keep=True), timeline, perfetto)
        )
    assert script is not None
    if not script.is_file():
        raise typer.BadParameter(f"{script} is no file", param_hint="SCRIPT")
    for path in filter(None, (output, timeline, perfetto)):
        if not path.parent.is_dir():
            raise typer.BadParameter(f"there is no folder {path.parent}", param_hint=str(path))
    if stdlib:
        _replace_select()
    for name in _CALLERS:
        import_module(name)
    keep = bool(timeline or perfetto)
    give_back()
    tracer = _Tracer(_open(output), count, as_json, keep, diagnose)
    atexit.register(tracer.finish, timeline, perfetto, title=script.name)
    tracer.start()
    error = run(str(script), args or [])
    tracer.succeeded = error is None or (isinstance(error, SystemExit) and not error.code)
    if isinstance(error, SystemExit):
        raise error
    if error is not None:
        show(error)
        tracer.interrupted = isinstance(error, KeyboardInterrupt)
        raise SystemExit(1)


def _replace_select() -> None:
    """Put pymux's module in the place of the standard one, and import the modules that use it again."""
    sys.modules["select"] = import_module("pymux.compat.select")
    for name in [name for name in sys.modules if name.split(".")[0] in _USE_SELECT]:
        del sys.modules[name]


# The modules that make calls: what is followed must be there before the script imports it.
_CALLERS = ("pymux.libc", "pymux.sampling", "pymux.compat.select", "pymux.compat.selectors")

# The standard library's modules that hold select, or another that does.
_USE_SELECT = ("asyncio", "multiprocessing", "selectors", "socketserver", "subprocess")


def _open(output: Path | None) -> Console:
    if output is None:
        return Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with output.open("w", encoding="utf-8") as opened:
            file = os.fdopen(_out_of_the_way(opened.fileno()), "w", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from None
    return Console(file=file, highlight=False, soft_wrap=True)


def _out_of_the_way(fd: int) -> int:
    """Return a high descriptor for `fd`'s file: the script gets the numbers it gets without us."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, min(soft, _HIGH) - 1)


class _Calls(threading.local):
    """Counts the calls of each thread."""

    def __init__(self) -> None:
        self.count = count(1).__next__


class _Tracer:
    """Prints each call after it was made, keeps what the pictures need, and sums up in the end.

    It never changes what it watches: what goes wrong here stays here, and ends the writing alone.
    """

    def __init__(self, out: Console, count: bool, as_json: bool, keep: bool, diagnose: bool = False) -> None:
        self.out, self.count, self.as_json = out, count, as_json
        self.diagnose = diagnose
        self.keep = keep or count or diagnose
        self.records: list[Record] = []
        self.unread: list[bytes] = []
        self.closed: list[tuple[int, int]] = []
        self.watched: set[int] = set()
        self.looks_for_closed = keep
        self.first_thread = threading.get_native_id()
        self.several = False
        self.seen = 0
        self.interrupted = self.succeeded = False
        self.stopped = False  # writing: it failed
        self.process = os.getpid()
        self.calls = _Calls()
        self.lock = threading.RLock()
        os.register_at_fork(after_in_child=self._in_child)

    def start(self) -> None:
        self.log = Log()
        self.calling_after = calling_after(self._show_later if self._may_wait else self._show_now)
        self.calling_after.__enter__()

    @property
    def _may_wait(self) -> bool:
        """Whether nothing is shown, or looked at, before the script goes on."""
        return self.count and not self.looks_for_closed

    def _show_now(self) -> None:
        self.show(lambda: parse(self.log.take_own()))

    def _show_later(self) -> None:
        """Empty the ring of this thread long before it is full, and not after every call.

        It is read when the script has ended: meanwhile the script's other threads would wait for that.
        """
        if self.calls.count() % _AT_ONCE == 0:
            with self.lock, self._unless_it_fails("the calls"):
                self.unread.append(self.log.take_own())

    def show(self, take: Callable[[], Iterable[Record]]) -> None:
        """Print what has come."""
        with self.lock, self._unless_it_fails("the calls"):
            for record in take():
                self.seen += 1
                if self.keep:
                    self.records.append(record)
                if not self.count and not self.stopped:
                    self._print(record)
                if self.looks_for_closed:
                    self._look(record)

    def finish(self, timeline: Path | None, perfetto: Path | None, title: str) -> None:
        """Show what is shown at the end. Runs after the script's threads and atexit handlers."""
        self.calling_after.__exit__(None, None, None)
        self.show(lambda: chain.from_iterable(map(parse, self.unread)))
        self.show(self.log.take)
        lost = self.log.lost
        self.log.close()
        if os.getpid() == self.process:
            self.conclude(timeline, perfetto, title)
            with self._unless_it_fails("the diagnosis"):
                if self.diagnose:
                    self._diagnose(title)
                elif not self.seen and (package := _unseen()):
                    where = "makes its calls in C, where they are not recorded"
                    print(
                        f"pymux trace: {package} {where}: pymux diagnose -- python {title}", file=sys.stderr
                    )
        with self._unless_it_fails("the calls"):
            if lost:
                self.out.print(f"pymux trace: {lost} calls were lost: more came at once than the rings hold")
            self.out.file.flush()
        if self.interrupted:
            sys.stdout.flush()
            die_of(signal.SIGINT)
        if self.stopped and self.succeeded:
            _exit_with_failure()

    def conclude(self, timeline: Path | None, perfetto: Path | None, title: str) -> None:
        """Print and write what is made of all records together."""
        self.records.sort(key=lambda record: record.start_ns)  # each thread has handed over its own
        if self.count and not self.stopped:
            with self._unless_it_fails("the totals"):
                self._print_totals()
        if timeline:
            with self._unless_it_fails(str(timeline)):
                from pymux.report.timeline import draw

                draw(self.records, timeline, self.closed, title)
        if perfetto:
            with self._unless_it_fails(str(perfetto)):
                events = json.dumps(trace_events(self.records, self.closed))
                perfetto.write_text(events, encoding="utf-8")

    @contextmanager
    def _unless_it_fails(self, what: str) -> Iterator[None]:
        """Stop writing where that fails, and say so once: the program that is watched must not notice."""
        try:
            yield
        except Exception as error:
            if not self.stopped:
                self.stopped = True
                reason = error.strerror if isinstance(error, OSError) else repr(error)
                with suppress(OSError):  # standard error may be what has failed
                    os.write(2, f"pymux trace: stopped writing {what}: {reason}\n".encode())

    def _diagnose(self, title: str) -> None:
        from pymux.report.diagnosis import show

        reading = Reading()
        show(diagnosed(as_items(self.records, reading), title, reading, sees_all=False), self.out)

    def _print(self, record: Record) -> None:
        if self.as_json:
            self._write(json.dumps(record.as_dict()))
            return
        self.several = self.several or record.thread != self.first_thread
        prefix = f"[pid {record.thread:>5}] " if self.several else ""
        if self.out.is_terminal:
            self.out.print(Text.assemble((prefix, "dim"), _coloured(record)), soft_wrap=True)
        else:
            self._write(prefix + line(record, width=39 - len(prefix)))

    def _write(self, text: str) -> None:
        self.out.file.write(text + "\n")
        self.out.file.flush()

    def _print_totals(self) -> None:
        sums = totals(self.records)
        if self.as_json:
            self._write(json.dumps({call: total._asdict() for call, total in sums.items()}))
            return
        # Without a frame, so that eight columns fit 80: what is cut cannot be read.
        table = Table(
            title="Calls", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
        )
        table.add_column("call", no_wrap=True)
        for column in ("calls", "time", "each", "events", "empty", "EAGAIN", "errors"):
            table.add_column(column, justify="right", no_wrap=True)
        for call, total in sums.items():
            times = (duration(total.elapsed_ns), duration(total.elapsed_ns // total.calls))
            numbers = (total.events, total.empty, total.eagains, total.errors)
            table.add_row(call, f"{total.calls:,}", *times, *(f"{number:,}" for number in numbers))
        self.out.width = _whole(self.out, table)
        self.out.print(table)

    def _look(self, record: Record) -> None:
        """Which watched descriptors are closed by now? The calls alone do not show it."""
        self.watched |= {fd for fd in record.descriptors if fd < 2**31}
        for fd in [fd for fd in self.watched if not _is_open(fd)]:
            self.watched.discard(fd)
            self.closed.append((fd, time.monotonic_ns()))

    def _in_child(self) -> None:
        self.lock = threading.RLock()
        self.records, self.unread, self.closed = [], [], []
        self.several = True


def _whole(console: Console, table: Table) -> int:
    """Return the width that shows a table uncut: a terminal that is narrower wraps its lines."""
    return max(console.width, Measurement.get(console, console.options.update(max_width=1000), table).maximum)


def _exit_with_failure() -> None:
    """End this process with 1, from its last atexit handler: the interpreter has settled on 0 by now."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(1)


def _show_log(log: Path, tracer: _Tracer, timeline: Path | None, perfetto: Path | None) -> int:
    """Show the calls of select, poll and epoll in a log, as those of a script."""
    try:
        tracer.records, tracer.closed = as_records(read_files([log], Reading()))
    except Unreadable as error:
        print(f"pymux trace: {error}", file=sys.stderr)
        return 1
    if not tracer.count:
        for record in tracer.records:
            tracer._print(record)
    tracer.conclude(timeline, perfetto, log.name)
    tracer.out.file.flush()
    return 1 if tracer.stopped else 0


# Packages whose loop is in C, where no call of pymux is made.
_LOOPS_IN_C = ("uvloop", "gevent", "pyuv", "pyev")


def _unseen() -> str:
    """Return the package whose loop the script has used, unseen by the recorder; "" for none."""
    return next((name for name in _LOOPS_IN_C if name in sys.modules), "")


def _is_open(fd: int) -> bool:
    try:
        fcntl.fcntl(fd, fcntl.F_GETFD)
    except OSError as error:
        return error.errno != errno.EBADF
    return True


def _coloured(record: Record) -> Text:
    call, bracket, rest = line(record).partition("(")
    arguments, equals, result = rest.partition(" = ")
    style = "bold red" if record.result < 0 else "green"
    return Text.assemble((call, "bold cyan"), bracket, arguments, (equals, "dim"), (result, style))
