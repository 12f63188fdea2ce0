"""What goes wrong with edge triggering, and what does it take to get it right?

Three handlers do three pieces of work each: they read 12 bytes, accept three connections, write three
messages. In each mode they do one piece per event, and then, edge triggered, as many as there are until
EAGAIN. In a second experiment one peer sends a new byte for each that is read, beside a peer with one byte.

Predict:
    A handler does one piece of work per event: one read, one accept, one write. Which modes let the three
    handlers finish?
        - both level and edge triggering
        - level triggering only
        - edge triggering only
        - neither
    An edge-triggered handler reads each ready descriptor until EAGAIN. One peer never stops sending. When
    is a second peer, ready at the same time, served?
        - next, after one read of the first
        - not before the first peer stops

Claims:
    C12  edge triggered code is considerably more complex
    M138  after an edge, read or write until EAGAIN [epoll(7), Questions and answers, Q9]
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
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    reported,
    verdict,
)

LEVEL = 0  # no flag: level triggered is the default
WAITS = 10  # calls of epoll_wait: more than any of the work needs
BYTES, CHUNK, PIECES = 12, 4, 3  # three pieces of work, whatever the work is
FLOOD = 1_000  # where a peer that never stops is cut off

Work = Callable[[], bool]  # do one piece; False at EAGAIN, or where nothing is left to do


def once(work: Work) -> None:
    """Do one piece of work per event."""
    work()


def until_eagain(work: Work) -> None:
    """Do all the work there is per event, as edge triggering requires."""
    while work():
        pass


def reading(bench: Workbench) -> tuple[int, int, Work]:
    """Read 12 bytes, 4 at a time."""
    reader, writer = bench.pipe()
    os.set_blocking(reader, False)
    os.write(writer, bytes(BYTES))
    return reader, EPOLLIN, lambda: done(os.read, reader, CHUNK)


def accepting(bench: Workbench) -> tuple[int, int, Work]:
    """Accept three connections that wait, one at a time."""
    listener = bench.listener()
    listener.setblocking(False)
    for _ in range(PIECES):
        bench.keep(socket.create_connection(listener.getsockname()))
    return listener.fileno(), EPOLLIN, lambda: done(lambda: bench.keep(listener.accept()[0]))


def writing(bench: Workbench) -> tuple[int, int, Work]:
    """Write three messages, for which the pipe has room."""
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
    """Handle each event that epoll_wait reports, and return how many pieces of work were done."""
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
def one_piece_per_event(bench: Workbench) -> Results:
    """Do one piece of work per event in each mode; then, edge triggered, all there are until EAGAIN."""
    scenes = {
        "read 4 of 12 bytes": reading,
        "accept 1 of 3 connections": accepting,
        "write 1 of 3 messages": writing,
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
        ("per event", "LT", "ET", "ET, until EAGAIN"),
        tuple((name, *counts) for name, counts in rows.items()),
    )
    finished = [sum(count == PIECES for count in column) for column in zip(*rows.values(), strict=True)]
    level, edge, cured = finished
    modes = {(True, True): "both level and edge triggering", (True, False): "level triggering only"}
    modes |= {(False, True): "edge triggering only", (False, False): "neither"}
    yield Answer(1, modes[level == len(scenes), edge == len(scenes)])
    yield Finding(
        "C12",
        verdict(level == cured == len(scenes) and edge == 0),
        f"of {len(scenes)} handlers that do one piece of work per event, {level} finished level triggered "
        f"and {edge} edge triggered. With non-blocking descriptors and a loop until EAGAIN {cured} "
        "finished; and that loop needs a list of its own, or it starves other descriptors (M139)",
    )
    yield Finding(
        "M138",
        verdict(edge == 0 and cured == len(scenes)),
        f"{edge} of {len(scenes)} handlers finished with one call per edge, and {cured} that called until "
        "EAGAIN",
    )


@experiment("M139")
def starvation(bench: Workbench) -> Results:
    """Serve a peer that sends a byte for each byte read, and a quiet one that has sent one byte."""
    drained = reads_before_quiet_is_served(bench, one_after_another)
    shared = reads_before_quiet_is_served(bench, in_turn)
    yield Table(
        "Reads from the flooding peer before the quiet one is served",
        ("handler", "reads"),
        (("each until EAGAIN", f"{drained:,}, then cut off"), ("all ready ones in turn", shared)),
    )
    yield Note(
        "Level triggered, the kernel keeps that list: what was not drained is reported again, in turn."
    )
    stopped = drained == FLOOD
    yield Answer(2, "not before the first peer stops" if stopped else "next, after one read of the first")
    yield Finding(
        "M139",
        verdict(stopped and shared == 1),
        f"reading each ready descriptor until EAGAIN took {drained:,} reads of the busy one, where the lab "
        f"cut it off, before the quiet one was read. Serving a list of the ready ones in turn took {shared}",
    )


def one_after_another(works: list[Work]) -> None:
    """Serve each ready descriptor until EAGAIN before the next."""
    for work in works:
        until_eagain(work)


def in_turn(works: list[Work]) -> None:
    """Do one piece for each; what has more goes to the end of the list."""
    ready = deque(works)
    while ready:
        work = ready.popleft()
        if work():
            ready.append(work)


def reads_before_quiet_is_served(bench: Workbench, serve: Callable[[list[Work]], None]) -> int:
    """Return how often the flooding peer is read before the quiet one."""
    (flooding, refill), (quiet, quiet_writer) = bench.pipe(), bench.pipe()
    epfd = bench.epoll()
    for reader, writer in ((flooding, refill), (quiet, quiet_writer)):
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
