"""A line that is no step, or one that cannot be taken, is refused with a sentence, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from pymux.course.step.outcome import Outcome
from pymux.course.step.parsing import BadStep, parse
from pymux.course.step.session import Session

BAD_LINES = {
    "wirte 4": "There is no step 'wirte'. Did you mean write? help lists the steps.",
    "frobnicate": "There is no step 'frobnicate'. help lists the steps.",
    "write four": "write takes one number from 1 to 200, not 'four'.",
    "write 0": "write takes one number from 1 to 200, not '0'.",
    "write -1": "write takes one number from 1 to 200, not '-1'.",
    "write 201": "write takes one number from 1 to 200, not '201'.",
    "write 1 2": "write takes one number from 1 to 200, not '1 2'.",
    "read \u0663": "read takes one number from 1 to 200, not '\u0663'.",
    "write " + "9" * 6000: "write takes one number from 1 to 200, not '"
    + "9" * 29
    + "\N{HORIZONTAL ELLIPSIS}'.",
    "wait 3": "wait takes nothing after it, not '3'.",
    "close it": "close takes one of watched, peer, copy, child, not 'it'.",
    "mod in pri": "mod takes events (in, out, rdhup), not 'pri'.",
    "on": "on takes an object (pipe, socketpair, tcp, listener, eventfd, timerfd), not 'nothing'.",
    "\x1b[31mred": "There is no step '\N{REPLACEMENT CHARACTER}[31mred'. help lists the steps.",
}
IMPOSSIBLE = {
    "close copy": "There is no copy to close: dup makes one.",
    "close child": "There is no child to end: fork makes one.",
    "shutdown": "Only a socket can be shut down. This is a pipe.",
    "undo": "There is no step to undo.",
}


@pytest.fixture
def session() -> Iterator[Session]:
    with closing(Session("pipe")) as session:
        yield session


def seen(outcome: Outcome) -> tuple[object, ...]:
    return outcome.waiting, outcome.modes, outcome.registered


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: repr(line[:20]))
def test_no_step(line: str) -> None:
    with pytest.raises(BadStep) as refused:
        parse(line)
    assert str(refused.value) == BAD_LINES[line]


@pytest.mark.parametrize("line", IMPOSSIBLE)
def test_impossible(line: str, session: Session) -> None:
    with pytest.raises(BadStep) as refused:
        session.take(parse(line))
    assert str(refused.value) == IMPOSSIBLE[line]
    assert seen(session.take(parse("write 1"))) != seen(session.opening)
    assert seen(session.take(parse("undo"))) == seen(session.opening)


def test_the_peer_that_is_closed(session: Session) -> None:
    session.take(parse("close peer"))
    before = session.take(parse("dup"))  # has the number that the peer had
    for line in ("write 1", "close peer"):
        with pytest.raises(BadStep, match="The peer is closed in this process"):
            session.take(parse(line))
    session.take(parse("wait"))
    assert seen(session.take(parse("undo"))) == seen(before)


def test_more_than_fits(session: Session) -> None:
    session.take(parse("write 150"))
    with pytest.raises(BadStep, match="At most 200 may wait, and 150 do: read some first"):
        session.take(parse("write 51"))
    assert session.take(parse("write 50")).waiting == "200 bytes are unread (FIONREAD)."


def test_a_call_that_fails_for_want_of_descriptors(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    before = session.take(parse("write 3"))

    def fail() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patched:
        patched.setattr("os.fork", fail)
        with pytest.raises(BadStep, match=r"fork failed: Resource temporarily unavailable\. Nothing changed"):
            session.take(parse("fork"))
    session.take(parse("dup"))
    assert seen(session.take(parse("undo"))) == seen(before)
