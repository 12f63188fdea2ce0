"""What `pymux c10k` found: a table, a picture, files."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pymux.labs.kit.style import colours, number
from pymux.report.load import percentiles_ms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from pymux.servers.trial import Trial

# The columns of the table, and what they show.
_HEADS = {
    "held": "held",
    "echoes\n/s": "echoes_per_s",
    "p50\nms": "p50_ms",
    "p99\nms": "p99_ms",
    "memory\nMiB": "memory_mib",
    "KiB per\nconn.": "memory_per_connection_kib",
    "threads": "threads",
    "switches\n/echo": "switches_per_echo",
    "calls\n/echo": "calls_per_echo",
}
LEGEND = (
    "memory: PSS of all the server's processes; per connection: what each added. switches: voluntary. calls: "
    "accept, recv, send, waits and epoll_ctl over the whole life of the connections, counted in a second "
    "run by pymux's recorder and by sockets that count; - where not every call can be seen."
)
_MANY = 1_000  # connections from which on their share of the memory stands out from everything else
_NARROWEST = 0.1  # of an axis: within less, every bar is labelled 0.00
_PANELS = {
    "held": "connections held",
    "echoes_per_s": "echoes per second",
    "p99_ms": "latency p99, ms",
    "memory_mib": "memory (PSS), MiB",
    "switches_per_echo": "context switches per echo",
    "calls_per_echo": "system calls per echo",
}


def row(trial: Trial) -> dict[str, Any]:
    """Return the numbers of one model, with their units in their names."""
    outcome, exchange = trial.outcome, trial.exchange
    latency = percentiles_ms(outcome.latencies_ns)
    held_kib = trial.held.pss_kib - trial.empty.pss_kib
    return {
        "model": trial.model,
        "wanted": trial.wanted,
        "held": outcome.answered,
        "echoes": outcome.echoes,
        "echoes_per_s": outcome.echoes / outcome.exchange_s if outcome.exchange_s else 0.0,
        "p50_ms": latency["p50"],
        "p99_ms": latency["p99"],
        "max_ms": latency["max"],
        "memory_mib": trial.held.pss_kib / 1024,
        "memory_per_connection_kib": held_kib / outcome.answered if outcome.answered >= _MANY else None,
        "processes": trial.held.processes,
        "threads": trial.held.threads,
        "switches_per_echo": exchange.switches / outcome.echoes if outcome.echoes else None,
        "preemptions": exchange.preemptions,
        "calls_per_echo": sum(trial.calls_per_echo.values()) if trial.calls_per_echo else None,
        "server_cpu_s": exchange.cpu_s,
        "reason": trial.reason,
    }


def table(trials: Sequence[Trial]) -> Table:
    """Return one line per model, within 80 columns."""
    shown = Table(title="Connections held at once", title_justify="left", box=SIMPLE_HEAD, padding=0)
    shown.add_column("model")
    for head in _HEADS:
        shown.add_column(head, justify="right", no_wrap=True)
    for trial in trials:
        found = row(trial)
        shown.add_row(found["model"], *(_short(found[name]) for name in _HEADS.values()))
    return shown


def reasons(trials: Sequence[Trial]) -> list[str]:
    """Return, for each model that did not hold all, how many it held and why not more."""
    return [
        f"{trial.model} held {trial.outcome.answered:,} of {trial.wanted:,}: {trial.reason}"
        for trial in trials
        if trial.reason
    ]


def figure(trials: Sequence[Trial]) -> Figure:
    """Return six bar charts over the models: held, rate, latency, memory, context switches, system calls."""
    from matplotlib.figure import Figure  # starts a thread: see pymux.report.compare.figure
    from matplotlib.ticker import MaxNLocator

    rows = [row(trial) for trial in trials]
    names = [found["model"] for found in rows]
    made = Figure(figsize=(12, 1.6 + 0.56 * len(rows)), layout="constrained")
    panels = made.subplots(2, 3, sharey=True).flat
    for axes, (key, title) in zip(panels, _PANELS.items(), strict=True):
        values = [found[key] for found in rows]
        bars = axes.barh(names, [value or 0 for value in values], color=colours(names))
        axes.bar_label(bars, [_short(value) for value in values], padding=3, fontsize=8)
        axes.margins(x=0.3, y=0.01)
        axes.set_xlim(0, max(axes.get_xlim()[1], _NARROWEST))
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.xaxis.set_major_formatter(number)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    made.axes[0].invert_yaxis()
    wanted = max((found["wanted"] for found in rows), default=0)
    made.suptitle(f"{wanted:,} connections to one echo server per model, all on this machine", fontsize=11)
    return made


def write(folder: Path, name: str, trials: Sequence[Trial], found: dict[str, Any]) -> list[Path]:
    """Write NAME.csv, .json, .png and .svg; return their paths."""
    paths = [folder / f"{name}.{ending}" for ending in ("csv", "json", "png", "svg")]
    table, data, *pictures = paths
    data.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    rows = [row(trial) for trial in trials]
    with table.open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, fieldnames=list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    drawing = figure(trials)
    for picture in pictures:
        drawing.savefig(picture, dpi=150)
    return paths


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if isinstance(value, int) or value >= 10 else f"{value:,.2f}"
