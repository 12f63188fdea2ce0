"""Every model: a message larger than any buffer, written in parts, comes back byte for byte, then the end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

SIZE = 10_000_000


@pytest.mark.parametrize("model", MODELS)
def test_ten_megabytes(model: str, start: Any, opened: ExitStack, exchange: Any) -> None:
    server = start(model)
    connection = opened.enter_context(server.connect())
    message = bytes(i * 31 % 256 for i in range(251)) * (SIZE // 251)
    assert exchange(connection, message) == message
    counts = server.end(signal.SIGTERM)
    assert counts["received"] == counts["sent"] == len(message)
