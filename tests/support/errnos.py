"""Expecting an errno."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import errorcode

import pytest


@contextmanager
def fails_with(number: int) -> Iterator[None]:
    """Expect an OSError with errno `number`."""
    with pytest.raises(OSError) as error:  # noqa: PT011 (the next line is narrower than any message)
        yield
    assert errorcode.get(error.value.errno or 0) == errorcode[number], error.value
