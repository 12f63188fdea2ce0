"""What are the five models of I/O, and in which of them does the process wait, and in which copy?

One message of 64 KiB arrives on a socket while somebody wants it: with a blocking read, with a non-blocking
one that asks again and again, with poll and a read, with a signal and a read, and with a read that is handed
to the kernel.

Predict:
    In which of the five does the process sleep until the message is there? In which does it copy the message
    with a call of its own? And how many calls does each of them make?

Claims:
    C23  a read has two phases, waiting for the data and copying it into the process; blocking I/O blocks in
         both
    C24  non-blocking I/O: the read returns an error at once when nothing is there, and the process keeps
         asking
    C26  asynchronous I/O: the kernel does both phases and signals when all is done; the process never blocks

Sources:
    read(2)
    fcntl(2)
    io_uring(7)
    aio(7)
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

from pymux import POLLIN, PollFds, poll
from pymux.labs.kit import (
    Bar,
    Finding,
    Lane,
    Mark,
    Note,
    Results,
    Table,
    Timeline,
    Undecided,
    Workbench,
    begin_read,
    experiment,
    main,
    verdict,
    wait_until_blocked,
)

SIZE = 65_536
RUNS = 5
TURNS = 100  # of asking, or of other work, before the message arrives
DEADLINE_S = 10  # nobody waits that long, unless something is wrong
F_SETOWN_EX, F_OWNER_TID = 15, 0  # asm-generic/fcntl.h; Python does not name them


class Task:
    """A message to come, the socket it comes to, and the clock and the calls of the one who wants it."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        # In a sequence of packets a message arrives whole or not at all.
        one, self._peer = map(bench.keep, socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self.fd, self.calls, self.arrived = one.fileno(), 0, 0.0
        self._began = perf_counter_ns()

    def now(self) -> float:
        """Return the time since the beginning, in µs."""
        return (perf_counter_ns() - self._began) / 1000

    def send(self) -> None:
        """Let the message arrive."""
        self.arrived = self.now()
        self._peer.send(bytes(SIZE))

    def send_when_asleep_in(self, call: str) -> None:
        """Let the message arrive once the thread that asks for it sleeps in `call`."""
        sleeper = threading.get_native_id()

        def sender() -> None:
            wait_until_blocked(sleeper, call)
            self.send()

        self.bench.thread(sender)

    def read(self) -> int:
        """Read the message; a non-blocking read may find none."""
        self.calls += 1
        return len(os.read(self.fd, SIZE))


@dataclass
class Outcome:
    """How a model got the message."""

    slept_in: str
    works: bool
    copied_by: str
    got: int
    bars: tuple[Bar, ...]


def blocking(task: Task) -> Outcome:
    """Sleep in the read, which copies when the message is there."""
    task.send_when_asleep_in("read")
    got = task.read()
    return Outcome("read", False, "its read", got, phases(task, "sleeps", task.arrived))


def non_blocking(task: Task) -> Outcome:
    """Ask again and again."""
    os.set_blocking(task.fd, False)
    got = 0
    while not got:
        try:
            found = task.now()
            got = task.read()
        except BlockingIOError:
            if task.calls == TURNS:
                task.send()
    return Outcome("", False, "its read", got, phases(task, "EAGAIN", found))


def multiplexed(task: Task) -> Outcome:
    """Sleep in poll, then read."""
    task.send_when_asleep_in("poll")
    poll(PollFds([(task.fd, POLLIN)]), 1, 1000 * DEADLINE_S)
    task.calls += 1
    told = task.now()
    return Outcome("poll", False, "its read", task.read(), phases(task, "sleeps", told))


def signal_driven(task: Task) -> Outcome:
    """Do other work until a signal says that there is something to read."""
    heard: list[float] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(task.now()))
    fcntl.fcntl(task.fd, F_SETOWN_EX, struct.pack("ii", F_OWNER_TID, threading.get_native_id()))
    fcntl.fcntl(task.fd, fcntl.F_SETSIG, signal.SIGUSR1)
    flags = fcntl.fcntl(task.fd, fcntl.F_GETFL)
    fcntl.fcntl(task.fd, fcntl.F_SETFL, flags | os.O_ASYNC)
    work(task, lambda: bool(heard))
    outcome = Outcome("", True, "its read", task.read(), phases(task, "works", heard[0]))
    fcntl.fcntl(task.fd, fcntl.F_SETFL, flags)  # a close of the other end would be told as well
    signal.signal(signal.SIGUSR1, before)
    return outcome


def asynchronous(task: Task) -> Outcome:
    """Hand the read to the kernel, do other work, and find the message in the buffer."""
    reading = begin_read(task.fd, SIZE)
    work(task, reading.is_done)
    got = reading.result()
    return Outcome("", True, reading.by, got, (Bar(0, task.now(), "works"),))


def work(task: Task, is_over: Callable[[], bool]) -> None:
    """Work; the message arrives after some turns."""
    turn = 0
    while not is_over() and task.now() < DEADLINE_S * 1e6:
        turn += 1
        if turn == TURNS:
            task.send()


def phases(task: Task, waiting: str, found: float) -> tuple[Bar, ...]:
    """Return the two phases, the second from `found` until now."""
    return Bar(0, found, waiting), Bar(found, task.now(), "copies")


MODELS = (blocking, non_blocking, multiplexed, signal_driven, asynchronous)


def best_run(bench: Workbench, model: Callable[[Task], Outcome]) -> tuple[Task, Outcome]:
    """Return the run that was disturbed least: who waits for a processor waits for no data."""
    runs = [(task, model(task)) for task in (Task(bench) for _ in range(RUNS))]
    return min(runs, key=lambda run: run[1].bars[-1].end)


@experiment("C23", "C24", "C26")
def five_models(bench: Workbench) -> Results:
    """Get one message in each of the five ways."""
    tasks: dict[str, Task] = {}
    outcomes: dict[str, Outcome] = {}
    missing = None
    for model in MODELS:
        try:
            name = model.__name__.replace("_", "-")
            tasks[name], outcomes[name] = best_run(bench, model)
        except Undecided as reason:
            missing = reason
    lanes = [Lane(name, it.bars, (Mark(tasks[name].arrived, "arrives"),)) for name, it in outcomes.items()]
    if not missing:
        last, arrived = outcomes["asynchronous"], tasks["asynchronous"].arrived
        others = Bar(0, arrived, "waits"), Bar(arrived, last.bars[-1].end, "copies")
        lanes.append(Lane(f"({last.copied_by})", others))
    yield Timeline("Waiting and copying", "µs", tuple(lanes))
    yield Note(
        f"Each model's quickest of {RUNS} runs. In the last somebody else waits and copies, and an entry in "
        "the process's own memory tells that it is done."
    )
    yield Table(
        "Who waits, and who copies",
        ("model", "sleeps in", "works meanwhile", "calls that wait or read", "copied by"),
        tuple(
            (name, it.slept_in or "nothing", "yes" if it.works else "no", tasks[name].calls, it.copied_by)
            for name, it in outcomes.items()
        ),
    )
    got = {name: outcome.got for name, outcome in outcomes.items()}
    asked = tasks["non-blocking"].calls
    yield Finding(
        "C23",
        verdict(got["blocking"] == got["multiplexed"] == SIZE and tasks["blocking"].calls == 1),
        f"one read slept until the message was sent and returned {got['blocking']:,} bytes of it; after poll "
        f"had slept, the read had the second phase alone: {got['multiplexed']:,} bytes",
    )
    yield Finding(
        "C24",
        verdict(got["non-blocking"] == SIZE and asked == TURNS + 1),
        f"{asked - 1} reads said EAGAIN before the message was sent, and the next returned it",
    )
    if missing:
        raise missing
    calls = tasks["asynchronous"].calls
    yield Finding(
        "C26",
        "false" if last.got != SIZE or calls else "holds" if last.copied_by == "the kernel" else "depends",
        f"{calls} calls to wait or read; {last.copied_by} put {last.got:,} bytes into the buffer while the "
        f"process worked",
    )


if __name__ == "__main__":
    main()
