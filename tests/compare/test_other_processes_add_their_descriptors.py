"""Helper processes add exactly as many descriptors as asked to an epoll, and take them away when they end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pymux import EPOLLIN, epoll_create1, interest
from pymux.compare import crowd
from pymux.compare.crowd import Crowd, possible
from pymux.compare.descriptors import KINDS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from conftest import Keep


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_as_asked(kind: str, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "per_process", lambda: 100)
    epfd = keep(epoll_create1(0))
    with Crowd(kind, 250, [(epfd, EPOLLIN)]):
        found = interest(epfd)
        assert len(found) == 250
        assert {each.events & EPOLLIN for each in found} == {EPOLLIN}
    assert interest(epfd) == []


def test_what_a_helper_cannot_do_is_said_and_no_process_stays(keep: Keep) -> None:
    no_epoll = keep(os.eventfd(0))
    with pytest.raises(OSError, match="could not hold 10 descriptors"):
        Crowd("eventfd", 10, [(no_epoll, EPOLLIN)]).__enter__()


LEAVE = """
import os
from pymux import EPOLLIN, epoll_create1, interest
from pymux.compare.crowd import Crowd
epfd = epoll_create1(0)
crowd = Crowd("eventfd", 10, [(epfd, EPOLLIN)]).__enter__()
print(len(interest(epfd)), flush=True)
os._exit(0)
"""


def test_a_helper_ends_with_the_process_that_started_it(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = python(LEAVE)  # it returns when no process holds its output open
    assert done.stdout == "10\n"


def test_the_bounds_of_the_system_are_named() -> None:
    n, bound = possible("eventfd", 10)
    assert n == 10
    assert "allows" in bound
    n, bound = possible("tcp", 10**12)
    assert n < 10**12
    assert bound.startswith(("memory", "fs."))


def test_helpers_cost_their_parent_no_descriptors(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "per_process", lambda: 2)
    epfd = keep(epoll_create1(0))
    counts = []
    for helpers in (1, 8):
        with Crowd("eventfd", 2 * helpers, [(epfd, EPOLLIN)]):
            counts.append(len(os.listdir("/proc/self/fd")))
            assert len(interest(epfd)) == 2 * helpers
    assert counts[0] == counts[1]
