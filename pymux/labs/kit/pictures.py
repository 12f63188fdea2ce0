"""The pictures of a lab as SVG: its plots and its timelines, drawn with matplotlib."""

from __future__ import annotations

from functools import singledispatch
from io import StringIO
from itertools import cycle
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from pymux.labs.kit.model import Plot, Timeline
from pymux.labs.kit.style import STYLE, colours, number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from pymux.labs.kit.model import Lane
    from pymux.labs.kit.runs import Run

_WIDTH, _HEIGHT, _LANE = 8.0, 4.5, 0.45  # inches
_MARKERS = "os^Dvp"  # lines differ by more than their colour


def svg(picture: Plot | Timeline) -> str:
    """Return the picture as an SVG document."""
    return as_svg(lambda: figure(picture))


def as_svg(draw: Callable[[], Figure]) -> str:
    """Return what is drawn as an SVG document."""
    with mpl.rc_context(STYLE):
        file = StringIO()
        draw().savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()


def write(ran: Run, folder: Path) -> None:
    """Write the pictures of an experiment into `folder`, named for it and numbered."""
    pictures = [result for result in ran.results if isinstance(result, (Plot, Timeline))]
    for place, picture in enumerate(pictures, 1):
        name = f"{ran.key}-{place}.svg"
        (folder / name).write_text(svg(picture), encoding="utf-8")


@singledispatch
def figure(picture: object) -> Figure:
    """Return the picture as a figure."""
    raise TypeError(f"no picture: {picture!r}")


@figure.register(Plot)
def _(plot: Plot) -> Figure:
    drawn = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    axes = drawn.subplots()
    for line, colour, marker in zip(plot.lines, colours([line.name for line in plot.lines]), cycle(_MARKERS)):
        points = zip(*line.points, strict=True)
        axes.plot(*points, color=colour, marker=marker, markersize=4, label=line.name)
    if plot.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(sorted({x for line in plot.lines for x, _ in line.points}))
        axes.xaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(number)
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    axes.set_title(plot.title, loc="left")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return drawn


@figure.register(Timeline)
def _(timeline: Timeline) -> Figure:
    lanes = timeline.lanes
    drawn = Figure(figsize=(_WIDTH, 1.6 + _LANE * len(lanes)), layout="constrained")
    axes = drawn.subplots()
    for row, (lane, colour) in enumerate(zip(lanes, colours([lane.name for lane in lanes]), strict=True)):
        _draw_bars(axes, row, lane, colour)
        places = [mark.at for mark in lane.marks]
        axes.plot(places, [row] * len(places), "o", color=colour, clip_on=False)
    axes.set_yticks(range(len(lanes)), [lane.name for lane in lanes])
    axes.set_ylim(len(lanes) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(timeline.x_label)
    axes.xaxis.set_major_formatter(number)
    axes.set_title(timeline.title, loc="left")
    axes.grid(axis="x", alpha=0.3)
    if timeline.ticks:
        axes.set_xticks(*zip(*timeline.ticks, strict=True), rotation=30, ha="right")
    return drawn


def _draw_bars(axes: Axes, row: int, lane: Lane, colour: str) -> None:
    for bar in lane.bars:
        length = bar.end - bar.start
        axes.barh(row, length, left=bar.start, height=0.6, color=colour, alpha=0.35, edgecolor="white")
        axes.annotate(bar.label, (bar.start + length / 2, row), ha="center", va="center", fontsize="small")
