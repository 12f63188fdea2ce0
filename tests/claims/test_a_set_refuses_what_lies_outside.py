"""A descriptor outside a set is refused; nothing is written past its end, as the C macro would."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pymux import FD_SETSIZE, FdSet


@pytest.mark.parametrize("fd", [FD_SETSIZE, FD_SETSIZE + 1, -1])
@pytest.mark.parametrize("operation", [FdSet.add, FdSet.discard, FdSet.__contains__])
def test_m001_an_fd_set_ends_at_fd_setsize(operation: Callable[[FdSet, int], object], fd: int) -> None:
    fds = FdSet()

    with pytest.raises(ValueError, match="outside"):
        operation(fds, fd)

    assert bytes(fds.memory) == bytes(FD_SETSIZE // 8)
