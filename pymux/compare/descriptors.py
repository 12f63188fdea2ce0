"""Real descriptors to watch, by the thousand: pipes, socket pairs, TCP connections, eventfds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pymux import POLLIN, PollFds, poll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from typing_extensions import Self

_BATCH = 100  # pairs made at a time: this many descriptors beyond N are open for a moment
_READY_S = 60.0  # in which a byte that was written arrives; the process with the other ends answers; it ends
_OTHERS = 64  # the standard streams, the epolls, the files of the results


def needed(n: int) -> int:
    """Return how many descriptors must be allowed to watch `n` of them."""
    return n + min(_BATCH, n) + _OTHERS


def affordable(limit: int) -> int:
    """Return the largest `n` for which `limit` descriptors are enough; 0 if there is none."""
    return max(0, limit - _BATCH - _OTHERS if limit > needed(_BATCH) else (limit - _OTHERS) // 2)


class Watched:
    """`n` descriptors of a kind, none of them readable; a process of its own holds the other ends.

    `fds` are in ascending order of their making. Use it in a `with`, which closes all of them.
    """

    def __init__(self, kind: str, n: int) -> None:
        self.kind = kind
        self.fds: list[int] = []
        self._holder: _Holder | None = None
        try:
            KINDS[kind](self, n)
        except BaseException:
            self.close()
            raise

    def make_ready(self, indices: Iterable[int]) -> None:
        """Make the descriptors at `indices` readable by one byte, and return when they are."""
        indices = list(indices)
        if self._holder is None:
            for i in indices:
                os.eventfd_write(self.fds[i], 1)
        else:
            self._holder.command(write=indices)
        self._wait_until_readable(indices)

    def make_idle(self, indices: Iterable[int]) -> None:
        """Read what `make_ready` wrote, so that the descriptors at `indices` are not readable."""
        for i in indices:
            os.read(self.fds[i], 8)  # an eventfd gives all of its 8 bytes or none

    def close(self) -> None:
        """Close all descriptors and end the process that held the other ends."""
        while self.fds:
            os.close(self.fds.pop())
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait_until_readable(self, indices: list[int]) -> None:
        # A TCP segment arrives a moment after it was sent.
        waiting = PollFds()
        for i in indices:
            waiting.append(self.fds[i], POLLIN)
        end = time.monotonic() + _READY_S
        while (ready := poll(waiting, len(waiting), 1_000)) < len(indices):
            if time.monotonic() > end:
                raise TimeoutError(f"{ready} of {len(indices)} descriptors became readable in {_READY_S:g} s")

    def _open_pairs(self, n: int, make: Callable[[], tuple[int, int]]) -> None:
        self._holder = holder = _Holder()
        for start in range(0, n, _BATCH):
            others: list[int] = []
            try:
                for _ in range(min(_BATCH, n - start)):
                    watched, other = make()
                    self.fds.append(watched)
                    others.append(other)
                holder.take(others)
            finally:
                for fd in others:
                    os.close(fd)

    def _open_pipes(self, n: int) -> None:
        self._open_pairs(n, os.pipe)

    def _open_socketpairs(self, n: int) -> None:
        self._open_pairs(n, _socketpair)

    def _open_tcp(self, n: int) -> None:
        self._holder = holder = _Holder()
        with socket.create_server(("127.0.0.1", 0), backlog=_BATCH) as listener:
            port = listener.getsockname()[1]
            for start in range(0, n, _BATCH):
                count = min(_BATCH, n - start)
                holder.command(connect=[port] * count)
                # Made one after the other, so accepted in the order in which the holder has them.
                self.fds.extend(listener.accept()[0].detach() for _ in range(count))

    def _open_eventfds(self, n: int) -> None:
        self.fds.extend(os.eventfd(0) for _ in range(n))


KINDS: dict[str, Callable[[Watched, int], None]] = {
    "pipe": Watched._open_pipes,
    "socketpair": Watched._open_socketpairs,
    "tcp": Watched._open_tcp,
    "eventfd": Watched._open_eventfds,
}


class _Holder:
    """This side of the process that holds the other ends."""

    def __init__(self) -> None:
        self._control, inherited = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_READY_S)
        with inherited:
            # A session of its own: Ctrl-C is for the watcher, whose end then ends this process too.
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("holder.py")), str(inherited.fileno())],
                pass_fds=[inherited.fileno()],
                start_new_session=True,
            )

    def command(self, **command: list[int]) -> None:
        self._control.send(json.dumps(command).encode())
        self._answer()

    def take(self, fds: list[int]) -> None:
        """Hand over copies of descriptors, and return when they have arrived."""
        socket.send_fds(self._control, [b"{}"], fds)
        self._answer()

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(_READY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> None:
        answer = self._control.recv(1 << 16).decode()
        if answer != "done":
            raise OSError(f"the process that holds the other ends: {answer or 'ended'}")


def _socketpair() -> tuple[int, int]:
    one, other = socket.socketpair()
    return one.detach(), other.detach()
