"""Does epoll share memory with the process, or does it copy?

It is often said that epoll is fast because it maps its events into the process with mmap(2). If so, there is
a mapping to be found, events appear without a call, and no call can fail for want of writable memory. The
flight recorder keeps what a call left in the array that it was given.

Predict:
    Where does an event stand before epoll_wait is called? What does epoll_wait say if it is given memory that
    can be read but not written, and where is the event then?

Claims:
    C13  epoll_wait returns only how many are ready; the descriptors are taken in order from an array the
         caller named
    C14  epoll uses memory mapping (mmap), so descriptors are not copied during the system call at all
    M115  an array that cannot be written to is EFAULT [epoll_wait(2), Errors]

Sources:
    epoll_wait(2)
    mmap(2)
    proc(5)
"""

from __future__ import annotations

import ctypes
import mmap
import os

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EpollEvents, epoll_ctl, epoll_wait, limits, record
from pymux.labs.kit import (
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    refused,
    reported,
    verdict,
)

PATTERN = 0xEE
READY = 3


@experiment("C13", "C14")
def where_the_events_are(bench: Workbench) -> Results:
    """Fill the array with a pattern; look for events in it before and after epoll_wait, and for a mapping."""
    epfd = bench.epoll()
    readers = ready_pipes(bench, epfd, READY)
    events = EpollEvents(2 * READY)
    events.memory[:] = bytes([PATTERN]) * len(events.memory)
    changed_before = changed(events)
    mapped = [line for line in mappings() if "eventpoll" in line]
    refusal = refused(mmap.mmap, epfd, mmap.PAGESIZE)
    with record() as log:
        result = epoll_wait(epfd, events, len(events), 0)
    (call,) = log
    copied = call.memory_after["events"]
    changed_after = changed(events)
    data = [event_data for event_data, _ in events.ready(result)]

    yield Table(
        f"The array of {len(events)} entries, filled with the byte {PATTERN:#x}",
        ("", "entries that were written"),
        (
            ("the events are there, no call yet", len(changed_before)),
            ("after epoll_wait", len(changed_after)),
        ),
    )
    yield Table(
        "The call, as the recorder has it",
        ("call", "events", "bytes of each", "bytes copied"),
        ((str(call), call.ready, limits().sizeof_epoll_event, len(copied)),),
    )
    yield Finding(
        "C13",
        verdict(result == READY and changed_after == list(range(READY)) and data == readers),
        f"{READY} ready: returned {result}, wrote entries {changed_after} of {len(events)}, in the order in "
        "which they became ready",
    )
    yield Finding(
        "C14",
        "holds" if mapped or changed_before or not (refusal and changed_after and copied) else "false",
        f"{len(mapped)} mappings of an epoll in /proc/self/maps; mmap of one says {refusal or 'yes'}; "
        f"{len(changed_before)} events in the array before the call, {len(changed_after)} after it, and in "
        f"the record of that call their {len(copied)} bytes",
    )


@experiment("M115")
def unwritable_memory(bench: Workbench) -> Results:
    """Give epoll_wait memory that can only be read, with nothing ready and with an edge."""
    epfd = bench.epoll()
    reader, writer = bench.pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET)
    machine_code = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value or 0
    unwritable = EpollEvents.from_address(machine_code, 1)
    with_nothing = refused(epoll_wait, epfd, unwritable, 1, 0)
    os.write(writer, b"x")
    with_an_edge = refused(epoll_wait, epfd, unwritable, 1, 0)
    afterwards = len(reported(epfd))
    yield Note("The failure is that of a copy, and the kernel takes the event back: nothing is lost.")
    yield Finding(
        "M115",
        verdict(with_an_edge == "EFAULT") if with_nothing else "depends",
        f"nothing ready: {with_nothing or 'no error'}; an edge: {with_an_edge or 'no error'}, and the next "
        f"wait tells {afterwards}",
    )


def ready_pipes(bench: Workbench, epfd: int, count: int) -> list[int]:
    """Add `count` pipes with a byte in each, and return their reading ends in this order."""
    readers = []
    for _ in range(count):
        reader, writer = bench.pipe()
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
        os.write(writer, b"x")
        readers.append(reader)
    return readers


def changed(events: EpollEvents) -> list[int]:
    """Return the entries that no longer hold the pattern."""
    size = len(events.memory) // len(events)
    pattern = bytes([PATTERN]) * size
    return [i for i in range(len(events)) if events.memory[i * size : (i + 1) * size] != pattern]


def mappings() -> list[str]:
    """Return what is mapped into this process."""
    with open("/proc/self/maps") as maps:
        return maps.readlines()


if __name__ == "__main__":
    main()
