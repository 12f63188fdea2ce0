"""End of file counts as readable: a read would not block."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
def test_m007_end_of_file_is_readable(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()
    assert waiter.wait({reader: "r"}) == set()

    os.close(writer)

    assert waiter.wait({reader: "r"}) == {(reader, "r")}
    assert os.read(reader, 1) == b""
