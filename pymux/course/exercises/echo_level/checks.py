"""Exercise echo-level: what the echo server must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from pymux.course.grader.submission import Submission

SPINS = ("epollout-always-armed-spin", "zero-timeout-spin", "unhandled-ready-spin")
MUCH = 16 << 20  # bytes: the kernel's buffers of a connection take 10 MiB at most (tcp_rmem, tcp_wmem)
SMALL = 1 << 16
checks = Checks()


@checks.add(10, "A client gets back every byte that it sent.")
def echoes(submission: Submission) -> None:
    """One client, several messages."""
    with submission.serve() as server:
        client = server.connect()
        for _ in range(5):
            submission.exchange(client)


@checks.add(15, "Forty clients at once get back their own bytes.")
def many(submission: Submission) -> None:
    """All are connected before the first one sends."""
    with submission.serve() as server:
        clients = [server.connect() for _ in range(40)]
        for _ in range(3):
            submission.random.shuffle(clients)
            submission.exchange(*clients)


@checks.add(
    15,
    "A client that sends its end of file gets all its bytes and then the server's.",
    faults=("eof-ignored-spin",),
)
def closes(submission: Submission) -> None:
    """By shutdown(SHUT_WR), behind its last bytes."""
    with submission.serve() as server:
        other = server.connect()
        for _ in range(3):
            client, piece = server.connect(), submission.bytes(20_000)
            client.send(piece)
            client.close_writer()
            client.expect(piece)
            client.expect_end()
            submission.exchange(other)


@checks.add(
    10, "A client that resets its connection costs no other.", faults=("hup-ignored-spin", "epipe-ignored")
)
def survives(submission: Submission) -> None:
    """With bytes on their way in both directions."""
    with submission.serve() as server:
        other = server.connect()
        for _ in range(3):
            client = server.connect()
            submission.exchange(client)
            client.send(submission.bytes(10_000))
            client.reset()
            submission.exchange(other)


@checks.add(
    30, "A client that does not read delays no other, and loses no byte.", faults=("short-write-dropped",)
)
def waits_for_slow(submission: Submission) -> None:
    """It sends as much as is taken from it, and reads only then."""
    with submission.serve() as server:
        slow, quick = server.connect(receive_buffer=SMALL), server.connect()
        data = submission.bytes(MUCH)
        taken = slow.fill(data)
        submission.exchange(quick)
        slow.expect(data[:taken])
        submission.exchange(slow, quick)
        if taken == MUCH:
            raise Lost(
                f"It took {MUCH >> 20} MiB from a client that read nothing: such a client costs it memory "
                "without a bound.",
                keeps=2 / 3,
            )


@checks.add(20, "While no client sends, it is blocked.", faults=SPINS)
def blocks(submission: Submission) -> None:
    """After work, with ten clients connected."""
    with submission.serve() as server:
        clients = [server.connect() for _ in range(10)]
        submission.exchange(*clients)
        server.expect_blocked()
        submission.exchange(*clients)
