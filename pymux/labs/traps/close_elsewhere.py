"""What does a waiting call notice when another thread closes its descriptor?

A waiting call holds a reference to the file that the number stood for when it began. The number itself is
free at once: the next open() may get it, and when the call looks again, the number stands for another file.

Predict:
    A thread waits in select for an empty pipe, and another thread closes the pipe's descriptor. What does
    select do?
        - it returns 0
        - it fails with EBADF
        - it stays blocked
    Then a second descriptor wakes the poll. What does poll return for the closed one?
        - no event
        - POLLNVAL
        - POLLHUP

Claims:
    M034  closing a descriptor in another thread has no effect on a running select [select(2), Notes]
    M058  poll returns POLLNVAL for a descriptor that is not open [poll(2)]
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
    Answer,
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

DEADLINE_S = 10  # reached only if something is wrong


@experiment("M034")
def under_select(bench: Workbench) -> Results:
    """Close a descriptor that select waits for, then wake select with another one."""
    closed, other = bench.pipe()[0], bench.pipe()
    readfds = FdSet(fds=[closed, other[0]])
    thread, result = thread_blocked_in(
        bench, "select", lambda: select(readfds.nbits, readfds, None, None, Timeval(DEADLINE_S))
    )
    bench.close(closed)
    still_blocked = is_blocked_in(thread, "select")
    os.write(other[1], b"x")
    ready = result.result()
    yield Answer(1, "it stays blocked" if still_blocked else f"it returns {ready}")
    yield Finding(
        "M034",
        "holds" if still_blocked and closed not in readfds else "depends" if still_blocked else "false",
        f"select {stayed(still_blocked)} when its descriptor was closed. Woken by another pipe it returned "
        f"{ready}, and the bit of the closed number was {'set' if closed in readfds else 'cleared'}",
    )


@experiment("M058")
def under_poll(bench: Workbench) -> Results:
    """Close a descriptor that poll waits for, then wake poll with another one."""
    closed, other = bench.pipe()[0], bench.pipe()
    fds = PollFds([(closed, POLLIN), (other[0], POLLIN)])
    thread, result = thread_blocked_in(bench, "poll", lambda: poll(fds, 2, 1000 * DEADLINE_S))
    bench.close(closed)
    still_blocked = is_blocked_in(thread, "poll")
    os.write(other[1], b"x")
    result.result()
    revents = PollFlags(fds[0].revents).name or "no event"
    yield Answer(2, revents)
    yield Finding(
        "M058",
        verdict(revents == "POLLNVAL"),
        f"poll {stayed(still_blocked)} when its descriptor was closed. Woken by another pipe it returned "
        f"{revents} for the closed number",
    )


@experiment("M118", "M121")
def under_epoll_wait(bench: Workbench) -> Results:
    """Close the only descriptor of an epoll on which a thread waits, then add one that is readable."""
    closed, other = bench.pipe()[0], bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, closed, EPOLLIN)
    thread, result = thread_blocked_in(bench, "epoll_wait", lambda: reported(epfd, 1000 * DEADLINE_S))
    bench.close(closed)
    left, still_blocked = len(interest(epfd)), is_blocked_in(thread, "epoll_wait")
    os.write(other[1], b"x")
    epoll_ctl(epfd, EPOLL_CTL_ADD, other[0], EPOLLIN)
    events = result.result()
    yield Note(
        "The cure for all three: wake the waiter with a pipe of its own, and close after it has returned."
    )
    yield Finding(
        "M121",
        verdict(left == 0 and still_blocked),
        f"the close left the epoll with {left} registrations, and epoll_wait {stayed(still_blocked)}",
    )
    yield Finding(
        "M118",
        verdict([data for data, _ in events] == [other[0]]),
        f"another thread added a readable pipe: the blocked epoll_wait returned {len(events)} event",
    )


def stayed(still: bool) -> str:
    """Return what a call did when its descriptor was closed."""
    return "stayed blocked" if still else "returned"


if __name__ == "__main__":
    main()
