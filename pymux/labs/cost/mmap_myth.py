"""Does epoll share memory with the process, or does it copy?

It is often said that epoll is fast because it maps its events into the process with mmap(2). Then there would
be a mapping, events would appear without a call, and no call could fail because memory is not writable. The
array is filled with a pattern before epoll_wait; the flight recorder keeps what the call left in it.

Predict:
    Three descriptors are ready, and epoll_wait has not been called yet. How many events are in the array?
        - 0
        - 3
    One descriptor is ready, edge triggered, and the array is in memory that cannot be written to. What does
    epoll_wait return, and what does the next wait, with a writable array, report?
        - the event; the next wait reports nothing
        - EFAULT; the next wait reports nothing: the event is lost
        - EFAULT; the next wait reports the event

Claims:
    C13  epoll_wait returns only how many are ready; the descriptors are taken in order from an array the
         caller named
    C14  epoll uses memory mapping (mmap), so descriptors are not copied during the system call at all
    M115  an array that cannot be written to fails with EFAULT [epoll_wait(2), Errors]

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
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    fails_with,
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
        ("when", "entries written"),
        (
            ("descriptors are ready, no call yet", len(changed_before)),
            ("after epoll_wait", len(changed_after)),
        ),
    )
    yield Table(
        "The call as recorded",
        ("call", "events", "bytes per event", "bytes copied"),
        ((str(call), call.ready, limits().sizeof_epoll_event, len(copied)),),
    )
    yield Answer(1, str(len(changed_before)))
    yield Finding(
        "C13",
        verdict(result == READY and changed_after == list(range(READY)) and data == readers),
        f"with {READY} descriptors ready, epoll_wait returned {result} and wrote entries {changed_after} of "
        f"the caller's {len(events)}, in the order in which they became ready",
    )
    yield Finding(
        "C14",
        "holds" if mapped or changed_before or not (refusal and changed_after and copied) else "false",
        f"/proc/self/maps has {len(mapped)} mappings of an epoll, and mmap of one "
        f"{f'fails with {refusal}' if refusal else 'succeeds'}. The array held {len(changed_before)} events "
        f"before epoll_wait and {len(changed_after)} after it, whose {len(copied)} bytes the call had copied",
    )


@experiment("M115")
def unwritable_memory(bench: Workbench) -> Results:
    """Pass epoll_wait an array that can only be read: with nothing ready, and with a ready descriptor."""
    epfd = bench.epoll()
    reader, writer = bench.pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET)
    machine_code = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value or 0
    unwritable = EpollEvents.from_address(machine_code, 1)
    with_nothing = refused(epoll_wait, epfd, unwritable, 1, 0)
    os.write(writer, b"x")
    with_an_edge = refused(epoll_wait, epfd, unwritable, 1, 0)
    afterwards = len(reported(epfd))
    first = with_an_edge or "the event"
    then = "reports the event" if afterwards else "reports nothing"
    yield Answer(
        2, f"{first}; the next wait {then}{': the event is lost' * bool(with_an_edge and not afterwards)}"
    )
    yield Note("It is a copy that fails, and the kernel keeps the event: nothing is lost.")
    yield Finding(
        "M115",
        verdict(with_an_edge == "EFAULT") if with_nothing else "depends",
        f"with nothing ready, epoll_wait {fails_with(with_nothing)}: it writes nothing. With a descriptor "
        f"ready it {fails_with(with_an_edge)}, and the next wait reports {afterwards} event",
    )


def ready_pipes(bench: Workbench, epfd: int, count: int) -> list[int]:
    """Add `count` pipes with a byte in each, and return their reading ends in that order."""
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
