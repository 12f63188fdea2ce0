"""Measure again what others published: `make published`, or `python -m published DOCS` in bench/.

Keeps the numbers in DOCS/measured/published.json, and writes the page DOCS/published.md and its pictures.
With --page it writes the page again, from the numbers that are kept.
"""

from __future__ import annotations

import argparse
import json
import os
from datetime import datetime, timezone
from pathlib import Path

from common import machine

from published import grid, idle, ready, shares
from published.page import write

PARTS = {"ready": ready.measured, "grid": grid.measured, "idle": idle.measured, "shares": shares.measured}


def measure() -> dict[str, object]:
    """Measure every part, one after the other."""
    kept: dict[str, object] = {
        "day": datetime.now(timezone.utc).date().isoformat(),
        "machine": {**machine(), "cpus": os.cpu_count()},
    }
    for name, measured in PARTS.items():
        print(f"{name} …", flush=True)
        kept[name] = [*measured()]
    return kept


def main() -> None:
    """Measure, keep, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--page", action="store_true", help="write the page from the numbers that are kept")
    options = parser.parse_args()
    numbers = options.docs / "measured" / "published.json"
    if not options.page:
        numbers.write_text(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    compare = json.loads((options.docs / "measured" / "compare.json").read_text(encoding="utf-8"))
    print(f"written: {write(json.loads(numbers.read_text(encoding='utf-8')), compare, options.docs)}")


main()
