"""A size is the number that an int subclass or a small foreign integer stands for, whatever it overrides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pymux import EpollEvents, FdSet, PollFds, sampling


class Bent(int):
    """An int whose arithmetic lies."""

    def __mul__(self, other: object) -> int:
        return 12

    __rmul__ = __mul__


def test_a_lying_int() -> None:
    assert EpollEvents(Bent(1000)).memory.nbytes >= 12 * 1000
    assert FdSet(Bent(6400)).memory.nbytes == 800
    assert len(sampling.poll(PollFds(), 0, 0, repeat=Bent(1000))) == 1000


def test_a_small_foreign_integer() -> None:
    int16: Any = np.int16(8200)
    int8: Any = np.int8(20)
    assert len(sampling.poll(PollFds(), 0, 0, repeat=int16)) == 8200
    assert len(EpollEvents(100).ready(int8)) == 20
    with pytest.raises(ValueError, match="not within"):
        EpollEvents(100).ready(Bent(101))
