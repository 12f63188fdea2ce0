"""Exercise echo-edge: what the edge-triggered echo server must do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from pymux.course.grader.submission import Submission

MUCH = 16 << 20  # bytes: the kernel's buffers of a connection take 10 MiB at most (tcp_rmem, tcp_wmem)
SMALL = 1 << 16
BUDGET = 1 << 14  # bytes that may be read from one client while another waits, as the handout has it
READS = ("read", "recvfrom", "recvmsg", "readv")
checks = Checks()


@checks.add(10, "A client gets back every byte that it sent, and then the end of file.")
def echoes(submission: Submission) -> None:
    """One client after another, several messages."""
    with submission.serve() as server:
        for _ in range(3):
            client = server.connect()
            submission.exchange(client)
            submission.exchange(client)
            client.close_writer()
            client.expect_end()


@checks.add(15, "Each connection is registered once, with EPOLLET.", calls_alone=True)
def edges(submission: Submission) -> None:
    """No registration is changed for an event."""
    with submission.serve() as server:
        for _ in range(5):
            client = server.connect()
            submission.exchange(client)
            submission.exchange(client)
    registered = submission.calls("epoll_ctl")
    by_edge = [call for call in registered if "EPOLL_CTL_ADD" in call.text and "EPOLLET" in call.text]
    if len(by_edge) < 5:
        raise Lost(f"Of 5 connections {len(by_edge)} were registered with EPOLLET.")
    if changed := sum("EPOLL_CTL_MOD" in call.text for call in registered):
        raise Lost(f"EPOLL_CTL_MOD was called {changed} times: an edge needs no re-arming.", keeps=0.5)


@checks.add(15, "All connections that arrive together are accepted.", faults=("et-accept-once",))
def accepts(submission: Submission) -> None:
    """They arrive while the server is stopped: one edge for all."""
    with submission.serve() as server:
        submission.exchange(server.connect())
        with server.stopped():
            clients = [server.connect() for _ in range(20)]
        submission.exchange(*clients)


@checks.add(20, "All bytes that arrive together are echoed.", faults=("et-not-drained",))
def drains(submission: Submission) -> None:
    """They arrive while the server is stopped, and none comes after them."""
    with submission.serve() as server:
        client = server.connect()
        submission.exchange(client)
        for _ in range(3):
            burst = submission.bytes(submission.random.randint(80_000, 120_000))
            with server.stopped():
                client.send(burst)
            client.expect(burst)


@checks.add(
    20, "A client that does not read delays no other, and loses no byte.", faults=("short-write-dropped",)
)
def waits_for_slow(submission: Submission) -> None:
    """It sends as much as is taken from it, and reads only then."""
    with submission.serve() as server:
        slow = server.connect(receive_buffer=SMALL)
        submission.exchange(slow)
        quick = server.connect()
        submission.exchange(quick)
        taken = slow.fill(data := submission.bytes(MUCH))
        submission.exchange(quick)
        slow.expect(data[:taken])
        submission.exchange(slow, quick)


@checks.add(20, "A client that sends without end does not starve another.", calls_alone=True)
def fair(submission: Submission) -> None:
    """While the server is stopped, one client fills its buffers and another sends one short message."""
    message = submission.bytes(submission.random.randint(3_001, 3_999))
    with submission.serve() as server:
        chatty = server.connect()
        submission.exchange(chatty)
        other = server.connect()
        submission.exchange(other)
        server.expect_blocked()  # no event is left that would put the other one first
        with server.stopped():
            sent = chatty.fill(data := submission.bytes(MUCH))
            other.send(message)
        other.expect(message)
        chatty.expect(data[:sent])
    reads = [call for call in submission.calls(*READS) if "TCP" in call.text and (call.result or 0) > 0]
    of_other = next(i for i, call in enumerate(reads) if call.result == len(message))
    before = sum(call.result or 0 for call in reads[:of_other] if call.fd != reads[of_other].fd)
    if before > BUDGET + 2 * 5_000:  # the messages of the beginning
        raise Lost(
            f"It read {before:,} bytes from one client before the first one of another, whose message had "
            "been waiting as long. See `pymux lab run fairness`."
        )
