"""The echo that blocks, and threads to do it in: what needs no multiplexing at all."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pymux.servers.service import Service

# A thread that waits for the GIL wakes after each such interval, by default 5 ms, to request it.
# Ten thousand that wait at once wake two million times a second: both cores then do nothing else, and an
# echo cost 300 context switches and not 4 (docs/servers.md). recv and send release the GIL anyway.
_ASK_FOR_THE_GIL_S = 1.0

# Since Linux 6.16 the waiters of a process are in a table of its own, of 16 slots on two processors. Where
# the words of the GIL share a slot, each wakeup looks through thousands that wait for another word: 1.3 ms,
# not 0.2 µs, and the server stands still (docs/servers.md). linux/prctl.h: PR_FUTEX_HASH, …_SET_SLOTS.
_FUTEX_HASH, _SET_SLOTS, _SLOTS = 78, 1, 16_384


def echo(service: Service, connection: socket.socket) -> None:
    """Send back what one client sends, until end of file; one that does not read blocks only this."""
    received = sent = 0
    broken = False
    try:
        while chunk := connection.recv(CHUNK):
            received += len(chunk)
            connection.sendall(chunk)
            sent += len(chunk)
    except OSError:
        broken = True
    service.end(connection, received, sent, broken=broken)


def spread_waiters() -> None:
    """Have the kernel keep the threads that wait for a lock in many slots; an older one has more anyway."""
    ctypes.CDLL(None).prctl(_FUTEX_HASH, _SET_SLOTS, *map(ctypes.c_ulong, (_SLOTS, 0, 0)))


def run_in_threads(service: Service, work: Callable[[], None], number: int) -> None:
    """Do `work` in `number` threads, which may start others; the main thread waits for the stop."""
    sys.setswitchinterval(_ASK_FOR_THE_GIL_S)
    spread_waiters()
    for _ in range(number):
        threading.Thread(target=work, daemon=True).start()
    os.read(service.signals, 4096)
    service.stop()
    _join(time.monotonic() + service.grace_s)
    service.cut()
    _join(time.monotonic() + service.grace_s)


def _join(deadline: float) -> None:
    """Wait for every other thread, also for those that start meanwhile."""
    main = threading.main_thread()
    while others := [thread for thread in threading.enumerate() if thread is not main]:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        others[0].join(left_s)
