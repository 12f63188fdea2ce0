"""A wait of pymux.compat goes on with the time left after a signal handler returned (PEP 475).

What the handler raises ends it, even where that is an InterruptedError.
"""

from __future__ import annotations

import os
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import pytest

from pymux.compat import select, selectors

if TYPE_CHECKING:
    from collections.abc import Callable

    Wait = Callable[[int, float], Any]

TIMEOUT = 0.2


def _select(fd: int, timeout: float) -> Any:
    return select.select([fd], [], [], timeout) != ([], [], [])


def _poll(fd: int, timeout: float) -> Any:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return poll.poll(timeout * 1e3) != []


def _epoll(fd: int, timeout: float) -> Any:
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN)
        return epoll.poll(timeout) != []


def _selector(kind: type[Any], nanoseconds: bool) -> Wait:
    def wait(fd: int, timeout: float) -> Any:
        with kind() as selector:
            selector.register(fd, selectors.EVENT_READ)
            return (selector.select_ns(int(timeout * 1e9)) if nanoseconds else selector.select(timeout)) != []

    return wait


KINDS = [selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector]
WAITS = [_select, _poll, _epoll, *(_selector(kind, ns) for kind in KINDS for ns in (False, True))]
every_wait = pytest.mark.parametrize(
    "wait",
    WAITS,
    ids=["select", "poll", "epoll", *(f"{kind.__name__}{ns}" for kind in KINDS for ns in ("", "-ns"))],
)


@every_wait
def test_a_wait_lasts_its_whole_time(wait: Wait, keep: Any, interrupted: Callable[..., Any]) -> None:
    reader, _ = keep.pipe()
    handled: list[int] = []
    start = monotonic_ns()
    assert not interrupted(lambda: wait(reader, TIMEOUT), lambda *_: handled.append(1))
    assert monotonic_ns() - start >= TIMEOUT * 1e9
    assert handled == [1]


@every_wait
def test_a_wait_sees_what_the_handler_made_ready(
    wait: Wait, keep: Any, interrupted: Callable[..., Any]
) -> None:
    reader, writer = keep.pipe()
    assert interrupted(lambda: wait(reader, 60), lambda *_: os.write(writer, b"x"))


@every_wait
@pytest.mark.parametrize("error", [ZeroDivisionError, InterruptedError])
def test_what_the_handler_raises_ends_a_wait(
    wait: Wait, error: type[Exception], keep: Any, interrupted: Callable[..., Any]
) -> None:
    reader, _ = keep.pipe()

    def handler(*_: Any) -> None:
        raise error("mine")

    with pytest.raises(error, match="mine"):
        interrupted(lambda: wait(reader, 60), handler)
