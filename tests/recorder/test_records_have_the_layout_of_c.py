"""Python reads records and pieces of the size, and calls of the number, that C gave them."""

from __future__ import annotations

from pymux._ffi import ffi, lib
from pymux.recorder import calls, records


def test_sizes() -> None:
    assert records._HEAD.size == ffi.sizeof("struct pymux_record")
    assert records._PIECE.size == ffi.sizeof("struct pymux_piece")


def test_every_call_has_a_name() -> None:
    assert sorted(calls.NAMES) == list(range(lib.PYMUX_CALLS))
