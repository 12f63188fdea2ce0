"""A program: takes steps and prints the lines of all their calls."""

from __future__ import annotations

import sys

from pymux.course.step.parsing import BadStep, parse
from pymux.course.step.session import Session


def main(kind: str, script: str) -> None:
    session = Session(kind)
    lines = session.opening.calls
    for line in script.split("|"):
        try:
            lines += session.take(parse(line)).calls
        except BadStep:  # not every object can be shut down
            continue
    session.close()
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
