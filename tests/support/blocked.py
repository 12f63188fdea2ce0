"""Knowing that a thread sleeps in the kernel, without guessing how long that takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from support.deadline import WATCHDOG_S, until


def task(tid: int | None = None, pid: int | str = "self") -> Path:
    """Return the /proc directory of a thread: the calling one unless `tid` is given."""
    return Path(f"/proc/{pid}/task/{threading.get_native_id() if tid is None else tid}")


def blocked(thread: Path, inside: str = "poll") -> bool:
    """Whether a thread sleeps in the kernel's select, poll or epoll, or another function (proc(5), wchan)."""
    return inside in (thread / "wchan").read_text()


def until_asleep(thread: Path, inside: str = "poll") -> None:
    """Return when a thread sleeps there."""
    until(lambda: blocked(thread, inside), f"a thread blocks in {inside}")


def until_gone(thread: Path) -> None:
    """Return when a thread that was joined has left the kernel too.

    Until then it may take a signal sent to the process, or hold a lock of the allocator's while another
    thread forks: the child would wait for it for ever (the allocator of AddressSanitizer is one).
    """
    until(lambda: not thread.exists(), "a thread that was joined is gone")


@contextmanager
def helper() -> Iterator[ThreadPoolExecutor]:
    """A pool of one thread, which is really gone when the block ends."""
    with ThreadPoolExecutor(1) as pool:
        thread = pool.submit(task).result(WATCHDOG_S)
        yield pool
    until_gone(thread)


@contextmanager
def once_asleep(action: Callable[[], object]) -> Iterator[None]:
    """Do `action` in another thread as soon as the calling thread sleeps in a call that waits.

    It is an error if the calling thread comes to the end without having slept.
    """
    caller, over = task(), threading.Event()

    def watch() -> bool:
        until(lambda: over.is_set() or blocked(caller), "the caller blocks, or returns")
        if over.is_set():
            return False
        action()
        return True

    with helper() as pool:
        acted = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
        assert acted.result(WATCHDOG_S), "the call returned without having waited"


@contextmanager
def whenever_asleep(wake: Callable[[], object]) -> Iterator[None]:
    """Wake the calling thread, in another thread, each time it sleeps in a call that waits.

    When a write that wakes a sleeper returns, proc(5) no longer shows it blocked: none is woken twice.
    """
    sleeper, over = task(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            if blocked(sleeper):
                wake()

    with helper() as pool:
        watching = pool.submit(watch)
        try:
            yield
        finally:
            over.set()
        watching.result(WATCHDOG_S)
