"""Request rates of echo servers against each other: epoll-lt, bare, selectors, asyncio, uvloop and C.

    python bench/servers.py [--rounds 5] [--seconds 0.5]

The client is the C program bench/echo_client.c, which is no limit for any server in Python; the server
is bound to one core and the client to another. Each measurement has a server of its own, just started; they
take turns within a round, and the ratios are medians over the rounds of ratios within one round, with the
interval of that median (pymux.bootstrap). Where a target lies in it, the verdict is "level".

asyncio has two states. It receives into 256 KiB that malloc takes from the kernel and gives back each time,
page faults included, until the end of a connection frees such a piece whole: malloc then keeps them
(mallopt(3), M_MMAP_THRESHOLD). So it is measured twice: as started, and "used", after a client has left.

No server is faster than what the kernel does for an echo: beside the ratio of epoll-lt to a peer stands that
of the server in C, which is the most there is to reach, and that of "bare", which is the most in Python: a
loop around the standard library's poll, recv_into and send, without what makes it a server.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common import compiled

from pymux.bootstrap import Ratio, ratio
from pymux.servers.launch import command, port_of, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERS = Path(__file__).with_name("server_peers.py")
CORES = sorted(os.sched_getaffinity(0))
SIZE = 64
TICKS = os.sysconf("SC_CLK_TCK")
LEFT = 20  # more descriptors than a server without clients has
ACTIVE = (10, 100, 1000)
USED = "asyncio, used"
TARGETS = {"selectors": 1.0, "asyncio": 2.0, USED: 2.0, "uvloop": 1.0, "C": 0.88}


def model(name: str) -> list[str]:
    """Return the command of one of pymux's servers."""
    return command("pymux.servers.__main__", "--model", name, "--grace", "0")


class Server(NamedTuple):
    """A server on the first core."""

    pid: int
    port: int


@contextmanager
def started(arguments: list[str]) -> Iterator[Server]:
    """Start a server, and kill it at the end."""
    on_first = ["taskset", "-c", str(CORES[0]), *arguments]
    with subprocess.Popen(on_first, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process.pid, port_of(process))
        finally:
            process.kill()


class Visit(NamedTuple):
    """What one visit of the client found."""

    rate: float  # echoes per second
    user_us: float  # CPU time of the server for an echo, outside the kernel and in it
    kernel_us: float


class Workbench:
    """The client, and what it has in common on all its visits."""

    def __init__(self, folder: str, seconds: float) -> None:
        self.seconds = seconds
        self.server, self.client = compiled("echo_server.c", folder), compiled("echo_client.c", folder)

    def visit(self, server: Server, connections: int, active: int) -> Visit:
        """Have the client on the second core visit a server."""
        pid = server.pid
        wait_until(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= LEFT, "a server closes its connections")
        numbers = map(str, (server.port, connections, active, SIZE, self.seconds))
        client = ["taskset", "-c", str(CORES[-1]), self.client, *numbers]
        before = cpu_s(pid)
        output = subprocess.run(client, check=True, stdout=subprocess.PIPE).stdout
        user_s, kernel_s = (after - then for after, then in zip(cpu_s(pid), before, strict=True))
        echoes, elapsed_ns = map(int, output.split())
        return Visit(echoes / elapsed_ns * 1e9, user_s / echoes * 1e6, kernel_s / echoes * 1e6)


def cpu_s(pid: int) -> tuple[float, float]:
    """Return the user's and the system's CPU seconds of a process (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def against_peers(bench: Workbench, rounds: int) -> None:
    """Print what an echo costs each server, all connections active, and epoll-lt's rate over each peer's."""
    commands = {"epoll-lt": model("epoll-lt"), "C": [bench.server]}
    in_python = ("bare", "selectors", "asyncio", "uvloop")
    commands |= {peer: [sys.executable, str(PEERS), peer] for peer in in_python}
    commands[USED] = commands["asyncio"]
    for active in ACTIVE:
        visits: dict[str, list[Visit]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, arguments in commands.items():
                with started(arguments) as server:
                    if name == USED:
                        bench.visit(server, 1, 1)
                    visits[name].append(bench.visit(server, active, active))
        print(f"{active:5} active")
        for name, found in visits.items():
            rate, user_us, kernel_us = (statistics.median(figures) for figures in zip(*found, strict=True))
            print(f"  {name:13} {rate:8,.0f}/s; an echo: {user_us:.1f} us user, {kernel_us:.1f} us kernel")
        for name, target in TARGETS.items():
            ours, *most = (over(visits[one], visits[name]) for one in ("epoll-lt", "bare", "C"))
            bare, in_c = (f"{it.median:.2f}" for it in most)
            print(
                f"  epoll-lt / {name:13} {ours}, target {target}: {verdict(ours, target)}; "
                f"bare / {name} is {bare}, C / {name} {in_c}",
                flush=True,
            )


def over(ours: list[Visit], theirs: list[Visit]) -> Ratio:
    """Return the ratio of the rates, each of one round, and its interval."""
    return ratio([one.rate for one in ours], [one.rate for one in theirs])


def verdict(ours: Ratio, target: float) -> str:
    """Say whether a target was met, or whether the interval leaves that open."""
    if ours.median >= target:
        return "met"
    return "level" if ours.high >= target else "NOT met"


def with_idle(bench: Workbench, rounds: int) -> None:
    """Print the rate of 100 active among 10,000 connections over that of 100 alone, for each call."""
    for name in ("epoll-lt", "epoll-et", "poll", "select"):
        with started(model(name)) as server:
            pairs = [(bench.visit(server, 10_000, 100), bench.visit(server, 100, 100)) for _ in range(rounds)]
        many, alone = map(list, zip(*pairs, strict=True))
        print(f"100 of 10,000 active / 100 of 100: {name:9} {over(many, alone)}", flush=True)


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench(folder, options.seconds)
        against_peers(bench, options.rounds)
        with_idle(bench, options.rounds)


if __name__ == "__main__":
    main()
