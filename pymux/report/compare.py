"""What `pymux compare` shows and keeps: tables, one picture, CSV and JSON."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median
from textwrap import fill
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table as RichTable

from pymux.compare.against import FORMAT
from pymux.compare.measure import slope_ns
from pymux.labs.kit.model import Table
from pymux.labs.kit.style import colours, number
from pymux.labs.kit.text import cell

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pymux.compare.against import Other
    from pymux.compare.measure import Measurement, OverFew

# M. Kerrisk, The Linux Programming Interface, table 63-9: seconds for 100,000 calls, on a Linux 2.6.25 PC
# of its time. The times are history; the shape is what to compare.
TLPI_SECONDS = {
    "poll": {10: 0.61, 100: 2.9, 1_000: 35, 10_000: 990},
    "select": {10: 0.73, 100: 3.0, 1_000: 35, 10_000: 930},
    "epoll": {10: 0.41, 100: 0.42, 1_000: 0.53, 10_000: 0.66},
}
_TLPI_CALLS = 100_000
TLPI_US = {
    label: {n: seconds * 1e6 / _TLPI_CALLS for n, seconds in times.items()}
    for label, times in TLPI_SECONDS.items()
}
_MARKERS = "osD^vP"

_TITLE_LETTERS = 45  # that a line of the picture's title has room for above each panel


def _over_few(over: OverFew | None) -> dict[str, int | float | None]:
    n, ratio = over or (None, (None, None, None))
    return {"few_n": n} | dict(zip(("over_few", "over_few_low", "over_few_high"), ratio, strict=True))


@dataclass
class Result:
    """Everything one run measured, and what it was measured on."""

    measurements: list[Measurement]
    machine: dict[str, str | int]
    sweep: bool  # whether the share of ready descriptors was varied, and not N
    notes: list[str]  # what could not be done
    noise: list[str] = field(default_factory=list)  # what disturbed it
    other: Other | None = None  # another machine's result of the same work

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat row a measurement."""
        return [
            {
                "kind": each.kind,
                "n": each.n,
                "active": each.active,
                "call": each.label,
                "median_us": round(each.kernel_us, 4),
                "q1_us": round(each.quartiles_us[0], 4),
                "q3_us": round(each.quartiles_us[1], 4),
                "python_adds_us": round(each.python_adds_us, 4),
                "samples": len(each.kernel_ns),
                "add_us": each.add_us,
                "kernel_kib": each.kernel_kib,
                **_over_few(each.over_few),
            }
            for each in self.measurements
        ]

    def slopes(self) -> list[dict[str, Any]]:
        """Return the slope over N of each kind and call, in nanoseconds per watched descriptor."""
        return [
            {"kind": kind, "call": label, "slope_ns": slope}
            for kind, measured in self.by_kind()
            for label, points in _lines(measured, self.sweep).items()
            if not self.sweep and (slope := slope_ns(points)) is not None
        ]

    def by_kind(self) -> list[tuple[str, list[Measurement]]]:
        """Return the measurements of each kind, in the order of measuring."""
        return [(kind, list(group)) for kind, group in groupby(self.measurements, lambda each: each.kind)]

    def as_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "format": FORMAT,
            "machine": self.machine,
            "notes": self.notes,
            "noise": self.noise,
            "measurements": [
                {**row, "rounds_us": [round(us, 4) for us in each.rounds_us]}
                for row, each in zip(self.rows(), self.measurements, strict=True)
            ],
            "slopes": self.slopes(),
            "tlpi_table_63_9_us": TLPI_US,
            "against": self._against(),
        }

    def _against(self) -> dict[str, Any] | None:
        """Return the ratios to the other result, None without one."""
        if self.other is None:
            return None
        ratios = self.other.ratios(self.measurements)
        return {
            "name": self.other.name,
            "machine": self.other.machine,
            "ratios": [
                {
                    **each.work._asdict(),
                    "ratio": round(each.ratio, 4),
                    "low": round(each.low, 4),
                    "high": round(each.high, 4),
                }
                for each in ratios
            ],
        }


def tables(result: Result) -> list[Table]:
    """Return a table for each kind, and one of the slopes."""
    shown = [_measured_table(kind, measured, result.sweep) for kind, measured in result.by_kind()]
    if result.slopes():
        shown.append(_slope_table(result))
    if not result.sweep:
        shown.append(_registration_table(result))
    return [*shown, *_against_tables(result, result.other)] if result.other else shown


def _against_tables(result: Result, other: Other) -> list[Table]:
    """Return the ratios for each kind, and what differs between the machines."""
    columns = ("ready" if result.sweep else "N", "call", "here", "there", "here : there", "95 % interval")
    shown = []
    for kind, ratios in groupby(other.ratios(result.measurements), lambda each: each.work.kind):
        rows = tuple(
            (
                each.work.active if result.sweep else each.work.n,
                each.work.call,
                _us(each.here_us),
                _us(each.there_us),
                f"{each.ratio:.2f}",
                f"{each.low:.2f} to {each.high:.2f}",
            )
            for each in ratios
        )
        shown.append(Table(f"{kind}: µs here, and there ({other.name})", columns, rows))
    calls = [*dict.fromkeys(each.label for each in result.measurements)]
    if different := other.differences(result.machine, calls):
        shown.append(Table("What differs", ("", "here", "there"), tuple(different)))
    return shown


def _measured_table(kind: str, measured: list[Measurement], sweep: bool) -> Table:
    columns = ("ready" if sweep else "N", "call", "median", "middle half", "Python adds", "TLPI 63-9")
    rows = []
    for each in measured:
        low, high = each.quartiles_us
        published = TLPI_US.get(each.family, {}).get(each.n) if each.active == 1 else None
        rows.append(
            (
                each.active if sweep else each.n,
                each.label,
                _us(each.kernel_us),
                f"{_us(low)} to {_us(high)}",
                _python_adds(each),
                _us(published) if published else "",
            )
        )
    return Table(f"{kind}: µs for one call", columns, tuple(rows))


def _registration_table(result: Result) -> Table:
    rows = tuple(
        (each.kind, each.n, _us(each.add_us), "" if each.kernel_kib is None else f"{each.kernel_kib:.1f}")
        for each in result.measurements
        if each.add_us is not None and each.family == "epoll"
    )
    columns = ("kind", "N", "µs for one ADD more", "KiB (SUnreclaim) each")
    return Table("A registration with epoll", columns, rows)


def _slope_table(result: Result) -> Table:
    labels = tuple(dict.fromkeys(each.label for each in result.measurements))
    found: dict[str, dict[str, float]] = {}
    for row in result.slopes():
        found.setdefault(row["kind"], {})[row["call"]] = row["slope_ns"]
    published = {family: slope_ns([*us.items()]) for family, us in TLPI_US.items()}
    found["TLPI 63-9"] = {
        each.label: slope for each in result.measurements if (slope := published.get(each.family))
    }
    rows = (
        (
            kind,
            *(f"{round(slopes[label], 1) + 0.0:,.1f}" if label in slopes else "" for label in labels),
        )
        for kind, slopes in found.items()
    )
    return Table("ns for each descriptor more (slope)", ("kind", *labels), tuple(rows))


def rendered(table: Table) -> RichTable:
    """Return a table as the terminal shows it: numbers to the right, a line after the calls of one N."""
    shown = RichTable(
        title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for column in table.columns:
        shown.add_column(column, justify="left" if column in ("call", "kind") else "right")
    for place, row in enumerate(table.rows, 1):
        following = table.rows[place : place + 1]
        ends = table.columns[1] == "call" and any(row[0] != next_row[0] for next_row in following)
        shown.add_row(*map(cell, row), end_section=ends)
    return shown


def _python_adds(each: Measurement) -> str:
    """The difference of two medians; a word where the rounds do not agree on its sign."""
    low, high = each.python_adds_quartiles_us
    return "noise" if low <= 0 <= high else _us(each.python_adds_us)


def _us(us: float) -> str:
    return f"{us:,.2f}" if abs(us) < 100 else f"{us:,.0f}"


def figure(result: Result) -> Figure:
    """Return the picture: a panel for each kind, a line for each call."""
    # Only now: numpy, which comes with it, starts threads, and they would slow down what is measured.
    from matplotlib.figure import Figure

    kinds = result.by_kind()
    drawing = Figure(figsize=(1.2 + 4.2 * len(kinds), 4.6), layout="constrained")
    panels = drawing.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    for axes, (kind, measured) in zip(panels, kinds, strict=True):
        _panel(axes, measured, result.sweep)
        if result.other:
            _panel_of_other(axes, result.other, measured, result.sweep)
        axes.set_title(kind, loc="left")
    panels[0].set_ylabel("µs for one call (median, middle half shaded)")
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=3 if len(kinds) == 1 else len(labels),
        frameon=False,
    )
    title = fill(_title(result), _TITLE_LETTERS * len(kinds))
    drawing.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return drawing


def _title(result: Result) -> str:
    first = result.measurements[0]
    if result.sweep:
        return f"One call over {first.n:,} descriptors, a growing share of them ready"
    actives = {each.active for each in result.measurements}
    ready = f"{first.active:,} of them ready" if len(actives) == 1 else "the same share of them ready"
    return f"One call over N descriptors, {ready}"


def _panel_of_other(axes: Axes, other: Other, measured: list[Measurement], sweep: bool) -> None:
    """Draw the other machine's lines, dashed, in the colours of the same calls."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for work, us in other.rounds_us.items():
        if work.kind == measured[0].kind:
            x = 100 * work.active / work.n if sweep else work.n
            lines.setdefault(work.call, []).append((x, median(us)))
    for i, (points, colour) in enumerate(zip(lines.values(), colours([*lines]), strict=True)):
        name = "there (dashed)" if i == 0 else "_"  # one entry in the legend for all
        axes.plot(*zip(*points, strict=True), color=colour, linestyle="--", linewidth=1.5, label=name)


def _panel(axes: Axes, measured: list[Measurement], sweep: bool) -> None:
    lines = _lines(measured, sweep)
    for i, ((label, points), colour) in enumerate(zip(lines.items(), colours([*lines]), strict=True)):
        quartiles = [each.quartiles_us for each in measured if each.label == label]
        xs, ys = zip(*points, strict=True)
        lows, highs = zip(*quartiles, strict=True)
        # The first line is the widest, so that one which coincides with it does not hide it.
        width = 4 if i == 0 else 1.5
        axes.plot(xs, ys, color=colour, marker=_MARKERS[i], markersize=5, linewidth=width, label=label)
        axes.fill_between(xs, lows, highs, color=colour, alpha=0.2, linewidth=0)
    if sweep:
        axes.set_xlabel("ready descriptors, %")
    else:
        for i, times in enumerate(TLPI_US.values()):
            name = "TLPI table 63-9" if i == 0 else "_"  # one entry in the legend for its three lines
            axes.plot([*times], [*times.values()], color="0.6", linestyle=":", linewidth=1, label=name)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("watched descriptors, N")
        _mark_limit(axes, measured)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(number)
    axes.grid(visible=True, which="major", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def _mark_limit(axes: Axes, measured: list[Measurement]) -> None:
    """Show where all but epoll end, because one process can open no more descriptors."""
    most = max((each.n for each in measured if each.family == "select"), default=0)
    if 0 < most < max(each.n for each in measured):
        axes.axvline(most, color="0.6", linewidth=1)
        words = " the limit of\n one process\n (RLIMIT_NOFILE)"
        axes.annotate(words, (most, 1), xycoords=("data", "axes fraction"), va="top", fontsize="small")


def _lines(measured: list[Measurement], sweep: bool) -> dict[str, list[tuple[float, float]]]:
    """Return (x, µs) points for each call: x is N, or the share of ready descriptors in per cent."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for each in measured:
        x = 100 * each.active / each.n if sweep else each.n
        lines.setdefault(each.label, []).append((x, each.kernel_us))
    return lines


def write(result: Result, directory: Path, name: str) -> list[Path]:
    """Write CSV, JSON, PNG and SVG as `directory`/`name`.*; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / f"{name}.{ending}" for ending in ("csv", "json", "png", "svg")]
    table, data, *pictures = paths
    with table.open("w", newline="", encoding="utf-8") as file:
        file.writelines(f"# {key}: {value}\n" for key, value in result.machine.items())
        file.writelines(f"# note: {note}\n" for note in result.notes)
        writer = csv.DictWriter(file, fieldnames=list(result.rows()[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(result.rows())
    data.write_text(json.dumps(result.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    drawing = figure(result)
    for picture in pictures:
        drawing.savefig(picture, dpi=160)
    return paths
