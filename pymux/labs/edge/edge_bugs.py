"""What goes wrong with edge triggering, and what does it take to get it right?

Level triggered, a handler may do as little as it likes: what is left is told again. Edge triggered, it has to
go on until the call says EAGAIN. And a handler that always goes on serves one noisy peer for ever.

Predict:
    Four careless handlers: one reads 4 bytes of 12, one accepts one connection of three, one waits for the
    next edge after a write that fitted, and one reads as long as there is something. Which of them get stuck
    level triggered, and which edge triggered?

Claims:
    C12  edge triggered code is considerably more complex
    M138  after an edge the descriptor is to be used until EAGAIN [epoll(7), Questions and answers, Q9]
    M139  with edge triggering one busy descriptor can starve the others; the cure is a list of the ready
          ones, served in turn [epoll(7), Possible pitfalls, starvation]

Sources:
    epoll(7)
    accept(2)
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable
from functools import partial

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT, epoll_ctl
from pymux.labs.kit import Finding, Note, Results, Table, Workbench, experiment, main, reported, verdict

LEVEL = 0  # no flag: level triggered is what epoll does unless told otherwise
WAITS = 10  # how often epoll_wait is asked: more often than any of the work needs
BYTES, CHUNK, PIECES = 12, 4, 3  # three pieces of work, whatever the work is
FLOOD = 1_000  # where a peer that never stops is cut off

Work = Callable[[], bool]  # do one piece; False where the call says EAGAIN, or nothing is left to do


def once(work: Work) -> None:
    """Do one piece for each event: the careless handler."""
    work()


def until_eagain(work: Work) -> None:
    """Do all there is for each event: the handler that an edge needs."""
    while work():
        pass


def reading(bench: Workbench) -> tuple[int, int, Work]:
    """12 bytes have arrived, and are read 4 at a time."""
    reader, writer = bench.pipe()
    os.set_blocking(reader, False)
    os.write(writer, bytes(BYTES))
    return reader, EPOLLIN, lambda: done(os.read, reader, CHUNK)


def accepting(bench: Workbench) -> tuple[int, int, Work]:
    """Three connections have arrived, and are accepted one at a time."""
    listener = bench.listener()
    listener.setblocking(False)
    for _ in range(PIECES):
        bench.keep(socket.create_connection(listener.getsockname()))
    return listener.fileno(), EPOLLIN, lambda: done(lambda: bench.keep(listener.accept()[0]))


def writing(bench: Workbench) -> tuple[int, int, Work]:
    """Three messages are to be sent, and there is room for all of them."""
    _, writer = bench.pipe()
    os.set_blocking(writer, False)
    messages = [b"message"] * PIECES
    return writer, EPOLLOUT, lambda: bool(messages) and done(os.write, writer, messages.pop())


def done(call: Callable[..., object], *arguments: object) -> bool:
    """Make a call that does not block; return whether it did something."""
    try:
        call(*arguments)
    except BlockingIOError:
        return False
    return True


def pieces_done(
    bench: Workbench,
    scene: Callable[[Workbench], tuple[int, int, Work]],
    mode: int,
    handler: Callable[[Work], None],
) -> int:
    """Play a scene: handle each event that epoll_wait tells, and return how much of the work was done."""
    fd, mask, work = scene(bench)
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, mask | mode)
    pieces = 0

    def counted() -> bool:
        nonlocal pieces
        went = work()
        pieces += went
        return went

    for _ in range(WAITS):
        if reported(epfd):
            handler(counted)
    return pieces


@experiment("C12", "M138")
def careless_handlers(bench: Workbench) -> Results:
    """Let the careless handler do three pieces of work in each mode, and the one that goes on to EAGAIN."""
    scenes = {
        "a reader that stops early": reading,
        "an accept that takes one": accepting,
        "a writer that waits for the next edge": writing,
    }
    rows = {
        name: (
            pieces_done(bench, scene, LEVEL, once),
            pieces_done(bench, scene, EPOLLET, once),
            pieces_done(bench, scene, EPOLLET, until_eagain),
        )
        for name, scene in scenes.items()
    }
    yield Table(
        f"Pieces of work done, of {PIECES}, in {WAITS} waits",
        ("handler", "LT", "ET", "ET, until EAGAIN"),
        tuple((name, *counts) for name, counts in rows.items()),
    )
    finished = [sum(count == PIECES for count in column) for column in zip(*rows.values(), strict=True)]
    level, edge, cured = finished
    yield Finding(
        "C12",
        verdict(level == cured == len(scenes) and edge == 0),
        f"of {len(scenes)} simple handlers {level} finish level triggered and {edge} edge triggered; with a "
        f"loop until EAGAIN on non-blocking descriptors {cured} do, and that loop starves others (M139)",
    )
    yield Finding(
        "M138",
        verdict(edge == 0 and cured == len(scenes)),
        f"{edge} of {len(scenes)} handlers finish with one call for each edge, {cured} that go on to EAGAIN",
    )


@experiment("M139")
def starvation(bench: Workbench) -> Results:
    """Serve a peer that sends a byte for each byte read, and a quiet one with a byte of its own."""
    drained = turns_until_quiet_is_served(bench, one_after_another)
    shared = turns_until_quiet_is_served(bench, in_turn)
    yield Table(
        "Reads from the flooding peer before the quiet one is served",
        ("handler", "reads"),
        (("each until EAGAIN", f"{drained:,}, then cut off"), ("all ready ones in turn", shared)),
    )
    yield Note("Level triggered the kernel keeps that list: whoever is not drained is told again, in turn.")
    yield Finding(
        "M139",
        verdict(drained == FLOOD and shared == 1),
        f"{drained:,} reads, until cut off, before the quiet one when each is served until EAGAIN; {shared} "
        "when the ready ones are served in turn",
    )


def one_after_another(works: list[Work]) -> None:
    """Serve each ready descriptor until EAGAIN before the next."""
    for work in works:
        until_eagain(work)


def in_turn(works: list[Work]) -> None:
    """Serve one piece of each, and put at the end of the list who has more."""
    ready = deque(works)
    while ready:
        work = ready.popleft()
        if work():
            ready.append(work)


def turns_until_quiet_is_served(bench: Workbench, serve: Callable[[list[Work]], None]) -> int:
    """Return how often the flooding peer is read before the quiet one."""
    (flooding, refill), (quiet, say) = bench.pipe(), bench.pipe()
    epfd = bench.epoll()
    for reader, writer in ((flooding, refill), (quiet, say)):
        os.set_blocking(reader, False)
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET)
        os.write(writer, b"x")
    reads: list[int] = []

    def work(reader: int) -> bool:
        went = done(os.read, reader, 1)
        if went:
            reads.append(reader)
            if reader == flooding and len(reads) < FLOOD:
                os.write(refill, b"x")
        return went

    serve([partial(work, reader) for reader, _ in reported(epfd)])
    return reads.index(quiet)


if __name__ == "__main__":
    main()
