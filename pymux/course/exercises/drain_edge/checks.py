"""Exercise drain-edge: what the copying program must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from pymux.course.grader.submission import Submission

MOST = 4096  # bytes of one read, as the handout has it
checks = Checks()


@checks.add(15, "Small pieces are copied as they come.")
def copies(submission: Submission) -> None:
    """While the writer stays open."""
    with submission.start() as program:
        for _ in range(5):
            piece = submission.bytes(submission.random.randint(1, 200))
            program.io.send(piece)
            program.io.expect(piece)


@checks.add(35, "Everything that arrived is read before it waits again.", faults=("et-not-drained",))
def drains(submission: Submission) -> None:
    """Bursts of several reads; no byte comes after them that could cause another event."""
    with submission.start() as program:
        for _ in range(4):
            burst = submission.bytes(submission.random.randint(3 * MOST, 12 * MOST))
            program.io.send(burst)
            program.io.expect(burst)


@checks.add(20, "Standard input is watched by edges, in reads of at most 4,096 bytes.", calls_alone=True)
def edges(submission: Submission) -> None:
    """One registration with EPOLLET, and none that is changed for each event."""
    with submission.start() as program:
        for _ in range(10):
            program.expect_waiting()  # else it may read the piece without a wait, in the loop that drains
            piece = submission.bytes(submission.random.randint(1, 2 * MOST))
            program.io.send(piece)
            program.io.expect(piece)
    registered = [call for call in submission.calls("epoll_ctl") if call.number(2) == 0]
    if not registered:
        raise Lost("Standard input was not registered with epoll.")
    if not any("EPOLLET" in call.text for call in registered):
        raise Lost("Standard input was registered without EPOLLET: it is watched by level.")
    if len(registered) > 2:
        raise Lost(
            f"epoll_ctl was called {len(registered)} times for standard input: one registration is enough, "
            "an edge needs no re-arming.",
            keeps=0.5,
        )
    largest = max((call.number(2) or 0 for call in submission.calls("read") if call.fd == 0), default=0)
    if largest > MOST:
        raise Lost(f"A read asked for {largest:,} bytes, more than {MOST:,}.", keeps=0.5)


@checks.add(
    15,
    "With nothing to read it is blocked in epoll_wait.",
    faults=("zero-timeout-spin", "unhandled-ready-spin"),
)
def waits(submission: Submission) -> None:
    """Not in a read, and not in a loop."""
    with submission.start() as program:
        piece = submission.bytes(3 * MOST)
        program.io.send(piece)
        program.io.receive(len(piece))
        program.expect_blocked()
    if any(call.blocked and call.fd == 0 for call in submission.calls("read")):
        raise Lost("It is blocked in read, where it could watch no second descriptor: see O_NONBLOCK.")


@checks.add(
    15,
    "At the end of file it has copied everything and ends with status 0.",
    faults=("eof-ignored-spin", "hup-ignored-spin"),
)
def ends(submission: Submission) -> None:
    """The writer closes right behind its last burst: data and hang-up are reported together."""
    with submission.start() as program:
        burst = submission.bytes(submission.random.randint(5 * MOST, 10 * MOST))
        program.io.send(burst)
        program.io.close_writer()
        program.io.expect(burst)
        program.io.expect_end()
        program.expect_exit()
