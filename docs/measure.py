"""Measures what the pages of the site quote: `make figures`, or `python docs/measure.py FOLDER`.

Keeps of each run of `pymux compare` the numbers and the picture, with the day in the numbers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

# The options of `pymux compare` for each figure. More rounds than by default: the numbers are quoted long.
FIGURES = {
    "compare": ["--rounds", "31"],
    "compare-active": ["--sweep", "active", "--rounds", "31"],
}


def measure(name: str, options: list[str], kept: Path) -> None:
    """Run `pymux compare`, and keep its numbers and its picture in the folder `kept`."""
    with TemporaryDirectory() as results:
        command = [str(Path(sys.executable).with_name("pymux")), "compare", *options, "--output", results]
        subprocess.run(command, check=True)
        (numbers,) = Path(results).glob("*.json")
        (picture,) = Path(results).glob("*.png")
        content = {"day": datetime.now(timezone.utc).date().isoformat(), **json.loads(numbers.read_text())}
        rows = ",\n".join(json.dumps(row) for row in content.pop("measurements"))
        head = json.dumps({key: content[key] for key in ("day", "machine", "notes")}, ensure_ascii=False)
        (kept / f"{name}.json").write_text(f'{head[:-1]}, "measurements": [\n{rows}\n]}}\n', encoding="utf-8")
        shutil.copy(picture, kept / f"{name}.png")


if __name__ == "__main__":
    for figure, chosen in FIGURES.items():
        measure(figure, chosen, Path(sys.argv[1]))
