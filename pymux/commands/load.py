"""`pymux load`: many clients put on an echo server."""

from __future__ import annotations

import json
import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pymux.commands.folders import make_folder
from pymux.commands.undisturbed import undisturbed
from pymux.raw.limits import raise_nofile
from pymux.report import console
from pymux.report.load import result, table, write
from pymux.servers.crowd import Crowd, divide, processes_needed
from pymux.servers.load import Plan
from pymux.servers.proc import Footprint, footprint

_FAILED, _LESS, _INTERRUPTED = 1, 3, 130  # exit codes, as pymux.cli explains them


def load(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the server listens.")],
    host: Annotated[str, typer.Option(help="Where the server listens.")] = "127.0.0.1",
    connections: Annotated[int, typer.Option(min=1, help="Open at the same time.")] = 10_000,
    messages: Annotated[int, typer.Option(min=1, help="On each connection that is not idle.")] = 3,
    size: Annotated[
        Optional[int],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option(min=1, help="Bytes of a message; default: the three parts of the tutorial's text."),
    ] = None,
    think: Annotated[float, typer.Option(min=0, help="Seconds between an echo and the next message.")] = 0.0,
    idle: Annotated[int, typer.Option(min=0, help="Connections that only stay open.")] = 0,
    seconds: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0.001, help="Exchange for so long, instead of a number of messages."),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds without progress before giving up.")
    ] = 10.0,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: as few as the limit allows.")] = 0,
    server_pid: Annotated[int, typer.Option(help="The server's process, to show its memory.")] = 0,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for CSV and JSON.")] = Path(
        "pymux-results"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Open many connections to an echo server, exchange messages, and check every byte that comes back."""
    make_folder(output, "--output")
    if server_pid and not Path(f"/proc/{server_pid}").exists():
        raise typer.BadParameter(f"there is no process {server_pid}", param_hint="--server-pid")
    try:
        address = socket.gethostbyname(host)
    except OSError as error:
        console.err.print(f"pymux load: {host}: {error.strerror}")
        raise typer.Exit(_FAILED) from None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C: what was measured is written
    nofile = raise_nofile(connections + 64)
    workers = max(workers, processes_needed(connections, nofile))
    if workers > 1:
        console.err.print(
            f"{connections:,} connections in {workers} processes: each may open {nofile:,} descriptors"
        )
    idle = min(idle, connections)
    plan = Plan(address, port, connections, messages, size, think, idle, seconds, patience_s=patience)
    servers = [server_pid] if server_pid else []
    with ExitStack() as stack:
        crowd = Crowd(divide(plan, [port], workers))
        stack.callback(crowd.end)
        progress = stack.enter_context(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console.err,
            )
        )
        connecting = progress.add_task("connections", total=connections)
        speaking = progress.add_task(
            "echoes", total=None if seconds else messages * (connections - plan.idle)
        )

        def news(connected: int, echoes: int) -> None:
            progress.update(connecting, completed=connected)
            progress.update(speaking, completed=echoes)

        outcome = crowd.phase(news)
        before = footprint(*servers) if servers else Footprint()
        if not crowd.interrupted:
            crowd.go_on()
            outcome = crowd.phase(news)
        after = footprint(*servers) if servers else Footprint()
        crowd.go_on()
    with undisturbed():
        found = result(plan, outcome, after if servers else None, after.since(before) if servers else None)
        write(output, found, outcome)
        if as_json:
            print(json.dumps(found, indent=2))
        else:
            console.out.print(table(found))
            console.err.print(f"written to {output}/load.csv and load.json")
    if not outcome.connected and outcome.errors:
        console.err.print(f"pymux load: no connection to {host}, port {port}: {', '.join(outcome.errors)}")
    if crowd.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if outcome.wrong or outcome.errors or outcome.unanswered:
        raise typer.Exit(_FAILED if not outcome.echoes or outcome.wrong else _LESS)
