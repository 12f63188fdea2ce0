"""A soak: clients connect, send and leave for so many seconds; the server's memory after each round.

    python bench/soak.py [seconds] [model]

A round is 1,000 connections of 20 messages. Memory that grows from round to round is a leak. The first round
fills the allocator's pools: growth is counted from the second on. Memory is RssAnon (proc_pid_status(5)):
what the process shares with others, which may come and go meanwhile, is not in it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from pymux.servers.client_processes import ClientProcesses, divide
from pymux.servers.client_worker import Outcome, Plan
from pymux.servers.launch import STARTED_S, command, port_of


def visit(port: int) -> Outcome:
    """Have a thousand clients connect, exchange messages and leave."""
    clients = ClientProcesses(divide(Plan(connections=1_000, messages=20, size=1_000), [port], 1))
    clients.phase(lambda *_: None)
    clients.go_on()
    outcome = clients.phase(lambda *_: None)
    clients.go_on()
    clients.end()
    return outcome


def memory_kib(pid: int) -> int:
    """Return the anonymous memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1])


def main() -> None:
    """Print a line for each round that found another memory, and the growth at the end."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    model = sys.argv[2] if len(sys.argv) > 2 else "epoll-lt"
    arguments = command("pymux.servers.__main__", "--model", model)
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    port = port_of(server)
    memories_kib: list[int] = []
    end = time.monotonic() + seconds
    echoes = 0
    try:
        while time.monotonic() < end or len(memories_kib) < 2:
            outcome = visit(port)
            assert (outcome.wrong, outcome.unanswered, dict(outcome.errors)) == (0, 0, {})
            echoes += outcome.echoes
            memories_kib.append(memory_kib(server.pid))
            if memories_kib[-1:] != memories_kib[-2:-1]:
                print(f"round {len(memories_kib)}: {echoes:,} echoes, {memories_kib[-1]:,} KiB", flush=True)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(STARTED_S)
    growth = memories_kib[-1] - memories_kib[1]
    print(f"{len(memories_kib)} rounds, {echoes:,} echoes; growth from round 2 on: {growth:+,} KiB")


if __name__ == "__main__":
    main()
