"""After undo everything is as it was before the last step: the same descriptors, reports and lists."""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from pymux.course.step.outcome import Outcome
from pymux.course.step.parsing import parse
from pymux.course.step.session import Session

SCRIPT = (
    "write 4",
    "wait",
    "read 2",
    "wait",
    "write 1",
    "fork",
    "dup",
    "close",
    "wait",
    "close copy",
    "close child",
)
NOT_AGAIN = r"(?<=fork\(\) {33}= )\d+|(?<=kill\()\d+|(?<=wait4\()\d+|(?<== )\d{3,}|(?<=htons\()\d+"


def seen(outcome: Outcome) -> tuple[object, ...]:
    """All but the title and numbers that the kernel gives anyhow: processes, ports."""
    calls = [re.sub(NOT_AGAIN, "N", line) for line in outcome.calls]
    return calls, outcome.waiting, outcome.modes, outcome.registered


@pytest.mark.parametrize("kind", ["pipe", "socketpair", "tcp"])
def test_each_step(kind: str) -> None:
    with closing(Session(kind)) as session:
        outcomes = [session.opening, *(session.take(parse(line)) for line in SCRIPT)]
        for before in reversed(outcomes[:-1]):
            assert seen(session.take(parse("undo"))) == seen(before)


def test_a_change_of_the_object_is_undone_too() -> None:
    with closing(Session("pipe")) as session:
        session.take(parse("write 4"))
        session.take(parse("on eventfd"))
        assert session.kind == "eventfd"
        assert session.take(parse("undo")).waiting == "4 bytes are unread (FIONREAD)."
        assert session.kind == "pipe"
