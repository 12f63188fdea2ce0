"""What `pymux load` found: as a dictionary, a table and files."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from array import array
    from pathlib import Path

    from pymux.servers.client_worker import Outcome, Plan
    from pymux.servers.proc import Footprint

_PERCENTILES = (50, 90, 99, 100)


def result(
    plan: Plan, outcome: Outcome, held: Footprint | None = None, exchange: Footprint | None = None
) -> dict[str, Any]:
    """Return plan and outcome with the derived numbers: rates, percentiles, and what the server needed."""
    found: dict[str, Any] = {"plan": asdict(plan)}
    found |= {name: value for name, value in vars(outcome).items() if name != "latencies_ns"}
    found["errors"] = dict(outcome.errors)
    found["connects_per_s"] = _rate(outcome.connected, outcome.connect_s)
    found["echoes_per_s"] = _rate(outcome.echoes, outcome.exchange_s)
    found["bytes_per_s"] = _rate(outcome.echoed_bytes, outcome.exchange_s)
    found["latency_ms"] = percentiles_ms(outcome.latencies_ns)
    if held and exchange:
        found["server"] = {"while_held": vars(held), "in_the_exchange": vars(exchange)}
    return found


def percentiles_ms(latencies_ns: array[int]) -> dict[str, float | None]:
    """Return p50, p90, p99 and max in milliseconds, None where there was no echo."""
    ordered = sorted(latencies_ns)
    last = len(ordered) - 1
    names = {p: "max" if p == 100 else f"p{p}" for p in _PERCENTILES}
    return {name: ordered[last * p // 100] / 1e6 if ordered else None for p, name in names.items()}


def table(found: dict[str, Any]) -> Table:
    """Return the result as a table."""
    shown = Table("what", "found", title="Load", title_justify="left")
    plan = found["plan"]
    shown.add_row("connections", f"{found['connected']:,} of {plan['connections']:,}, {plan['idle']:,} idle")
    shown.add_row("got an echo, held together", f"{found['answered']:,}")
    shown.add_row("connects per second", f"{found['connects_per_s']:,.0f}")
    shown.add_row("echoes", f"{found['echoes']:,} in {found['exchange_s']:.2f} s")
    shown.add_row("echoes per second", f"{found['echoes_per_s']:,.0f}")
    shown.add_row("echoed megabytes per second", f"{found['bytes_per_s'] / 1e6:,.1f}")
    for name, value in found["latency_ms"].items():
        shown.add_row(f"latency {name}", "-" if value is None else f"{value:,.2f} ms")
    shown.add_row("connections with a wrong byte", f"{found['wrong']:,}")
    shown.add_row("given up, no answer", f"{found['unanswered']:,}")
    shown.add_row("errors", ", ".join(f"{name} {n:,}" for name, n in found["errors"].items()) or "none")
    if "server" in found:
        held = found["server"]["while_held"]
        shown.add_row("server: descriptors", f"{held['descriptors']:,}")
        shown.add_row("server: memory (PSS)", f"{held['pss_kib'] / 1024:,.1f} MiB")
    return shown


def write(folder: Path, name: str, found: dict[str, Any], outcome: Outcome) -> list[Path]:
    """Write NAME.json, the result, and NAME.csv, the latency of each echo in the order they came."""
    data, latencies = folder / f"{name}.json", folder / f"{name}.csv"
    data.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    with latencies.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["latency_ns"])
        rows.writerows([ns] for ns in outcome.latencies_ns)
    return [latencies, data]


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds else 0.0
