"""What `pymux trace -c` costs 100,000 calls of one, ten or a hundred threads: at most 1.3 times as much.

The time runs from the start of the threads to the end of the report, and the cost is what tracing adds to it:
a hundred threads take longer without it, too. In each round every number of threads has a turn, in random
order; a ratio is taken within a round, and what is shown is the median with the quartiles.

    python bench/trace_threads.py [ROUNDS]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import spread

from pymux.servers.launch import command

THREADS = (1, 10, 100)
PROGRAM = """
import sys, threading, time, pymux

def wait_often():
    epfd, events = pymux.epoll_create1(pymux.EPOLL_CLOEXEC), pymux.EpollEvents(1)
    for _ in range(100_000 // int(sys.argv[1])):
        pymux.epoll_wait(epfd, events, 1, 0)

threads = [threading.Thread(target=wait_often) for _ in range(int(sys.argv[1]))]
print(time.monotonic(), file=sys.stderr)
for each in threads: each.start()
for each in threads: each.join()
"""


def seconds(program: Path, threads: int, tracer: list[str]) -> float:
    """Run the program, traced or not, and return how long that took from the start of its threads on."""
    arguments = [*(tracer or [sys.executable]), str(program), str(threads)]
    done = subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return time.monotonic() - float(done.stderr.partition("\n")[0])


def main() -> None:
    """Run all rounds and show."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    took: dict[tuple[int, bool], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "calls.py")
        program.write_text(PROGRAM)
        cases = [(threads, traced) for threads in THREADS for traced in (False, True)]
        for _ in range(rounds):
            for threads, traced in random.sample(cases, len(cases)):
                tracer = command("pymux.cli", "trace", "-c") if traced else []
                took.setdefault((threads, traced), []).append(seconds(program, threads, tracer))
    cost = {}
    for threads in THREADS:
        both = zip(took[threads, True], took[threads, False], strict=True)
        cost[threads] = [with_it - without for with_it, without in both]
    print("threads   seconds untraced       seconds traced         cost, to one thread's")
    for threads in THREADS:
        ratio = spread(many / one for many, one in zip(cost[threads], cost[1], strict=True))
        shown = "   ".join(f"{spread(took[threads, each]).text(2):20}" for each in (False, True))
        print(f"{threads:7}   {shown}   {ratio.text(2)}")


if __name__ == "__main__":
    main()
