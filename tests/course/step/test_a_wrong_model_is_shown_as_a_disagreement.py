"""The comparison can fail: where the kernel does not do what the model expects, the step says so."""

from __future__ import annotations

from contextlib import closing

import pytest

from pymux.course.step.parsing import parse
from pymux.course.step.session import Session
from pymux.epoll_model import Epoll, Item, PipeReader


def happens_to_nothing(_item: Item, _what: int, _cause: str) -> None: ...


def takes_nothing(_end: PipeReader, _size: int) -> int:
    return 0


def changes_nothing(_epoll: Epoll, _item: Item, _events: int, _data: int) -> None: ...


@pytest.mark.parametrize(
    ("kind", "name", "wrong", "script", "said"),
    [
        (Item, "happened", happens_to_nothing, "write 1", "edge is ready, not nothing"),
        (PipeReader, "read", takes_nothing, "write 2|read 1", "the call returned 1, not 0"),
        (PipeReader, "read", takes_nothing, "write 2|read 1", "2 should wait. 1 byte is unread (FIONREAD)."),
        (Epoll, "modify", changes_nothing, "mod out", "the interest list of edge is"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_it_is_said(
    kind: type, name: str, wrong: object, script: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, name, wrong)
    with closing(Session("pipe")) as session:
        for line in script.split("|"):
            outcome = session.take(parse(line))
    assert any(sentence.startswith(said) for sentence in outcome.disagreements), outcome.disagreements
    assert session.disagreed == 1
