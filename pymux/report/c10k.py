"""What `pymux c10k` found: a table, a picture, files."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pymux.report.load import percentiles_ms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from pymux.servers.trial import Trial

_MANY = 1_000  # connections from which on their share of the memory stands out from everything else
_COLORS = {"held": "#4477aa", "rate": "#228833", "latency": "#ccbb44", "memory": "#aa3377"}


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
        "server_cpu_s": exchange.cpu_s,
        "reason": trial.reason,
    }


def table(trials: Sequence[Trial]) -> Table:
    """Return one line per model."""
    heads = (
        "model",
        "held",
        "echoes/s",
        "p50 ms",
        "p99 ms",
        "MiB",
        "KiB each",
        "threads",
        "switches/echo",
    )
    shown = Table(*heads, title="Connections held together, 3 messages each", title_justify="left")
    for trial in trials:
        found = row(trial)
        shown.add_row(
            found["model"],
            f"{found['held']:,}",
            f"{found['echoes_per_s']:,.0f}",
            _short(found["p50_ms"]),
            _short(found["p99_ms"]),
            _short(found["memory_mib"]),
            _short(found["memory_per_connection_kib"]),
            f"{found['threads']:,}",
            _short(found["switches_per_echo"]),
        )
    return shown


def reasons(trials: Sequence[Trial]) -> list[str]:
    """Return, for each model that did not hold all, why."""
    return [f"{trial.model}: {trial.reason}" for trial in trials if trial.reason]


def figure(trials: Sequence[Trial]) -> Figure:
    """Return four bar charts over the models: held, rate, latency, memory."""
    from matplotlib.figure import Figure  # starts a thread: see pymux.report.compare.figure

    rows = [row(trial) for trial in trials]
    names = [found["model"] for found in rows]
    made = Figure(figsize=(13, 1.6 + 0.32 * len(rows)), layout="constrained")
    panels = (
        ("held", "connections held", "held"),
        ("echoes_per_s", "echoes per second", "rate"),
        ("p99_ms", "latency p99, ms", "latency"),
        ("memory_mib", "memory (PSS), MiB", "memory"),
    )
    for axes, (key, title, color) in zip(made.subplots(1, len(panels), sharey=True), panels, strict=True):
        values = [found[key] or 0 for found in rows]
        bars = axes.barh(names, values, color=_COLORS[color])
        axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=8)
        axes.margins(x=0.25, y=0.01)
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    made.axes[0].invert_yaxis()
    wanted = max((found["wanted"] for found in rows), default=0)
    made.suptitle(f"{wanted:,} connections to one echo server per model, all on this machine", fontsize=11)
    return made


def write(folder: Path, trials: Sequence[Trial], found: dict[str, Any]) -> None:
    """Write c10k.json, c10k.csv, c10k.png and c10k.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "c10k.json").write_text(json.dumps(found, indent=2) + "\n")
    rows = [row(trial) for trial in trials]
    with (folder / "c10k.csv").open("w", newline="") as file:
        lines = csv.DictWriter(file, fieldnames=list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    picture = figure(trials)
    for kind in ("png", "svg"):
        picture.savefig(folder / f"c10k.{kind}", dpi=150)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
