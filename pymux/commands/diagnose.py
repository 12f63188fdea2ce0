"""`pymux diagnose`: name the fault in a program's event loop, from a log of its system calls."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand

from pymux.diagnose.diagnosis import diagnose as diagnosed
from pymux.diagnose.sources import Unreadable, read_files
from pymux.diagnose.strace import Reading
from pymux.diagnose.stracing import Stracing, strace_missing
from pymux.report import console
from pymux.report.diagnosis import page, show

_LOG_HELP = "Logs of strace, compressed or not, those of -ff together; - for standard input."


class DividedAtDashes(TyperCommand):
    """A command line of two halves: what follows -- is a command of its own, with options of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what follows -- away from the parser."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["command"] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


def diagnose(
    context: typer.Context,
    logs: Annotated[list[str] | None, typer.Argument(metavar="[LOG… | -- COMMAND…]", help=_LOG_HELP)] = None,
    pid: Annotated[Optional[int], typer.Option("-p", metavar="PID", help="Attach to a process.")] = None,  # noqa: UP045
    seconds: Annotated[
        Optional[float],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option(min=0.0, help="How long to watch; without it until the end or Ctrl-C."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write a page with timelines as well."),
    ] = None,
) -> None:
    """Name the fault in a program's event loop, from its system calls.

    Exit codes: 0 nothing above a hint; 1 a finding; 2 nothing could be read.
    """
    command: list[str] = context.meta["command"]
    given = sum(map(bool, (logs, command, pid is not None)))
    if given != 1:
        raise typer.BadParameter("give a log, -p PID, or -- and a command")
    if html and not html.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {html.parent}", param_hint=str(html))
    if logs:
        raise typer.Exit(_read(logs, logs[0], as_json, html))
    if problem := strace_missing():
        print(f"pymux diagnose: {problem}", file=sys.stderr)
        raise typer.Exit(2)
    with tempfile.TemporaryDirectory(prefix="pymux-diagnose-") as folder:
        log = str(Path(folder) / "strace")
        stracing = Stracing(log, command, pid)
        problem = stracing.run(seconds)
        if problem:
            print(f"pymux diagnose: {problem}", file=sys.stderr)
            raise typer.Exit(2)
        raise typer.Exit(
            _read([log], " ".join(command) if command else f"process {pid}", as_json, html, True)
        )


def _read(paths: list[str], source: str, as_json: bool, html: Path | None, unfiltered: bool = False) -> int:
    reading = Reading()
    try:
        diagnosis = diagnosed(read_files(paths, reading), source, reading, unfiltered=unfiltered)
        if html:
            from pymux.report.diagnosed_timeline import pictures

            html.write_text(page(diagnosis, pictures(diagnosis, paths)))
    except Unreadable as error:
        print(f"pymux diagnose: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(diagnosis.as_dict(), indent=2))
    elif diagnosis.status == 2:
        print(f"pymux diagnose: {diagnosis.source!r} has no line of strace in it", file=sys.stderr)
    else:
        show(diagnosis, console.out)
    return diagnosis.status
