"""Exercise worker-pool: what the server with a pool of workers must do.

The files are FIFOs where a check decides when a worker may go on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from pymux.course.grader.channel import Client
    from pymux.course.grader.submission import Submission

WAITS = ("epoll_wait", "epoll_pwait", "epoll_pwait2")
checks = Checks()


class Files:
    """Files and FIFOs in the folder of the submission, and what a server answers for them."""

    def __init__(self, submission: Submission) -> None:
        self._submission, self._made = submission, 0

    def file(self) -> tuple[bytes, bytes]:
        """Return a request for a new file, and the answer."""
        name, content = self._name(), self._content()
        (self._submission.folder / name).write_bytes(content)
        return self._pair(name, content)

    def fifo(self) -> tuple[bytes, bytes, int]:
        """Return a request for a new FIFO, the answer, and a descriptor whose closing ends it."""
        name, content = self._name(), self._content()
        path = self._submission.folder / name
        os.mkfifo(path)
        path.chmod(0o644)
        writer = os.open(path, os.O_RDWR)
        os.write(writer, content)
        return (*self._pair(name, content), writer)

    def _name(self) -> str:
        self._made += 1
        return f"file-{self._made}-{self._submission.random.getrandbits(32)}"

    def _content(self) -> bytes:
        return self._submission.bytes(self._submission.random.randint(1, 3_000))

    @staticmethod
    def _pair(name: str, content: bytes) -> tuple[bytes, bytes]:
        return name.encode() + b"\n", str(len(content)).encode() + b"\n" + content


def ask(client: Client, request: bytes, answer: bytes) -> None:
    """Send a request and receive its answer."""
    client.send(request)
    client.expect(answer)


@checks.add(15, "Requests are answered, however they are cut into segments.")
def answers(submission: Submission) -> None:
    """One at a time; two in one segment; one in two."""
    files = Files(submission)
    with submission.serve("4") as server:
        client = server.connect()
        ask(client, *files.file())
        (first, its), (second, other) = files.file(), files.file()
        ask(client, first + second, its + other)
        request, answer = files.file()
        client.send(request[:5])
        server.expect_waiting()
        ask(client, request[5:], answer)


@checks.add(25, "While three of four workers are blocked, the fourth one serves.")
def parallel(submission: Submission) -> None:
    """Each of the three reads a FIFO that does not end."""
    files = Files(submission)
    held = [files.fifo() for _ in range(3)]
    try:
        with submission.serve("4") as server:
            clients = [server.connect() for _ in held]
            for client, (request, _, _) in zip(clients, held, strict=True):
                client.send(request)
            server.expect_blocked()
            other = server.connect()
            for _ in range(5):
                ask(other, *files.file())
            for client, (_, answer, writer) in zip(clients, held, strict=True):
                os.close(writer)
                client.expect(answer)
            held.clear()
    finally:
        for _, _, writer in held:
            os.close(writer)


@checks.add(25, "The answers of one connection come in the order of its requests.")
def order(submission: Submission) -> None:
    """The second request arrives while a worker is blocked in the first one."""
    files = Files(submission)
    slow, its_answer, writer = files.fifo()
    quick, other_answer = files.file()
    try:
        with submission.serve("4") as server:
            client = server.connect()
            client.send(slow)
            server.expect_blocked()
            client.send(quick)
            server.expect_blocked()
            os.close(writer)
            writer = -1
            client.expect(its_answer + other_answer)
    finally:
        if writer >= 0:
            os.close(writer)


@checks.add(20, "A connection is served again and again.", faults=("oneshot-not-rearmed",))
def serves_again(submission: Submission) -> None:
    """Five connections, ten requests each."""
    files = Files(submission)
    with submission.serve("3") as server:
        clients = [server.connect() for _ in range(5)]
        for _ in range(10):
            for client in clients:
                ask(client, *files.file())


@checks.add(15, "All workers wait on one epoll, with EPOLLONESHOT.", calls_alone=True)
def oneshot(submission: Submission) -> None:
    """As many threads as the argument says."""
    workers = submission.random.randint(3, 6)
    files = Files(submission)
    with submission.serve(str(workers)) as server:
        for _ in range(4):
            ask(server.connect(), *files.file())
        server.expect_blocked()
    waits = [call for call in submission.calls(*WAITS) if call.fd is not None]
    threads = {call.pid for call in waits}
    if len(threads) < workers:
        raise Lost(f"{len(threads)} threads waited, not {workers}.")
    if (epolls := len({call.fd for call in waits})) > 1:
        raise Lost(f"They waited on {epolls} different epolls.", keeps=0.5)
    if not any("EPOLLONESHOT" in call.text for call in submission.calls("epoll_ctl")):
        raise Lost("No registration has EPOLLONESHOT.")
