"""The picture of compare shows its whole title, also above a single panel."""

from __future__ import annotations

from array import array
from io import BytesIO

import pytest

from pymux.compare.measure import Measurement
from pymux.report.compare import Result, figure


@pytest.mark.parametrize("sweep", [True, False])
@pytest.mark.parametrize("kinds", [("tcp",), ("pipe", "tcp")])
def test_it_ends_before_the_edge(kinds: tuple[str, ...], sweep: bool) -> None:
    measured = [
        Measurement(kind, n, n // 2, "epoll", "epoll", array("q", [300] * 4), [0.0])
        for kind in kinds
        for n in ((10_000,) if sweep else (1_000, 10_000))
    ]
    drawing = figure(Result(measured, {}, sweep, []))
    drawing.savefig(BytesIO(), format="png")
    (title,) = [text for text in drawing.texts if "One call" in text.get_text()]
    assert title.get_window_extent().x1 < drawing.bbox.x1
