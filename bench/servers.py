"""Request rates of echo servers against each other: epoll-lt, selectors, asyncio, uvloop and C.

    python bench/servers.py [--rounds 5] [--seconds 0.5]

The client is the C program bench/echo_client.c, which is no limit for any server in Python; the server
is bound to one core and the client to another. All servers live through the whole run and take turns
within a round; the ratios are medians over the rounds of ratios within one round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "server_peers.py"
SIZE = 64
LEFT = 20  # more descriptors than a server without clients has
ACTIVE = (10, 100, 1000)
TARGETS = {"selectors": 1.0, "asyncio": 2.0, "uvloop": 0.95, "C": 0.65}


def model(name: str) -> list[str]:
    """Return the command of one of pymux's servers."""
    code = "import sys; sys.path[:] = filter(None, sys.path); from pymux.servers.__main__ import main; main()"
    return [sys.executable, "-c", code, "--model", name, "--grace", "0"]


def compiled(folder: str, name: str) -> str:
    """Compile one of the C programs."""
    program = f"{folder}/{name}"
    flags = ["-std=c11", "-D_GNU_SOURCE=1", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    subprocess.run(["cc", *flags, str(HERE / f"{name}.c"), "-o", program], check=True)
    return program


class Bench:
    """Servers that wait, and a client that visits one after another."""

    def __init__(self, stack: ExitStack, seconds: float) -> None:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.stack, self.seconds = stack, seconds
        self.pids: dict[int, int] = {}  # of the servers, by port
        self.server, self.client = compiled(folder, "echo_server"), compiled(folder, "echo_client")

    def start(self, command: list[str]) -> int:
        """Start a server on the first core and return its port."""
        process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.PIPE, text=True)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        assert process.stdout
        port = int(process.stdout.readline())
        self.pids[port] = process.pid
        return port

    def rate(self, port: int, connections: int, active: int) -> float:
        """Return echoes per second, as the client on the second core counts them."""
        while len(os.listdir(f"/proc/{self.pids[port]}/fd")) > LEFT:
            time.sleep(0.01)  # it is still closing the connections of the measurement before
        numbers = map(str, (port, connections, active, SIZE, self.seconds))
        client = ["taskset", "-c", "1", self.client, *numbers]
        echoes, elapsed_ns = subprocess.run(client, check=True, stdout=subprocess.PIPE).stdout.split()
        return int(echoes) / int(elapsed_ns) * 1e9


def against_peers(bench: Bench, rounds: int) -> None:
    """Print the ratios of epoll-lt to each peer, all connections active."""
    commands = {"epoll-lt": model("epoll-lt"), "C": [bench.server]}
    commands |= {peer: [sys.executable, str(PEERS), peer] for peer in ("selectors", "asyncio", "uvloop")}
    ports = {name: bench.start(command) for name, command in commands.items()}
    for active in ACTIVE:
        rates: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                rates[name].append(bench.rate(port, active, active))
        for name, target in TARGETS.items():
            ratios = [ours / theirs for ours, theirs in zip(rates["epoll-lt"], rates[name], strict=True)]
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            met = "met" if statistics.median(ratios) >= target else "NOT met"
            print(
                f"{active:5} active: epoll-lt / {name:9} {statistics.median(ratios):5.2f} ({spread}), "
                f"target {target}: {met}",
                flush=True,
            )


def with_idle(bench: Bench, rounds: int) -> None:
    """Print the rate of 100 active among 10,000 connections over that of 100 alone, for each call."""
    ports = {name: bench.start(model(name)) for name in ("epoll-lt", "epoll-et", "poll", "select")}
    for name, port in ports.items():
        ratios = [bench.rate(port, 10_000, 100) / bench.rate(port, 100, 100) for _ in range(rounds)]
        print(f"100 of 10,000 active / 100 of 100: {name:9} {statistics.median(ratios):5.2f}", flush=True)


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    with ExitStack() as stack:
        bench = Bench(stack, options.seconds)
        against_peers(bench, options.rounds)
        with_idle(bench, options.rounds)


if __name__ == "__main__":
    main()
