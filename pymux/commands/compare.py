"""`pymux compare`: the main job. Options become a plan, a progress bar follows it, the report shows it."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from pymux.commands.measuring import fitted, measured
from pymux.commands.output_folder import make_folder, new_name, show_paths
from pymux.compare.against import NotComparable, Other, read
from pymux.compare.contenders import io_uring_forbidden
from pymux.compare.descriptors import KINDS
from pymux.compare.measure import Active, Plan
from pymux.compare.noise import after, before
from pymux.report import console
from pymux.report.compare import Result, rendered, tables, write
from pymux.report.conclusions import conclusions
from pymux.report.machine import machine

_SHARES = (0, 1, 2, 5, 10, 20, 35, 50, 75, 100)  # per cent of the descriptors, for --sweep active
_NUMBERS, _SWEPT_NUMBER = "10,100,1000,10000", "1000"
_FAILED, _LESS = 1, 3  # exit codes, as pymux.cli explains them


class Sweep(str, Enum):
    """What can be varied beside N."""

    active = "active"


def compare(
    n: Annotated[
        str,
        typer.Option(
            help="Numbers of watched descriptors, with commas.",
            show_default=f"{_NUMBERS}, or {_SWEPT_NUMBER} with --sweep",
        ),
    ] = "",
    kind: Annotated[str, typer.Option(help=f"Kinds of descriptors, with commas: {', '.join(KINDS)}.")] = (
        "pipe,socketpair,tcp"
    ),
    active: Annotated[str, typer.Option(help="How many are ready: a count or a percentage (10%).")] = "1",
    sweep: Annotated[
        Optional[Sweep],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option(help="Keep N and vary the share of ready descriptors from 0 to 100 %."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; every call is measured in each.")] = 11,
    seed: Annotated[int, typer.Option(help="Chooses which descriptors are ready.")] = 1,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path(
        "pymux-results"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE.json", help="Compare with another result of the same work."),
    ] = None,
) -> None:
    """Measure what select, poll, epoll and io_uring cost on real descriptors, as a table and a picture.

    Each call is checked: it must report exactly the ready descriptors. What disturbs the measurement is said
    before and after it. CSV, JSON, PNG and SVG go to the folder of --output. Ctrl-C keeps what was measured.

    Beyond the limit of descriptors (`ulimit -Hn`) other processes hold the rest, for epoll alone:
    `--kind eventfd --n 10,1000,1000000`.
    """
    plan = Plan(_kinds(kind), _cases(n, active, sweep), rounds, seed)
    make_folder(output, "--output")
    notes: list[str] = []
    plan = fitted(plan, notes)
    other = _other(against, plan) if against else None
    result = Result([], machine(), sweep is not None, notes, before(), other)
    for words in result.noise:
        console.err.print(f"[yellow]noise:[/] {words}")
    if forbidden := io_uring_forbidden():
        console.err.print(f"io_uring is not measured: {forbidden}")
    code = measured(plan, result)
    result.noise += after(result.measurements)
    if result.measurements:
        _show(result, output, as_json)
    else:
        console.err.print("[yellow]nothing was measured:[/] " + "; ".join(notes))
    raise typer.Exit(code or (_LESS if notes else 0))


def _other(path: Path, plan: Plan) -> Other:
    """Read another result; refuse it before anything is measured where it cannot be compared."""
    try:
        other = read(path)
        other.refuse_other_work(plan)
    except NotComparable as reason:
        raise typer.BadParameter(str(reason), param_hint="--against") from None
    return other


def _kinds(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for name in names:
        if name not in KINDS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(KINDS)}", param_hint="--kind")
    return names


def _cases(n: str, active: str, sweep: Sweep | None) -> tuple[tuple[int, Active], ...]:
    numbers = _numbers(n or (_SWEPT_NUMBER if sweep else _NUMBERS))
    if sweep and len(numbers) > 1:
        raise typer.BadParameter("--sweep varies the ready descriptors at one N", param_hint="--n")
    if sweep:
        return tuple((numbers[0], Active(share, percent=True)) for share in _SHARES)
    ready = _active(active)
    if not ready.percent and ready.amount > numbers[0]:
        raise typer.BadParameter(
            f"{ready} of {numbers[0]} descriptors cannot be ready", param_hint="--active"
        )
    return tuple((number, ready) for number in numbers)


def _numbers(text: str) -> list[int]:
    try:
        numbers = sorted({int(word) for word in text.split(",")})
    except ValueError:
        numbers = [0]
    if numbers[0] < 1:
        raise typer.BadParameter(f"{text!r} is not numbers above 0 such as 10,100,1000", param_hint="--n")
    return numbers


def _active(text: str) -> Active:
    try:
        active = Active(float(text[:-1]), percent=True) if text.endswith("%") else Active(int(text))
    except ValueError:
        active = Active(-1)
    if active.amount < 0 or (active.percent and not active.amount <= 100):
        raise typer.BadParameter(f"{text!r} is neither a count nor a percentage", param_hint="--active")
    return active


def _show(result: Result, output: Path, as_json: bool) -> None:
    """Write the results, then print them: a closed pipe must not cost the files."""
    try:
        paths = write(result, output, new_name(output, "compare"))
    except OSError as error:
        paths = []
        result.notes.append(f"the results could not be written: {error}")
    if as_json:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        for table in tables(result):
            console.out.print(rendered(table))
        for sentence in conclusions(result):
            console.out.print(sentence)
    show_paths(paths)
    for note in result.notes:
        console.err.print(f"[yellow]note:[/] {note}")
    for words in result.noise:
        console.err.print(f"[yellow]noise:[/] {words}")
    if not paths:
        raise typer.Exit(_FAILED)
