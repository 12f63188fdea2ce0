"""What the flight recorder costs a call: off (at most 2 ns) and on (at most 150 ns with 64 events).

Measured in C, because Python's own cost would drown it: batches with and without it take turns within
one run, and what is shown is the median of the differences, with its quartiles. The time is the thread's own
(CLOCK_THREAD_CPUTIME_ID), on warm rings: the first round of a ring also pays for its pages.

    python bench/recorder.py [BATCHES]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles

HERE = Path(__file__).parent
FLAGS = [
    "-std=c11",
    "-O3",
    "-D_GNU_SOURCE=1",
    "-D_FILE_OFFSET_BITS=64",
    "-D_TIME_BITS=64",
    "-fPIC",
    "-pthread",
]


def main() -> int:
    """Compile, run and show."""
    batches = sys.argv[1] if len(sys.argv) > 1 else "500"
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "recorder")
        sources = [HERE / "recorder.c", *sorted((HERE.parent / "csrc").glob("*.c"))]
        csrc = HERE.parent / "csrc"
        subprocess.run(["cc", *FLAGS, "-I", csrc, *sources, "-o", program], check=True)
        output = subprocess.run([program, batches], check=True, capture_output=True, text=True).stdout

    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in output.splitlines():
        what, without, with_it = row.split("|")
        pairs[what].append((float(without), float(with_it)))
    print(f"{'ns per call, medians':28}{'without':>9}{'with':>9}{'cost':>8}   quartiles of the cost")
    for what, both in pairs.items():
        costs = [with_it - without for without, with_it in both]
        low, _, high = quantiles(costs, n=4)
        without, with_it = (median(column) for column in zip(*both, strict=True))
        print(f"{what:28}{without:9.1f}{with_it:9.1f}{median(costs):8.1f}   {low:.1f} to {high:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
