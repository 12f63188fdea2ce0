"""Measures what the pages of the site quote: `make figures`, or `python docs/measure.py FOLDER`.

Keeps the numbers of each run of `pymux compare`, with the day; and the README's picture.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from site_pages.cost_pictures import kept_result

from pymux.report.compare import figure

# The options of `pymux compare` for each figure. More rounds than by default: the numbers are quoted long.
_LESS = 3  # select and poll ended at the limit of one process: see pymux.cli
FIGURES = {
    "compare": ["--rounds", "31"],
    "compare-million": ["--kind", "eventfd", "--n", "10,100,1000,10000,1000000", "--rounds", "31"],
    "compare-active": ["--sweep", "active", "--rounds", "31"],
}


def measure(name: str, options: list[str], kept: Path) -> None:
    """Run `pymux compare`, and keep its numbers in the folder `kept`."""
    with TemporaryDirectory() as results:
        command = [str(Path(sys.executable).with_name("pymux")), "compare", *options, "--output", results]
        if (code := subprocess.run(command, check=False).returncode) not in (0, _LESS):
            raise SystemExit(f"pymux compare ended with {code}")
        (numbers,) = Path(results).glob("*.json")
        content = {"day": datetime.now(timezone.utc).date().isoformat(), **json.loads(numbers.read_text())}
        rows = ",\n".join(json.dumps(row) for row in content.pop("measurements"))
        head = json.dumps({key: content[key] for key in ("day", "machine", "notes")}, ensure_ascii=False)
        (kept / f"{name}.json").write_text(f'{head[:-1]}, "measurements": [\n{rows}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for figure_name, chosen in FIGURES.items():
        measure(figure_name, chosen, folder)
    figure(kept_result(folder / "compare.json")).savefig(folder / "compare.png", dpi=160)
