"""From the measurements, kept as JSON, the page docs/published.md and its pictures."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib import style
from matplotlib.figure import Figure

from published.theirs import LIBEVENT_RATES, MAJKOWSKI, PITCHFORK, READY_NS
from pymux.labs.kit.style import STYLE, colours, number
from pymux.report.compare import TLPI_US

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOPS = ("C", "pymux", "uvloop", "asyncio")
_SHOWN = 6  # workers in the table of shares
_TIMES = "\N{MULTIPLICATION SIGN}"
_BUSIEST = 4  # as many as there are clients


def write(kept: dict[str, Any], compare: dict[str, Any], docs: Path) -> Path:
    """Write the page into `docs` and the pictures into `docs`/measured; return the page's path."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    text = environment.get_template("page.md.j2").render(
        day=kept["day"],
        machine=kept["machine"],
        tlpi=_tlpi(compare),
        **_ready(kept["ready"]),
        loops=tuple(f"{name}, µs" for name in LOOPS),
        **_grid(kept["grid"]),
        **_idle(kept["idle"]),
        **_shares(kept["shares"]),
    )
    with style.context(STYLE):
        for name, draw in (("grid", _draw_grid), ("idle", _draw_idle), ("shares", _draw_shares)):
            draw(kept[name]).savefig(docs / "measured" / f"published-{name}.svg", metadata={"Date": None})
    page = docs / "published.md"
    page.write_text(text, encoding="utf-8")
    return page


def _tlpi(compare: dict[str, Any]) -> dict[str, Any]:
    ours: dict[str, dict[int, float]] = {}
    for row in compare["measurements"]:
        if row["kind"] == "pipe":
            ours.setdefault(row["call"].partition(" (")[0], {})[row["n"]] = row["median_us"]
    first, *larger = (n for n in TLPI_US["epoll"] if n in ours["epoll"])
    growth = {
        (whose, call): [times[call][n] / times[call][first] for n in larger]
        for whose, times in (("theirs", TLPI_US), ("ours", ours))
        for call in ("select", "poll", "epoll")
    }
    rows = [
        (
            f"{call}, {whose}",
            f"{times[call][first]:,.2f}",
            *(f"{_TIMES} {ratio:,.1f}" for ratio in growth[whose, call]),
        )
        for call in ("select", "poll", "epoll")
        for whose, times in (("theirs", TLPI_US), ("ours", ours))
    ]
    for call in ("select", "poll", "epoll"):
        pairs = zip(growth["ours", call], growth["theirs", call], strict=True)
        rows.append((f"{call}, ours : theirs", "", *(f"{mine / other:.2f}" for mine, other in pairs)))
    return {
        "ns": (first, *larger),
        "head": (f"µs, N = {first}", *(f"N = {n:,}" for n in larger)),
        "rows": rows,
        "last_theirs": f"{growth['theirs', 'poll'][-1] / growth['theirs', 'poll'][-2]:.0f}",
        "last_ours": f"{growth['ours', 'poll'][-1] / growth['ours', 'poll'][-2]:.0f}",
        "epoll_theirs": f"{_TIMES} {growth['theirs', 'epoll'][-1]:.1f}",
        "epoll_ours": f"{_TIMES} {growth['ours', 'epoll'][-1]:.1f}",
    }


def _ready(measured: list[dict[str, Any]]) -> dict[str, Any]:
    ours = {(row["n"], row["active"]): row["ns"][1] for row in measured}
    rows = []
    for (n, active), ns in READY_NS.items():
        theirs, mine = ns / READY_NS[n, 1], ours[n, active] / ours[n, 1]
        rows.append(
            (
                *(f"{n:,}", f"{active:,}", f"{ns:,}", f"{ours[n, active]:,.0f}"),
                *(f"{theirs:.1f}", f"{mine:.1f}", f"{mine / theirs:.2f}"),
            )
        )
    slope = {
        whose: f"{(times[1024, 1024] - times[1024, 1]) / 1023:.0f}"
        for whose, times in (("theirs", READY_NS), ("ours", ours))
    }
    few = min(n for n, _ in READY_NS)
    one = {"theirs": READY_NS[few, 1], "ours": f"{ours[few, 1]:.0f}"}
    return {"ready_rows": rows, "slopes": slope, "one": one}


def _grid(measured: list[dict[str, Any]]) -> dict[str, Any]:
    us = {
        (row["n"], row["active"], row["writes"]): {name: row["us"][name][1] for name in LOOPS}
        for row in measured
    }
    rows = [
        (
            *(f"{value:,}" for value in case),
            *(f"{times[name]:.2f}" for name in LOOPS),
            f"{times['pymux'] / times['uvloop']:.2f}",
            f"{times['pymux'] / times['C']:.2f}",
        )
        for case, times in us.items()
    ]
    ns, actives, writes = (sorted(set(values)) for values in zip(*us, strict=True))
    growth = median(
        us[ns[-1], active, w][name] / us[ns[0], active, w][name]
        for active, w, name in product(actives, writes, LOOPS)
    )
    faster = {
        active: median(us[n, active, w]["asyncio"] / us[n, active, w]["uvloop"] for n in ns for w in writes)
        for active in actives
    }
    grid = {
        "few": f"{ns[0]:,}",
        "many": f"{ns[-1]:,}",
        "growth": f"{growth:.2f}",
        "few_active": f"{faster[actives[0]]:.2f}",
        "many_active": f"{faster[actives[-1]]:.2f}",
    }
    return {"grid_rows": rows, "grid": grid}


def _idle(measured: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [
        (
            f"{row['idle']:,}",
            row["mechanism"],
            _spread(row["cpu_us"], 1),
            f"{row['calls']['waits']:.2f}",
            f"{row['calls']['epoll_ctl']:.2f}",
            f"{row['epoll_ctl_us']:.1f}",
            f"{row['epoll_ctl_us'] / row['kernel_us']:.0%}"
            if row["epoll_ctl_us"] and row["kernel_us"]
            else "",
        )
        for row in measured
    ]
    none, many = (
        {row["mechanism"]: row for row in measured if row["idle"] == idle}
        for idle in sorted({row["idle"] for row in measured})
    )

    def cpu(rows: dict[str, Any], one: str, other: str) -> str:
        return f"{rows[one]['cpu_us'][1] / rows[other]['cpu_us'][1]:.2f}"

    found = {
        "select_none": cpu(none, "select", "epoll"),
        "poll_none": cpu(none, "poll", "epoll"),
        "select_many": cpu(many, "select", "epoll"),
        "poll_many": cpu(many, "poll", "epoll"),
        "epoll_growth": f"{many['epoll']['cpu_us'][1] / none['epoll']['cpu_us'][1]:.2f}",
        "ctl_level": f"{none['epoll']['calls']['epoll_ctl']:.2f}",
        "ctl_edge": f"{none['epoll ET']['calls']['epoll_ctl']:.2f}",
        "edge_none": cpu(none, "epoll ET", "epoll"),
        "edge_many": cpu(many, "epoll ET", "epoll"),
    }
    libevent = {name: f"{rate:,}" for name, rate in LIBEVENT_RATES.items()}
    libevent["ratio"] = f"{LIBEVENT_RATES['edge'] / LIBEVENT_RATES['level']:.2f}"
    return {"idle_rows": rows, "idle": found, "libevent": libevent, "rounds": measured[0]["rounds"]}


def _shares(measured: list[dict[str, Any]]) -> dict[str, Any]:
    few, many = (
        [row for row in measured if row["workers"] == workers]
        for workers in sorted({row["workers"] for row in measured})
    )
    first = [
        (
            row["way"],
            " ".join(map(str, MAJKOWSKI.get(row["way"], ()))),
            " ".join(map(str, row["first"])),
            f"{row['accepted'][0] / sum(row['accepted']):.0%}",
        )
        for row in few
    ]
    rows = [("pitchfork: epoll", *_share_row(PITCHFORK), "")]
    rows += [(row["way"], *_share_row(row["accepted"]), f"{row['wakeups']:.2f}") for row in many]
    by_way = {row["way"]: row for row in many}
    return {
        "first_rows": first,
        "share_rows": rows,
        "shares": {
            "theirs": _busiest(PITCHFORK),
            "ours": _busiest(by_way["EPOLLEXCLUSIVE"]["accepted"]),
            "even": _busiest(by_way["accept"]["accepted"]),
            "wakeups_level": f"{by_way['epoll']['wakeups']:.2f}",
        },
    }


def _share_row(accepted: Iterable[int]) -> list[str]:
    shares = _in_order(accepted)
    return [f"{share:.1%}" for share in (*shares[:_SHOWN], sum(shares[_SHOWN:]))]


def _busiest(accepted: Iterable[int]) -> str:
    return f"{sum(_in_order(accepted)[:_BUSIEST]):.0%}"


def _in_order(accepted: Iterable[int]) -> list[float]:
    ordered = sorted(accepted, reverse=True)
    return [count / sum(ordered) for count in ordered]


def _spread(spread: list[float], digits: int) -> str:
    low, middle, high = (f"{value:,.{digits}f}" for value in spread)
    return f"{middle} ({low} to {high})"


def _draw_grid(measured: list[dict[str, Any]]) -> Figure:
    drawing = Figure(figsize=(9, 3.8), layout="constrained")
    actives = sorted({row["active"] for row in measured})
    writes = max(row["writes"] for row in measured)
    panels = drawing.subplots(1, len(actives), sharey=True)
    for axes, active in zip(panels, actives, strict=True):
        rows = [row for row in measured if (row["active"], row["writes"]) == (active, writes)]
        for name, colour in zip(LOOPS, ("#8C8C8C", "#009E73", "#56B4E9", "#D55E00"), strict=True):
            low, middle, high = zip(*(row["us"][name] for row in rows), strict=True)
            ns = [row["n"] for row in rows]
            axes.plot(ns, middle, color=colour, marker="o", markersize=4, label=name)
            axes.fill_between(ns, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.set_title(f"A = {active}, W = {writes:,}", loc="left")
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter(number)
        axes.set_xlabel("socket pairs, N")
        axes.grid(visible=True, color="0.9")
    panels[0].set_ylabel("µs for an event")
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return drawing


def _draw_idle(measured: list[dict[str, Any]]) -> Figure:
    drawing = Figure(figsize=(8, 2.8), layout="constrained")
    idles = sorted({row["idle"] for row in measured})
    panels = drawing.subplots(1, len(idles), sharex=True, sharey=True)
    for axes, idle in zip(panels, idles, strict=True):
        rows = [row for row in measured if row["idle"] == idle][::-1]
        names = [row["mechanism"] for row in rows]
        bars = axes.barh(names, [row["cpu_us"][1] for row in rows], color=colours(names), height=0.6)
        axes.bar_label(bars, fmt="%.0f", padding=3)
        axes.set_title(f"{idle:,} idle connections" if idle else "no idle connection", loc="left")
        axes.set_xlabel("CPU time for a request, µs")
    return drawing


def _draw_shares(measured: list[dict[str, Any]]) -> Figure:
    drawing = Figure(figsize=(8, 3.6), layout="constrained")
    axes = drawing.subplots()
    workers = max(row["workers"] for row in measured)
    lines = {row["way"]: row["accepted"] for row in measured if row["workers"] == workers}
    others = ("#8C8C8C", "#56B4E9", "#009E73", "#E69F00")
    for (way, accepted), colour in zip(lines.items(), others, strict=True):
        axes.plot(
            range(1, workers + 1), [100 * share for share in _in_order(accepted)], color=colour, label=way
        )
    theirs = [100 * share for share in _in_order(PITCHFORK)]
    name = "epoll, as pitchfork measured it"
    axes.plot(range(1, len(theirs) + 1), theirs, color="black", linestyle="--", label=name)
    axes.set_xlabel("workers, the busiest first")
    axes.set_ylabel("share of the connections, %")
    axes.set_xticks(range(1, workers + 1))
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, color="0.9")
    axes.legend(frameon=False)
    return drawing
