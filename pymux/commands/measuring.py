"""A plan of `pymux.compare` carried out, with progress and within the limit of descriptors."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import pymux
from pymux.compare.descriptors import affordable, needed
from pymux.compare.helpers import bounds, per_process
from pymux.compare.measure import WrongAnswerError, measure
from pymux.report import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.compare.measure import Plan
    from pymux.report.compare import Result

_FAILED, _INTERRUPTED = 1, 130  # exit codes, as pymux.cli explains them


def fitted(plan: Plan, notes: list[str]) -> Plan:
    """Raise the limit of descriptors as far as the plan needs; say where that is not far enough."""
    wanted = max(n for n, _ in plan.cases)
    limit = pymux.raise_nofile(needed(wanted))
    if limit >= needed(wanted):
        return plan
    most = affordable(limit)
    note = (
        f"N = {wanted:,} needs {needed(wanted):,} open descriptors and the hard limit of this process is "
        f"{limit:,} (RLIMIT_NOFILE)"
    )
    cure = (
        "To raise it: `ulimit -Hn` as root in this shell, `docker run --ulimit nofile=…` for a container, "
        "`LimitNOFILE=` for a systemd unit, or /etc/security/limits.conf for a login"
    )
    if most < max(1, plan.cases[0][1].of(1)):
        console.err.print(f"[red]{note}. {cure}.[/]")
        raise typer.Exit(_FAILED)
    if plan.cases[0][1].percent:  # the ready ones are this process's own
        notes.append(f"{note}: a share of ready descriptors is measured up to N = {most:,}. {cure}.")
        return plan.fitted(most)
    allowed = bounds(plan.kinds)
    beyond = min(wanted, *allowed.values())
    system = ", ".join(f"{name} {n:,}" for name, n in allowed.items())
    notes.append(f"{note}: all but epoll end at N = {most:,}. {cure}.")
    if beyond < wanted:
        notes.append(f"N = {wanted:,} is more than this system allows, which is {beyond:,} ({system})")
    if beyond > most:
        processes = -(-(beyond - most) // per_process())
        console.err.print(
            f"{beyond:,} descriptors: other processes (number: {processes:,}) hold those beyond {most:,} and "
            f"add them to epoll's lists. This system allows: {system}"
        )
    return plan.fitted(most, beyond)


@contextmanager
def _pinned(result: Result) -> Iterator[None]:
    """Stay on one processor while measuring: moving to another costs what the caches held."""
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(allowed)})  # the first one handles most interrupts
        result.machine["pinned_to_cpu"] = max(allowed)
    except OSError as error:
        result.noise.append(f"this process may be moved from one processor to another ({error})")
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)


def measured(plan: Plan, result: Result) -> int:
    """Measure with a progress bar; return the exit code."""
    columns = TextColumn("{task.description:<32}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")
    # No automatic refresh: its thread would nearly double the slopes (see pymux.sampling).
    bar = Progress(*columns, TimeElapsedColumn(), console=console.err, transient=True, auto_refresh=False)
    with bar:
        task = bar.add_task("opening descriptors", total=plan.steps)

        def advance(what: str) -> None:
            bar.update(task, advance=1, description=what, refresh=True)

        try:
            with _pinned(result):
                measure(plan, result.measurements, advance)
        except KeyboardInterrupt:
            result.notes.append("interrupted: the last N may have fewer samples, and later ones are missing")
            return _INTERRUPTED
        except (WrongAnswerError, OSError) as error:
            result.notes.append(f"stopped: {error}")
            return _FAILED
    return 0
