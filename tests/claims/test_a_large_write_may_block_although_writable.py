"""Writable means that some write would not block, not that every one would not."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from support.blocked import helper, task, until_asleep
from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep

F_GETPIPE_SZ = 1032  # linux/fcntl.h


@over_all
def test_m009_a_large_write_to_a_writable_pipe_blocks(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()
    more_than_fits = b"x" * (fcntl.fcntl(writer, F_GETPIPE_SZ) + 1)
    assert waiter.wait({writer: "w"}) == {(writer, "w")}

    with helper() as pool:
        writing_thread = pool.submit(task).result()
        written = pool.submit(os.write, writer, more_than_fits)
        until_asleep(writing_thread, inside="pipe_write")
        assert not written.done()
        os.read(reader, len(more_than_fits))

        assert written.result() == len(more_than_fits)
