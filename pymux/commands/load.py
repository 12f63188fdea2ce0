"""`pymux load`: many clients put on an echo server."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pymux.commands.deferred_signals import deferred_signals
from pymux.commands.output_folder import make_folder, new_name, show_paths
from pymux.commands.progress import progress
from pymux.raw.limits import raise_nofile
from pymux.report import console
from pymux.report.load import result, table, write
from pymux.servers.client_processes import ClientProcesses, divide, processes_needed
from pymux.servers.client_worker import Plan
from pymux.servers.proc import footprint

if TYPE_CHECKING:
    from pymux.servers.client_processes import OnProgress
    from pymux.servers.client_worker import Outcome
    from pymux.servers.proc import Footprint

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
    timeout: Annotated[
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
    plan = Plan(address, port, connections, messages, size, think, idle, seconds, timeout_s=timeout)
    clients = ClientProcesses(divide(plan, [port], workers))
    try:
        with progress(connections, None if seconds else messages * (connections - idle)) as on_progress:
            outcome, before, after = _exchange(clients, server_pid, on_progress)
    finally:
        clients.end()
    with deferred_signals():
        found = result(plan, outcome, after, after.since(before) if after and before else None)
        paths = write(output, new_name(output, "load"), found, outcome)
        if as_json:
            print(json.dumps(found, indent=2))
        else:
            console.out.print(table(found))
            show_paths(paths)
    if not outcome.connected and outcome.errors:
        console.err.print(f"pymux load: no connection to {host}, port {port}: {', '.join(outcome.errors)}")
    if clients.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if outcome.wrong or outcome.errors or outcome.unanswered:
        raise typer.Exit(_FAILED if not outcome.echoes or outcome.wrong else _LESS)


def _exchange(
    clients: ClientProcesses, server_pid: int, on_progress: OnProgress
) -> tuple[Outcome, Footprint | None, Footprint | None]:
    """Connect and exchange; return the outcome, and the server's footprint in between and at the end."""
    outcome = clients.phase(on_progress)
    before = footprint(server_pid) if server_pid else None
    if not clients.interrupted:
        clients.go_on()
        outcome = clients.phase(on_progress)
    after = footprint(server_pid) if server_pid else None
    clients.go_on()
    return outcome, before, after
