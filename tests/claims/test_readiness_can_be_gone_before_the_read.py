"""A descriptor reported as readable may have nothing to read: programs that mind use O_NONBLOCK."""

from __future__ import annotations

import os
from errno import EAGAIN
from typing import TYPE_CHECKING

from support.errnos import fails_with
from support.processes import in_child
from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
def test_m039_a_read_after_readiness_may_have_nothing(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.ready_pipe()
    os.set_blocking(reader, False)
    assert waiter.wait({reader: "r"}) == {(reader, "r")}

    in_child(lambda: os.read(reader, 1))  # another process to which it was reported

    with fails_with(EAGAIN):
        os.read(reader, 1)
