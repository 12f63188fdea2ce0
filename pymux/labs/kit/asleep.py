"""Wait until a thread sleeps in a system call, as the kernel itself says: no sleep of our own, no guess."""

from __future__ import annotations

import os
import platform
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from pymux.labs.kit.model import Undecided
from pymux.raw.made_by import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pymux.labs.kit.bench import Bench

T = TypeVar("T")

# The numbers by which /proc/PID/syscall names the calls (asm/unistd.h). 64-bit architectures newer than
# x86-64 share one list.
_SHARED = {"pselect6": 72, "ppoll": 73, "epoll_pwait": 22, "read": 63, "accept4": 242, "recvfrom": 207}
_NUMBERS = {
    "x86_64": {
        "select": 23,
        "poll": 7,
        "epoll_wait": 232,
        "pselect6": 270,
        "ppoll": 271,
        "epoll_pwait": 281,
        "read": 0,
        "accept4": 288,
        "recvfrom": 45,
    },
    "aarch64": _SHARED,
    "riscv64": _SHARED,
}


def is_asleep(thread: int, call: str) -> bool:
    """Whether a thread of this process, or of a child's, by its native id, sleeps in `call` right now."""
    try:
        number = _NUMBERS[platform.machine()][made(call)]
        with open(f"/proc/{thread}/syscall") as file:
            words = file.read().split()
    except (KeyError, OSError) as error:
        raise Undecided(f"it cannot be seen in which call a thread sleeps ({error!r})") from None
    return words[0] == str(number)  # "running" while it does not sleep


def wait_until_asleep(thread: int, call: str) -> None:
    """Return once a thread of this process sleeps in `call`."""
    while not is_asleep(thread, call):
        os.sched_yield()


def asleep_in(bench: Bench, call: str, wait: Callable[[], T]) -> tuple[int, Future[T]]:
    """Start a thread that waits, and return its id and its answer to be, once it is asleep in `call`."""
    ids: SimpleQueue[int] = SimpleQueue()

    def waiter() -> T:
        ids.put(threading.get_native_id())
        return wait()

    answer = bench.thread(waiter)
    thread = ids.get()
    wait_until_asleep(thread, call)
    return thread, answer
