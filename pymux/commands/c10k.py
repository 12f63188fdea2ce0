"""`pymux c10k`: ten thousand connections to one server of each model."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from pymux.commands.deferred_signals import deferred_signals
from pymux.commands.output_folder import make_folder, new_name, show_paths
from pymux.commands.progress import progress
from pymux.raw.limits import limits, raise_nofile
from pymux.report import console
from pymux.report.c10k import LEGEND, reasons, row, table, write
from pymux.servers.client_processes import processes_needed
from pymux.servers.client_worker import Plan
from pymux.servers.models import MODELS, MissingLibrary
from pymux.servers.trial import Trial, count_calls, run
from pymux.servers.verdicts import verdicts

_ALL_BUT_FORK = ",".join(name for name in MODELS if name != "fork")  # 10,000 processes are asked for by name
_LESS, _INTERRUPTED = 3, 130  # exit codes, as pymux.cli explains them


def c10k(
    models: Annotated[
        str, typer.Option(help=f"With commas: {', '.join(MODELS)}.", show_default="all but fork")
    ] = _ALL_BUT_FORK,
    connections: Annotated[
        int,
        typer.Option(
            min=1,
            help="Held at the same time. 100,000 need as many descriptors on either side, in as many "
            "processes as the hard limit (ulimit -Hn) demands, and some 2 GiB; 10,000 need 10 GiB with fork.",
        ),
    ] = 10_000,
    messages: Annotated[int, typer.Option(min=1, help="On each connection.")] = 3,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds without progress before giving up.")] = 3.0,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path(
        "pymux-results"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Have every model hold ten thousand connections and exchange messages on each.

    Server and clients are processes of their own. A model that cannot hold so many says how many it
    held and why. CSV, JSON, PNG and SVG go to the folder of --output. Ctrl-C keeps what was measured.
    """
    chosen = list(dict.fromkeys(name.strip() for name in models.split(",")))
    for name in chosen:
        if name not in MODELS:
            console.err.print(f"pymux c10k: no model {name!r}; there are: {', '.join(MODELS)}")
            raise typer.Exit(2)
    make_folder(output, "--output")
    nofile = raise_nofile(max(connections + 64, limits().nofile_soft))
    n = processes_needed(connections, nofile)
    console.err.print(
        f"{connections:,} connections: each process may open {nofile:,} descriptors, "
        f"so {n} for the server and {n} for the clients"
    )
    plan = Plan(connections=connections, messages=messages, timeout_s=timeout)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: no server outlives this
    trials: list[Trial] = []
    interrupted = False
    try:
        _try_all(chosen, plan, nofile, trials)
    except KeyboardInterrupt:
        interrupted = True
    with deferred_signals():
        _show(trials, nofile, output, as_json)
    if interrupted or any(trial.interrupted for trial in trials):
        raise typer.Exit(_INTERRUPTED)
    if any(trial.reason for trial in trials):
        raise typer.Exit(_LESS)


def _show(trials: list[Trial], nofile: int, output: Path, as_json: bool) -> None:
    """Write the results, and print them."""
    found = {
        "nofile": nofile,
        "rows": [row(trial) for trial in trials],
        "verdicts": [verdict._asdict() for verdict in verdicts(trials)],
        "trials": [trial.as_dict() for trial in trials],
    }
    paths = write(output, new_name(output, "c10k"), trials, found) if trials else []
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        console.out.print(table(trials))
        console.out.print(LEGEND, style="dim")
        for reason in reasons(trials):
            console.out.print(reason)
        for verdict in verdicts(trials):
            console.out.print(f"{verdict.claim} {verdict.verdict}: {verdict.evidence}. {verdict.measured}")
        show_paths(paths)


def _try_all(chosen: list[str], plan: Plan, nofile: int, trials: list[Trial]) -> None:
    """Add a trial of each model to `trials`, until one is interrupted."""
    for name in chosen:
        try:
            MODELS[name].load()
        except MissingLibrary as missing:
            console.err.print(f"left out: {missing}")
            continue
        with progress(plan.connections, plan.connections * plan.messages, name) as on_progress:
            trials.append(run(name, plan, nofile, on_progress))
            if not trials[-1].interrupted:
                count_calls(trials[-1], plan, nofile, on_progress)
        if trials[-1].interrupted:
            break
