"""`pymux serve`: becomes the server."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pymux.report import console
from pymux.servers.launch import command
from pymux.servers.models import MODELS


def serve(
    model: Annotated[str, typer.Option(help=f"One of: {', '.join(MODELS)}.")] = "epoll-lt",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes of prefork, threads of threadpool.")] = 16,
    grace: Annotated[float, typer.Option(min=0, help="Seconds to finish in, after SIGTERM.")] = 5.0,
) -> None:
    """Run an echo server of one model; print its port and, once SIGTERM or Ctrl-C stops it, its counts."""
    if model not in MODELS:
        console.err.print(f"pymux serve: no model {model!r}; there are: {', '.join(MODELS)}")
        raise typer.Exit(2)
    options = ["--model", model, "--host", host, "--port", str(port)]
    options += ["--workers", str(workers), "--grace", str(grace)]
    os.execv(sys.executable, command("pymux.servers.__main__", *options))
