"""Wait until a thread is blocked in a system call, as /proc shows it: no sleep of our own, no guess."""

from __future__ import annotations

import os
import platform
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from pymux.labs.kit.deadline import WAIT_S, Deadline
from pymux.labs.kit.emulator import is_emulated
from pymux.labs.kit.model import Undecided
from pymux.raw.made_by import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pymux.labs.kit.workbench import Workbench

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


def is_blocked_in(thread: int, call: str) -> bool:
    """Whether a thread of this process, or of a child's, by its native id, is blocked in `call` right now.

    Undecided where that cannot be seen: /proc/TID/syscall is forbidden, or shows an emulator's own calls.
    """
    if is_emulated():
        raise Undecided(
            "/proc/TID/syscall does not show in which call a thread waits: an emulator is between"
        )
    return _is_seen(thread, call)


def _is_seen(thread: int, call: str) -> bool:
    try:
        number = _NUMBERS[platform.machine()][made(call)]
        with open(f"/proc/{thread}/syscall") as file:
            words = file.read().split()
    except KeyError:
        raise Undecided(f"the number of {call} on {platform.machine()} is not known to this lab") from None
    except (PermissionError, FileNotFoundError) as error:
        raise Undecided(f"it cannot be seen in which call a thread waits ({error})") from None
    return words[0] == str(number)  # "running" while it is not blocked


def wait_until_blocked(thread: int, call: str) -> None:
    """Return once a thread of this process is blocked in `call`; Undecided where that is not seen in time."""
    deadline = Deadline(f"a thread blocks in {call}")
    while not is_blocked_in(thread, call):
        deadline.check()
        os.sched_yield()


def wait_until_ended(thread: int) -> None:
    """Return once the kernel has released a thread of this process: a join may return before it does."""
    deadline = Deadline("a thread ends")
    while os.path.exists(f"/proc/self/task/{thread}"):
        deadline.check()
        os.sched_yield()


def thread_blocked_in(bench: Workbench, call: str, wait: Callable[[], T]) -> tuple[int, Future[T]]:
    """Start a thread that waits, and return its id and its answer to be, once it is blocked in `call`."""
    ids: SimpleQueue[int] = SimpleQueue()

    def waiter() -> T:
        ids.put(threading.get_native_id())
        return wait()

    answer = bench.thread(waiter)
    thread = ids.get(timeout=WAIT_S)
    wait_until_blocked(thread, call)
    return thread, answer
