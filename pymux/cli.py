"""Floor 7: the `pymux` command. Each subcommand reads its options and hands them down.

Exit codes: 0 all was done; 1 it failed, and the message says why, also where standard output cannot be
written to; 2 the command line was not
understood; 3 less was done than requested, because a limit of this machine or process was in the
way; 130 Ctrl-C, with what was measured so far kept.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Annotated

try:
    import typer

    from pymux.commands.c10k import c10k
    from pymux.commands.compare import compare
    from pymux.commands.course import course
    from pymux.commands.diagnose import DividedAtDashes, diagnose
    from pymux.commands.grade import grade
    from pymux.commands.lab import lab
    from pymux.commands.load import load
    from pymux.commands.report import report
    from pymux.commands.serve import serve
    from pymux.commands.step import step
    from pymux.commands.trace import trace
    from pymux.report import console
    from pymux.report.info import capabilities_table, limits_table

    # Imported late: after measuring (see pymux.report.compare.figure), and where a person types.
    for name in ("matplotlib", "prompt_toolkit"):
        if not find_spec(name):
            raise ModuleNotFoundError(name=name)
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"pymux: the command needs {missing.name}, which is in the extra `lab`: "
        "in the checkout of pymux, pip install '.[lab]'"
    ) from None

import pymux
from pymux.raw.limits import CALLS
from pymux.raw.made_by import MADE_BY
from pymux.streams import run_command

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.callback()
def command() -> None:
    """The Linux multiplexing system calls: run, counted and seen."""


@app.command()
def info(as_json: Json = False) -> None:
    """Show the limits of this machine and which calls its kernel answers."""
    limits, answered = pymux.limits(), pymux.capabilities()
    if as_json:
        shown = {"limits": limits._asdict(), "capabilities": sorted(answered), "made_by": MADE_BY}
        print(json.dumps(shown, indent=2))
        return
    console.out.print(limits_table(limits))
    console.out.print(capabilities_table(answered, CALLS))


app.command()(compare)
app.add_typer(lab, name="lab")
app.command()(report)
app.command()(serve)
app.command()(load)
app.command()(c10k)
app.command()(step)
app.command()(grade)
app.add_typer(course, name="course")
app.command(cls=DividedAtDashes)(diagnose)
app.command(context_settings={"allow_interspersed_args": False})(trace)


def main() -> None:
    """Run the command."""
    run_command(app)
