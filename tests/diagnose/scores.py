"""Precision and recall on the corpus: programs with a fault and their twins, made and traced now.

python tests/diagnose/scores.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from diagnose.corpus import (
    C_PROGRAMS,
    PYTHON_PROGRAMS,
    accusations,
    compiled,
    diagnosed,
    interpreted,
    traced,
)

# As people run strace: with everything, without times, attached late.
_WAYS = {"-f -ttt -T": ("-f", "-ttt", "-T"), "-f": ("-f",), "-f -yy -r": ("-f", "-yy", "-r")}
_NEEDS_TIMES = "blocking-call-in-loop"


def main() -> int:
    """Print the scores; return 1 where one is not whole."""
    whole = True
    for way, options in _WAYS.items():
        right = wrong = missed = 0
        for name, fixed, command in _programs():
            if name == _NEEDS_TIMES and options == ("-f",):
                continue
            with tempfile.TemporaryDirectory(prefix="pymux-scores-") as folder:
                found = set(accusations(diagnosed(traced(command(Path(folder)), Path(folder), *options))))
            expected = set() if fixed else {name}
            right += len(found & expected)
            wrong += len(found - expected)
            missed += len(expected - found)
            for what, faults in (("accused wrongly of", found - expected), ("not named", expected - found)):
                if faults:
                    print(f"  strace {way}: {name}{' (twin)' if fixed else ''} {what} {', '.join(faults)}")
        precision, recall = right / max(right + wrong, 1), right / max(right + missed, 1)
        named = f"{right} named of {right + missed}"
        print(f"strace {way}: precision {precision:.3f}, recall {recall:.3f} ({named})")
        whole = whole and (precision, recall) == (1, 1)
    return int(not whole)


def _programs() -> Iterator[tuple[str, bool, Callable[[Path], list[str]]]]:
    for fixed in (False, True):
        for name in C_PROGRAMS:
            yield name, fixed, partial(compiled, name, fixed)
        for name in PYTHON_PROGRAMS:
            yield name, fixed, partial(_interpreted, name, fixed)


def _interpreted(name: str, fixed: bool, _folder: Path) -> list[str]:
    return interpreted(name, fixed)


if __name__ == "__main__":
    sys.exit(main())
