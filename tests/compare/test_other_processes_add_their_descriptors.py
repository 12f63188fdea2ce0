"""Helper processes add exactly as many descriptors as asked to an epoll, and take them away when they end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pymux import EPOLLIN, epoll_create1, interest
from pymux.compare import helpers
from pymux.compare.descriptors import KINDS
from pymux.compare.helpers import Helpers, bounds

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from conftest import Keep


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_as_asked(kind: str, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "per_process", lambda: 100)
    epfd = keep(epoll_create1(0))
    with Helpers(kind, 250, [(epfd, EPOLLIN)]):
        found = interest(epfd)
        assert len(found) == 250
        assert {each.events & EPOLLIN for each in found} == {EPOLLIN}
    assert interest(epfd) == []


def test_the_memory_of_few_is_not_quoted(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    epfd = keep(epoll_create1(0))
    with Helpers("eventfd", 250, [(epfd, EPOLLIN)]) as few:
        assert few.kib is None
    monkeypatch.setattr(helpers, "_ENOUGH", 250)
    with Helpers("eventfd", 250, [(epfd, EPOLLIN)]) as enough:
        assert isinstance(enough.kib, float)


def test_what_a_helper_cannot_do_is_said_and_no_process_stays(keep: Keep) -> None:
    no_epoll = keep(os.eventfd(0))
    with pytest.raises(OSError, match="could not hold 10 descriptors"):
        Helpers("eventfd", 10, [(no_epoll, EPOLLIN)]).__enter__()


LEAVE = """
import os
from pymux import EPOLLIN, epoll_create1, interest
from pymux.compare.helpers import Helpers
epfd = epoll_create1(0)
helpers = Helpers("eventfd", 10, [(epfd, EPOLLIN)]).__enter__()
print(len(interest(epfd)), flush=True)
os._exit(0)
"""


def test_a_helper_ends_with_the_process_that_started_it(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = python(LEAVE)  # it returns when no process holds its output open
    assert done.stdout == "10\n"


def test_the_bounds_of_the_system_are_named() -> None:
    of_one_end, of_two = bounds(["eventfd"]), bounds(["eventfd", "tcp"])
    assert {"memory", "fs.file-max", "fs.epoll.max_user_watches"} <= of_two.keys()
    assert of_one_end["fs.file-max"] // 2 == of_two["fs.file-max"]


AS_ANOTHER_USER = """
import os, resource
from pymux.compare.helpers import bounds, per_process
os.setuid(54321)  # of which this is the only process
resource.setrlimit(resource.RLIMIT_NPROC, (5, 5))
print(bounds(["eventfd"])["RLIMIT_NPROC"] / per_process(), bounds(["pipe"])["RLIMIT_NPROC"] / per_process())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become another user")
def test_the_limit_of_processes_is_a_bound(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = python(AS_ANOTHER_USER)
    assert done.stdout == "5.0 3.0\n", done.stderr


def test_helpers_cost_their_parent_no_descriptors(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "per_process", lambda: 2)
    epfd = keep(epoll_create1(0))
    counts = []
    for processes in (1, 8):
        with Helpers("eventfd", 2 * processes, [(epfd, EPOLLIN)]):
            counts.append(len(os.listdir("/proc/self/fd")))
            assert len(interest(epfd)) == 2 * processes
    assert counts[0] == counts[1]
