"""Is `pymux load` the limit of what it measures? Its rates beside those of a client in C, same servers.

    python bench/load.py [--rounds 5] [--seconds 0.5]

Both clients take turns within a round, on the second core; the server has the first one to itself. A ratio of
1 means that the server is the limit; below it, the load is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from contextlib import ExitStack

from common import compiled, spread

from pymux.servers.client_processes import ClientProcesses, divide
from pymux.servers.client_worker import Plan
from pymux.servers.launch import command, port_of, wait_until
from pymux.servers.proc import footprint

SIZE = 64  # bytes of a message
CONNECTIONS = (10, 100, 1_000)
CORES = sorted(os.sched_getaffinity(0))


class Server:
    """A server on the first core."""

    def __init__(self, stack: ExitStack, arguments: list[str]) -> None:
        first = ["taskset", "-c", str(CORES[0]), *arguments]
        process = subprocess.Popen(first, stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.kill)
        self.pid, self.port = process.pid, port_of(process)
        self._empty = footprint(self.pid).descriptors

    def until_empty(self) -> None:
        """Return once it has closed the connections of the measurement before."""
        wait_until(lambda: footprint(self.pid).descriptors <= self._empty, "a server closes its connections")


def rate_of_c(client: str, port: int, connections: int, seconds: float) -> float:
    """Return echoes per second, as the client in C counts them."""
    numbers = map(str, (port, connections, connections, SIZE, seconds))
    echoes, elapsed_ns = subprocess.run([client, *numbers], check=True, stdout=subprocess.PIPE).stdout.split()
    return int(echoes) / int(elapsed_ns) * 1e9


def rate_of_load(port: int, connections: int, seconds: float) -> float:
    """Return echoes per second, as one process of `pymux load` counts them."""
    clients = ClientProcesses(divide(Plan(connections=connections, size=SIZE, seconds=seconds), [port], 1))
    clients.phase(lambda *_: None)
    clients.go_on()
    outcome = clients.phase(lambda *_: None)
    clients.go_on()
    clients.end()
    return outcome.echoes / outcome.exchange_s


def main() -> None:
    """Print the rates and their ratio for each server and number of connections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    options = parser.parse_args()
    os.sched_setaffinity(0, CORES[-1:])  # and with this process its clients
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        client = compiled("echo_client.c", folder)
        servers = {
            "epoll-lt": command("pymux.servers.__main__", "--model", "epoll-lt"),
            "C": [compiled("echo_server.c", folder)],
        }
        for name, arguments in servers.items():
            server = Server(stack, arguments)
            for connections in CONNECTIONS:
                rates = []
                for _ in range(options.rounds):
                    server.until_empty()
                    theirs = rate_of_c(client, server.port, connections, options.seconds)
                    server.until_empty()
                    rates.append((rate_of_load(server.port, connections, options.seconds), theirs))
                ratio = spread(ours / theirs for ours, theirs in rates).text(2)
                ours, theirs = (spread(each).median for each in zip(*rates, strict=True))
                print(
                    f"server {name:8} {connections:5,} connections: pymux load {ours:7,.0f}/s, "
                    f"client in C {theirs:7,.0f}/s, ratio {ratio}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
