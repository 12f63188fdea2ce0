"""A soak: clients come, talk and go for so many seconds; the server's memory after each round.

    python bench/soak.py [seconds] [model]

Memory that grows from round to round is a leak. The first round fills the allocator's pools: growth
is counted from the second on.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from pymux.servers.crowd import Crowd, divide
from pymux.servers.launch import command
from pymux.servers.load import Outcome, Plan
from pymux.servers.proc import footprint


def visit(port: int) -> Outcome:
    """Have a crowd come, talk and go."""
    crowd = Crowd(divide(Plan(connections=1_000, messages=20, size=1_000), [port], 1))
    crowd.phase(lambda *_: None)
    crowd.go_on()
    outcome = crowd.phase(lambda *_: None)
    crowd.go_on()
    crowd.end()
    return outcome


def main() -> None:
    """Print one line a round, and the growth at the end."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    model = sys.argv[2] if len(sys.argv) > 2 else "epoll-lt"
    arguments = command("pymux.servers.__main__", "--model", model)
    server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    port = int(server.stdout.readline())
    memories_kib: list[int] = []
    end = time.monotonic() + seconds
    echoes = 0
    try:
        while time.monotonic() < end or len(memories_kib) < 2:
            outcome = visit(port)
            assert (outcome.wrong, outcome.unanswered, dict(outcome.errors)) == (0, 0, {})
            echoes += outcome.echoes
            memories_kib.append(footprint(server.pid).pss_kib)
            print(f"round {len(memories_kib)}: {echoes:,} echoes, {memories_kib[-1]:,} KiB", flush=True)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    print(f"growth from round 2 on: {memories_kib[-1] - memories_kib[1]:+,} KiB")


if __name__ == "__main__":
    main()
