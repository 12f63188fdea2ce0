"""The pictures of `pymux compare`, drawn again from the numbers that `make figures` keeps."""

from __future__ import annotations

import json
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

from pymux.compare.measure import Measurement
from pymux.labs.kit.pictures import as_svg
from pymux.report.compare import Result, figure

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = ("compare", "compare-million", "compare-active")


def draw_costs(measured: Path, folder: Path) -> None:
    """Draw each figure whose numbers are in `measured` as SVG into `folder`."""
    folder.mkdir(exist_ok=True)
    for name in FIGURES:
        result = kept_result(measured / f"{name}.json")
        (folder / f"{name}.svg").write_text(as_svg(partial(figure, result)), encoding="utf-8")


def kept_result(file: Path) -> Result:
    """Return what was measured, as far as a picture shows it."""
    content = json.loads(file.read_text(encoding="utf-8"))
    rows = content["measurements"]
    sweep = len({row["n"] for row in rows}) == 1
    return Result([_measurement(**row) for row in rows], content["machine"], sweep, content["notes"])


def _measurement(kind: str, n: int, active: int, call: str, **figures: Any) -> Measurement:
    # Of three samples these are the quartiles and the median, and no picture shows more of them.
    samples = array("q", (round(figures[name] * 1_000) for name in ("q1_us", "median_us", "q3_us")))
    return Measurement(kind, n, active, call, call.split()[0], samples)
