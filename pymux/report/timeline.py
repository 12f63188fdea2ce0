"""The timeline of a trace: a lane for each thread, in which a wait is as long as it blocked, and one for
each descriptor: watched from when to when, and for what; became ready, was reported, was closed.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pymux.raw.flags import EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLWAKEUP, EpollFlags, names
from pymux.recorder.history import BLOCKED_NS, histories
from pymux.report.duration import duration, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from pymux.recorder.history import History, Moment, Watch
    from pymux.recorder.records import Record

_WAIT, _CALL = "#4c78a8", "#9a9a9a"
_LEVEL, _EDGE, _ONE_SHOT = "#bcd9ee", "#f6cf9f", "#d3c4e8"
_INK, _FAINT = "#222222", "#d9d9d9"
_STYLES = {  # marker, colour, size
    "added": (">", "#444444", 6),
    "modified": ("D", "#444444", 5),
    "deleted": ("<", "#444444", 6),
    "ready": ("v", "#e0a000", 8),
    "reported": ("o", "#2a8f4f", 8),
    "closed": ("X", "#c0392b", 8),
}
_WORDS = {
    "added": "added",
    "modified": "modified",
    "deleted": "deleted",
    "ready": "became ready, as far as known",
    "reported": "reported",
    "closed": "closed",
}
_HOW = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP
_WIDTH_INCHES, _LANE_INCHES, _FRAME_INCHES = 12.0, 0.5, 1.7
_LETTER = 0.0062  # of the width of the axes


def draw(
    records: Sequence[Record], path: Path | StringIO, closed: Iterable[tuple[int, int]] = (), title: str = ""
) -> None:
    """Draw the timeline of `records` to `path`, as SVG or what its name ends in; to a text file as SVG.

    `closed` has (fd, ns) of descriptors that were seen to be closed: the calls alone do not show it.
    """
    # Making an epoll touches no lane, and is often long before the rest: the time begins after it.
    records = [record for record in records if not record.call.startswith("epoll_create")]
    known = histories(records, closed)
    threads = sorted({record.thread for record in records})
    lanes = len(threads) + len(known)
    figure = Figure(
        figsize=(_WIDTH_INCHES, _FRAME_INCHES + _LANE_INCHES * max(lanes, 1)), layout="constrained"
    )
    axes = figure.subplots()
    canvas = _Canvas(axes, records)
    for lane, thread in enumerate(threads):
        canvas.thread(lane, [record for record in records if record.thread == thread])
    for lane, history in enumerate(known.values(), len(threads)):
        canvas.descriptor(lane, history)
    labels = [*(f"thread {thread}" for thread in threads), *(f"fd {fd}" for fd in known)]
    _frame(axes, labels, len(threads), title)
    if isinstance(path, StringIO):
        figure.savefig(path, format="svg", metadata={"Date": None})
    else:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


class _Canvas:
    """Places times on the axes, and labels where there is room for them."""

    def __init__(self, axes: Axes, records: Sequence[Record]) -> None:
        self.axes = axes
        self.first_ns = min((record.start_ns for record in records), default=0)
        last_ns = max((record.end_ns for record in records), default=1)
        self.unit_ns, self.unit = unit(last_ns - self.first_ns)
        self.span = max(self.at(last_ns), 1e-9)
        axes.set_xlim(-0.02 * self.span, 1.04 * self.span)
        axes.set_xlabel(f"time in {self.unit} since the first call", color=_INK)

    def at(self, ns: int) -> float:
        return (ns - self.first_ns) / self.unit_ns

    def thread(self, lane: int, records: Sequence[Record]) -> None:
        for record in records:
            start, end = self.at(record.start_ns), self.at(record.end_ns)
            width = max(end - start, 0.002 * self.span)  # a call of no width would not be seen
            color = _WAIT if record.waits else _CALL
            self.axes.barh(lane, width, left=start, height=0.46, color=color, zorder=3)
            if record.waits and record.elapsed_ns > BLOCKED_NS:
                self._inside(
                    lane, start, width, [f"{_call(record)}   {duration(record.elapsed_ns)}", record.call]
                )

    def descriptor(self, lane: int, history: History) -> None:
        for watch in history.watches:
            self._watch(lane, watch)
        for moment in history.moments:
            if moment.what in _STYLES:
                self._mark(lane, moment)
        self._name_events(lane, [moment for moment in history.moments if moment.what in _STYLES])

    def _watch(self, lane: int, watch: Watch) -> None:
        start, end = self.at(watch.start_ns), self.at(watch.end_ns)
        width = max(end - start, 0.002 * self.span)
        self.axes.barh(lane, width, left=start, height=0.62, color=_color(watch), zorder=2)
        if watch.by.startswith("epoll"):
            self._inside(lane, start, width, [f"{watch.by}: {_short(watch.events)}"], low=True)

    def _mark(self, lane: int, moment: Moment) -> None:
        marker, color, size = _STYLES[moment.what]
        height = {"ready": 0.36, "reported": 0.12, "closed": 0.12}.get(moment.what, 0.0)
        self.axes.plot(
            self.at(moment.at_ns),
            lane - height,
            marker,
            color=color,
            markersize=size,
            zorder=5,
            markeredgecolor="white",
            clip_on=False,
        )

    def _name_events(self, lane: int, moments: list[Moment]) -> None:
        """Write its events beside each report, where the next mark leaves room."""
        ends = [*(self.at(moment.at_ns) for moment in moments), 2 * self.span][1:]
        for moment, end in zip(moments, ends, strict=True):
            if moment.what != "reported":
                continue
            text, at = _short(moment.events), self.at(moment.at_ns) + 0.007 * self.span
            if at + len(text) * _LETTER * self.span < end:
                self.axes.text(at, lane - 0.12, text, fontsize=8, color=_INK, va="center", zorder=6)

    def _inside(self, lane: int, start: float, width: float, texts: list[str], low: bool = False) -> None:
        """Write the first of `texts` that fits, if one does."""
        for text in texts:
            if len(text) * _LETTER * self.span < width:
                if low:
                    at, color, va, ha = start + 0.008 * self.span, "#555555", "bottom", "left"
                else:
                    at, color, va, ha = start + width / 2, "white", "center", "center"
                y = lane + 0.29 if low else lane
                self.axes.text(at, y, text, zorder=4, fontsize=7.5, color=color, va=va, ha=ha)
                return


def _frame(axes: Axes, labels: list[str], threads: int, title: str) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="both", length=0, colors=_INK)
    axes.grid(axis="x", color=_FAINT, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    if 0 < threads < len(labels):
        axes.axhline(threads - 0.5, color=_FAINT, linewidth=1)
    if title:
        axes.set_title(title, loc="left", fontsize=12, color=_INK)
    patches = [
        Patch(color=_WAIT, label="wait, its length the time in the kernel"),
        Patch(color=_CALL, label="other call"),
        Patch(color=_LEVEL, label="watched, level"),
        Patch(color=_EDGE, label="watched, edge"),
        Patch(color=_ONE_SHOT, label="watched, one shot"),
    ]
    marks = [
        Line2D([], [], marker=marker, color=color, markersize=size, linestyle="", label=_WORDS[what])
        for what, (marker, color, size) in _STYLES.items()
    ]
    axes.figure.legend(
        handles=[*patches, *marks], loc="outside lower center", ncols=6, frameon=False, fontsize=8
    )


def _color(watch: Watch) -> str:
    if watch.by.startswith("epoll") and watch.events & EPOLLONESHOT:
        return _ONE_SHOT
    return _EDGE if watch.by.startswith("epoll") and watch.events & EPOLLET else _LEVEL


def _short(events: int) -> str:
    """IN|OUT|ET: on a picture the prefix is noise."""
    return names(EpollFlags, events).replace("EPOLL", "")


def _call(record: Record) -> str:
    return f"{record.call} = {record.result if record.result >= 0 else 'error'}"
