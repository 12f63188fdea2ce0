"""What does a waiting call notice when another thread closes its descriptor?

A waiting call holds on to the file that the number stood for when it began. The number itself is free at
once: the next open() may get it, and when the call looks again, the number stands for something else.

Predict:
    A thread waits for an empty pipe, and another thread closes the pipe's descriptor. Which of select, poll
    and epoll_wait return? And what do they say of the number once something else wakes them?

Claims:
    M034  closing a descriptor in another thread has no effect on a running select [select(2), Notes]
    M058  poll says POLLNVAL of a descriptor that is not open [poll(2)]
    M118  a descriptor added by another thread wakes a blocked waiter [epoll_wait(2), Notes]
    M121  a waiter stays blocked when its interest list is emptied elsewhere [epoll_wait(2), Notes]

Sources:
    select(2)
    poll(2)
    epoll_wait(2)
    proc_pid_syscall(5)
"""

from __future__ import annotations

import os

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    FdSet,
    PollFds,
    PollFlags,
    Timeval,
    epoll_ctl,
    interest,
    poll,
    select,
)
from pymux.labs.kit import (
    Finding,
    Note,
    Results,
    Workbench,
    experiment,
    is_blocked_in,
    main,
    reported,
    thread_blocked_in,
    verdict,
)

DEADLINE_S = 10  # nobody waits that long, unless something is wrong


@experiment("M034")
def under_select(bench: Workbench) -> Results:
    """Close a descriptor that select waits for, then wake select through another one."""
    doomed, bell = bench.pipe()[0], bench.pipe()
    readfds = FdSet(fds=[doomed, bell[0]])
    thread, answer = thread_blocked_in(
        bench, "select", lambda: select(readfds.nbits, readfds, None, None, Timeval(DEADLINE_S))
    )
    bench.close(doomed)
    still_asleep = is_blocked_in(thread, "select")
    os.write(bell[1], b"x")
    ready = answer.result()
    yield Finding(
        "M034",
        "holds" if still_asleep and doomed not in readfds else "depends" if still_asleep else "false",
        f"{slept(still_asleep)} the close; woken by another pipe it counts {ready} ready, and the closed "
        f"number {'is' if doomed in readfds else 'is not'} one of them",
    )


@experiment("M058")
def under_poll(bench: Workbench) -> Results:
    """Close a descriptor that poll waits for, then wake poll through another one."""
    doomed, bell = bench.pipe()[0], bench.pipe()
    fds = PollFds([(doomed, POLLIN), (bell[0], POLLIN)])
    thread, answer = thread_blocked_in(bench, "poll", lambda: poll(fds, 2, 1000 * DEADLINE_S))
    bench.close(doomed)
    still_asleep = is_blocked_in(thread, "poll")
    os.write(bell[1], b"x")
    answer.result()
    says = PollFlags(fds[0].revents).name
    yield Finding(
        "M058",
        verdict(says == "POLLNVAL"),
        f"{slept(still_asleep)} the close; woken by another pipe it says {says} of the closed number",
    )


@experiment("M118", "M121")
def under_epoll_wait(bench: Workbench) -> Results:
    """Close the only descriptor of an epoll that a thread waits on, then add another that is readable."""
    doomed, bell = bench.pipe()[0], bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, doomed, EPOLLIN)
    thread, answer = thread_blocked_in(bench, "epoll_wait", lambda: reported(epfd, 1000 * DEADLINE_S))
    bench.close(doomed)
    left, still_asleep = len(interest(epfd)), is_blocked_in(thread, "epoll_wait")
    os.write(bell[1], b"x")
    epoll_ctl(epfd, EPOLL_CTL_ADD, bell[0], EPOLLIN)
    events = answer.result()
    yield Note(
        "The cure for all three: wake the waiter through a pipe of its own, and close when it is back."
    )
    yield Finding(
        "M121",
        verdict(left == 0 and still_asleep),
        f"{left} registrations left, and epoll_wait {slept(still_asleep)} the close",
    )
    yield Finding(
        "M118",
        verdict([data for data, _ in events] == [bell[0]]),
        f"a readable pipe added by another thread: the waiter returned with {len(events)} event",
    )


def slept(still: bool) -> str:
    """Return what a call did when its descriptor was closed."""
    return "slept through" if still else "was woken by"


if __name__ == "__main__":
    main()
