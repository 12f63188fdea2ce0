"""The raw calls take the size of the mask: 8 bytes, not the C library's 128; without a mask it is ignored."""

from __future__ import annotations

from collections.abc import Callable
from errno import EINVAL
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.waiters import EPOLLS, Waiter, over

import pymux
from pymux import EpollEvents, PollFds, SigSet, Timespec

if TYPE_CHECKING:
    from conftest import Keep

Call = Callable[[int, "SigSet | None", int], int]

CALLS: dict[str, Call] = {
    "m037-pselect6": lambda _, mask, size: pymux.pselect6(
        0, None, None, None, Timespec(), mask, sigsetsize=size
    ),
    "m070-ppoll": lambda _, mask, size: pymux.ppoll(PollFds(), 0, Timespec(), mask, sigsetsize=size),
    "m122-epoll_pwait": lambda epfd, mask, size: pymux.epoll_pwait(
        epfd, EpollEvents(1), 1, 0, mask, sigsetsize=size
    ),
    "m122-epoll_pwait2": lambda epfd, mask, size: pymux.epoll_pwait2(
        epfd, EpollEvents(1), 1, Timespec(), mask, sigsetsize=size
    ),
}
calls = pytest.mark.parametrize(
    "call",
    [
        pytest.param(call, id=name, marks=pytest.mark.skipif(lacking, reason="ENOSYS here"))
        for name, call in CALLS.items()
        for lacking in [name.partition("-")[2] not in pymux.capabilities()]
    ],
)


@calls
def test_m037_m070_m122_eight_bytes_are_right(keep: Keep, call: Call) -> None:
    assert call(keep.epoll(), SigSet(), 8) == 0


@calls
@pytest.mark.parametrize("size", [0, 4, 16, 128])
def test_m037_m070_m122_any_other_size_is_einval(keep: Keep, call: Call, size: int) -> None:
    with fails_with(EINVAL):
        call(keep.epoll(), SigSet(), size)


@calls
@pytest.mark.parametrize("size", [0, 8, 128])
def test_m037_m070_m122_without_a_mask_the_size_is_ignored(keep: Keep, call: Call, size: int) -> None:
    assert call(keep.epoll(), None, size) == 0


@over(*(waiter for waiter in EPOLLS if waiter.masked and waiter.name.startswith("libc")))
def test_m122_the_c_library_passes_the_size_that_the_kernel_wants(waiter: Waiter) -> None:
    """Were it sizeof(sigset_t), as the page has it, this would be EINVAL."""
    assert waiter.wait({}, 0, SigSet()) == set()
