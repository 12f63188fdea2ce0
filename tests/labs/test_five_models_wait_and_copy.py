"""io-models: one message, received in five ways; in the last the process neither waits nor copies."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from pymux.labs.kit import Table
from pymux.labs.kit.async_read import PosixAio
from pymux.labs.kit.runs import Run

if TYPE_CHECKING:
    from conftest import Keep


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("io-models")
    assert (found["C23"], found["C24"]) == ("holds", "holds")
    assert found["C26"] in {"holds", "depends", "undecided"}  # io_uring, POSIX AIO, no library


def test_the_calls_of_each_model(run_lab: Callable[[str], list[Run]]) -> None:
    table = next(result for result in run_lab("io-models")[0].results if isinstance(result, Table))
    calls = {row[0]: row[3] for row in table.rows}
    asynchronous = calls.pop("asynchronous", 0)
    assert asynchronous == 0
    assert calls == {"blocking": 1, "non-blocking": 101, "multiplexed": 2, "signal-driven": 1}


def test_posix_aio_stands_in_where_io_uring_is_refused(keep: Keep) -> None:
    reader, writer = keep.pipe()
    reading = PosixAio(reader, 99)
    assert not reading.is_done()
    os.write(writer, b"message")
    while not reading.is_done():
        os.sched_yield()
    assert reading.result() == len(b"message")
