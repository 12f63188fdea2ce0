"""O_NONBLOCK on a descriptor changes neither what a call reports nor whether the call waits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.blocked import once_asleep
from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
@pytest.mark.parametrize("blocking", [True, False])
def test_m031_m068_the_answer_is_the_same(keep: Keep, waiter: Waiter, blocking: bool) -> None:
    reader, writer = keep.pipe()
    for fd in (reader, writer):
        os.set_blocking(fd, blocking)

    assert waiter.wait({reader: "r", writer: "w"}) == {(writer, "w")}
    with once_asleep(lambda: os.write(writer, b"x")):
        assert waiter.wait({reader: "r"}, None) == {(reader, "r")}
