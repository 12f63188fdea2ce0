"""Exercise idle-cost: a measurement of what idle descriptors cost each call."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.course.grader.submission import Submission
    from pymux.diagnose.call import Call

REPEATS = 50  # calls of each kind for each number of descriptors, as the handout has it
NAMES = {
    "select": ("select", "pselect6"),
    "poll": ("poll", "ppoll"),
    "epoll": ("epoll_wait", "epoll_pwait", "epoll_pwait2"),
}
HEADING = "call,n,median_ns"
checks = Checks()


class Row(NamedTuple):
    """A line of the program's table."""

    call: str
    n: int
    median_ns: float


def numbers(submission: Submission, largest: int) -> list[int]:
    """Return three random numbers of descriptors, from small to large."""
    draw = submission.random.randint
    return [draw(5, 15), draw(60, 120), draw(largest // 2, largest)]


def table(submission: Submission, ns: list[int], traced: bool) -> list[Row]:
    """Run the program for these numbers of descriptors and read its table."""
    with submission.start(*map(str, ns), traced=traced) as program:
        heading = program.io.receive_line(200)
        if heading.strip() != HEADING:
            raise Lost(f"The first line must be {HEADING}; it was {heading!r}.")
        lines = [program.io.receive_line(200) for _ in range(3 * len(ns))]
        program.io.expect_end()
        program.expect_exit()
    try:
        rows = [Row(call, int(n), float(median)) for call, n, median in (line.split(",") for line in lines)]
    except ValueError as error:
        raise Lost(f"A line of the table cannot be read: {error}.") from None
    if {(row.call, row.n) for row in rows} != {(call, n) for call in NAMES for n in ns}:
        raise Lost(f"There must be a line for each of {', '.join(NAMES)} with each of {ns}.")
    if not all(isfinite(row.median_ns) and row.median_ns > 0 for row in rows):
        raise Lost("A median is not above zero.")
    return rows


@checks.add(20, "The table has a line for each call and each number of descriptors.")
def rows(submission: Submission) -> None:
    """With numbers above zero."""
    table(submission, numbers(submission, 300), traced=False)


def of_size(call: str, n: int) -> Callable[[Call], bool]:
    """Return whether a call watches n descriptors, as far as its arguments show it."""
    if call == "select":
        return lambda made: (made.number(0) or 0) > n
    if call == "poll":
        return lambda made: made.number(1) == n
    return lambda made: made.number(3) == 0


@checks.add(
    40, "Each call was made often enough, with as many descriptors as the table says.", calls_alone=True
)
def calls(submission: Submission) -> None:
    """One number of descriptors, so that every call belongs to it."""
    n = submission.random.randint(20, 40)
    table(submission, [n], traced=True)
    for call, names in NAMES.items():
        made = [it for it in submission.calls(*names) if of_size(call, n)(it)]
        if len(made) < REPEATS:
            raise Lost(
                f"{call} was called {len(made)} times with {n} descriptors and no wait, not {REPEATS} times."
            )
    added = sum("EPOLL_CTL_ADD" in it.text and it.result == 0 for it in submission.calls("epoll_ctl"))
    if added != n:
        raise Lost(f"{added} descriptors were registered with epoll, not {n}.", keeps=0.5)


@checks.add(15, "The descriptors are idle: no call reports one.", calls_alone=True)
def idle(submission: Submission) -> None:
    """Nothing can be read from them."""
    n = submission.random.randint(20, 40)
    table(submission, [n], traced=True)
    for call, names in NAMES.items():
        made = [it for it in submission.calls(*names) if of_size(call, n)(it)]
        if reported := sum((it.result or 0) != 0 for it in made):
            raise Lost(f"{reported} of {len(made)} calls of {call} reported descriptors.")


@checks.add(25, "The costs have the right shape: those of select and poll grow, that of epoll does not.")
def shape(submission: Submission) -> None:
    """By ratios of medians in one run: of many descriptors to few."""
    ns = numbers(submission, 900)
    costs = {(row.call, row.n): row.median_ns for row in table(submission, ns, traced=False)}
    growth = {call: costs[call, ns[-1]] / costs[call, ns[0]] for call in NAMES}
    for call in ("select", "poll"):
        if growth[call] < 2 * growth["epoll"]:
            raise Lost(
                f"From {ns[0]} to {ns[-1]} descriptors {call} grew by {growth[call]:.1f} and epoll by "
                f"{growth['epoll']:.1f}. What else is in the time that you measure? See `pymux lab run "
                "scan-cost`."
            )
