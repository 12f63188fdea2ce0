"""Times as a person reads them."""

from __future__ import annotations


def unit(ns: int) -> tuple[int, str]:
    """Return the unit in which a time of `ns` reads best: its nanoseconds and its name."""
    for size, name in ((1_000_000_000, "s"), (1_000_000, "ms")):
        if ns >= 2 * size:
            return size, name
    return 1_000, "µs"


def duration(ns: int) -> str:
    """Return "12.3 ms"."""
    size, name = unit(ns)
    return f"{ns / size:,.3g} {name}" if ns < 1000 * size else f"{ns / size:,.0f} {name}"
