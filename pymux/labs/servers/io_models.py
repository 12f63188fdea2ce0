"""What are the five models of I/O, where does the process wait, and what copies the data?

One message of 64 KiB arrives on a socket. It is received in five ways: with a blocking read, with
non-blocking reads repeated until one succeeds, with poll and a read, with a signal and a read, and with an
asynchronous read.

Predict:
    In which models is the process blocked in a system call until the message is there?
        - blocking
        - blocking and multiplexed
        - blocking, multiplexed and signal-driven
    How many calls that wait or read does the process make with an asynchronous read?
        - 0
        - 1
        - 2

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
    Answer,
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
    listed,
    main,
    verdict,
    wait_until_blocked,
)

SIZE = 65_536
RUNS = 5
TURNS = 100  # reads, or turns of other work, before the message arrives
DEADLINE_S = 10  # reached only if something is wrong
F_SETOWN_EX, F_OWNER_TID = 15, 0  # asm-generic/fcntl.h; Python does not name them


class Task:
    """A message to be received, its socket, and the clock and the calls of the receiver."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        # In a sequence of packets a message arrives whole or not at all.
        one, self._peer = map(bench.keep, socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self.fd, self.calls, self.arrived = one.fileno(), 0, 0.0
        self._start_ns = perf_counter_ns()

    def now(self) -> float:
        """Return the time since the beginning, in µs."""
        return (perf_counter_ns() - self._start_ns) / 1000

    def send(self) -> None:
        """Send the message."""
        self.arrived = self.now()
        self._peer.send(bytes(SIZE))

    def send_when_blocked_in(self, call: str) -> None:
        """Send the message once the calling thread is blocked in `call`."""
        receiver = threading.get_native_id()

        def sender() -> None:
            wait_until_blocked(receiver, call)
            self.send()

        self.bench.thread(sender)

    def read(self) -> int:
        """Read the message; a non-blocking read may find none."""
        self.calls += 1
        return len(os.read(self.fd, SIZE))


@dataclass
class Outcome:
    """How a model received the message."""

    blocked_in: str
    works: bool
    copied_by: str
    got: int
    bars: tuple[Bar, ...]


def blocking(task: Task) -> Outcome:
    """Block in the read, which copies the message when it is there."""
    task.send_when_blocked_in("read")
    got = task.read()
    return Outcome("read", False, "its read", got, phases(task, "blocked", task.arrived))


def non_blocking(task: Task) -> Outcome:
    """Read until a read succeeds."""
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
    """Block in poll, then read."""
    task.send_when_blocked_in("poll")
    poll(PollFds([(task.fd, POLLIN)]), 1, 1000 * DEADLINE_S)
    task.calls += 1
    ready = task.now()
    return Outcome("poll", False, "its read", task.read(), phases(task, "blocked", ready))


def signal_driven(task: Task) -> Outcome:
    """Do other work until a signal announces data to read."""
    notified: list[float] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: notified.append(task.now()))
    fcntl.fcntl(task.fd, F_SETOWN_EX, struct.pack("ii", F_OWNER_TID, threading.get_native_id()))
    fcntl.fcntl(task.fd, fcntl.F_SETSIG, signal.SIGUSR1)
    flags = fcntl.fcntl(task.fd, fcntl.F_GETFL)
    fcntl.fcntl(task.fd, fcntl.F_SETFL, flags | os.O_ASYNC)
    work(task, lambda: bool(notified))
    outcome = Outcome("", True, "its read", task.read(), phases(task, "works", notified[0]))
    fcntl.fcntl(task.fd, fcntl.F_SETFL, flags)  # closing the peer would send a signal as well
    signal.signal(signal.SIGUSR1, before)
    return outcome


def asynchronous(task: Task) -> Outcome:
    """Start a read, do other work, and find the message in the buffer."""
    reading = begin_read(task.fd, SIZE)
    work(task, reading.is_done)
    got = reading.result()
    return Outcome("", True, reading.by, got, (Bar(0, task.now(), "works"),))


def work(task: Task, is_over: Callable[[], bool]) -> None:
    """Work; send the message after some turns."""
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
    """Return the run that was disturbed least: one that waits for a processor does not wait for data."""
    runs = [(task, model(task)) for task in (Task(bench) for _ in range(RUNS))]
    return min(runs, key=lambda run: run[1].bars[-1].end)


@experiment("C23", "C24", "C26")
def five_models(bench: Workbench) -> Results:
    """Receive one message in each of the five ways."""
    tasks: dict[str, Task] = {}
    outcomes: dict[str, Outcome] = {}
    missing = None
    for model in MODELS:
        name = model.__name__.replace("_", "-")
        try:
            tasks[name], outcomes[name] = best_run(bench, model)
        except Undecided as reason:
            if model is not asynchronous:  # whose library may not be installed
                raise
            missing = reason
    lanes = [Lane(name, it.bars, (Mark(tasks[name].arrived, "arrives"),)) for name, it in outcomes.items()]
    if not missing:
        last, arrived = outcomes["asynchronous"], tasks["asynchronous"].arrived
        others = Bar(0, arrived, "waits"), Bar(arrived, last.bars[-1].end, "copies")
        lanes.append(Lane(f"({last.copied_by})", others))
    yield Timeline("Waiting and copying", "µs", tuple(lanes))
    yield Note(
        f"Each model's fastest of {RUNS} runs. In the last one the process neither waits nor copies; an "
        "entry in its own memory shows that the read is complete."
    )
    yield Table(
        "Where the process waits, and what copies",
        ("model", "blocked in", "works meanwhile", "calls that wait or read", "copied by"),
        tuple(
            (name, it.blocked_in or "nothing", "yes" if it.works else "no", tasks[name].calls, it.copied_by)
            for name, it in outcomes.items()
        ),
    )
    yield Answer(1, listed([name for name, it in outcomes.items() if it.blocked_in]))
    got = {name: outcome.got for name, outcome in outcomes.items()}
    reads = tasks["non-blocking"].calls
    yield Finding(
        "C23",
        verdict(got["blocking"] == got["multiplexed"] == SIZE and tasks["blocking"].calls == 1),
        f"one read blocked until the message was sent and then copied {got['blocking']:,} bytes of it. With "
        f"poll the first phase was in poll, and the read only copied: {got['multiplexed']:,} bytes",
    )
    yield Finding(
        "C24",
        verdict(got["non-blocking"] == SIZE and reads == TURNS + 1),
        f"{reads - 1} reads failed with EAGAIN before the message was sent, and the next one returned it",
    )
    if missing:
        raise missing
    calls = tasks["asynchronous"].calls
    yield Answer(2, str(calls))
    yield Finding(
        "C26",
        "false" if last.got != SIZE or calls else "holds" if last.copied_by == "the kernel" else "depends",
        f"after the read was started, the process made {calls} calls that wait or read; {last.copied_by} "
        f"copied {last.got:,} bytes into the buffer while the process worked",
    )


if __name__ == "__main__":
    main()
