"""A wait returned EINTR, and the thread ended with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.call import Call
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import also, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.strace import Exit
    from pymux.diagnose.world import World


@rule(
    "eintr-fatal",
    on="exit",
    because=(
        "A signal handler (or, in epoll_wait, a stop and SIGCONT) interrupted the wait, which then returns "
        "EINTR although nothing is wrong. The program took it for an error and stopped."
    ),
    fix=(
        "Call the wait again after EINTR, with the time that is left; SA_RESTART does not restart"
        " select, poll and epoll_wait."
    ),
    lab="signals",
    sources=(
        "signal(7): epoll_wait, poll and select are never restarted after being interrupted by a "
        "signal handler, regardless of the use of SA_RESTART; and epoll_wait may return EINTR without a "
        "handler, after a stop signal and SIGCONT",
    ),
)
def eintr_fatal(end: Exit, world: World) -> Iterator[Sighting]:
    """The thread's last wait was interrupted, and its end is one of failure."""
    thread = world.thread(end.pid)
    wait = thread.wait
    if wait is None or wait.errno != "EINTR":
        return
    said = thread.notes.get("complained")
    failed = end.status not in (None, 0) or end.signal in ("SIGABRT", "SIGSEGV")
    asked_to_end = thread.signal is not None and thread.signal.name in _REQUESTS
    if not failed or (asked_to_end and not said):
        return
    fd = wait.fd if wait.name.startswith("epoll") else None
    what = (
        f"{wait.name}, then exit status {end.status}"
        if end.status is not None
        else f"{wait.name}, then {end.signal}"
    )
    ending = Call(end.line, end.pid, "exit", "", end.shown)
    yield Sighting("proved", end.pid, fd, what, (wait, *((said,) if said else ()), ending))


@also(on="call")
def eintr_complained(call: Call, world: World) -> Iterator[Sighting]:
    """The program writes that its wait was interrupted; or ends itself, and the log shows no more."""
    thread = world.thread(call.pid)
    wait = thread.wait
    if wait is None or wait.errno != "EINTR":
        thread.notes.pop("complained", None)
        return
    if call.name in ("write", "writev") and "nterrupted" in call.text:
        thread.notes["complained"] = call
    if call.name in ("exit_group", "exit"):
        said = thread.notes.get("complained")
        asked_to_end = thread.signal is not None and thread.signal.name in _REQUESTS
        if call.number(0) and (said or not asked_to_end):
            fd = wait.fd if wait.name.startswith("epoll") else None
            what = f"{wait.name}, then exit status {call.number(0)}"
            thread.wait = None
            yield Sighting("proved", call.pid, fd, what, (wait, *((said,) if said else ()), call))


_REQUESTS = frozenset({"SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"})
