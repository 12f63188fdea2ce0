"""Logs that were cut, shuffled and changed at random: none may raise an exception or take long.

python tests/diagnose/fuzz.py [NUMBER [SEED]]
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from diagnose.corpus import diagnosed

LOGS = Path(__file__).parent / "logs"
_SLOW = 5.0  # seconds for one log of some hundred lines: far beyond what any takes


def kept_logs() -> list[str]:
    """Return the kept logs."""
    return [path.read_text() for path in sorted(LOGS.glob("*.strace"))]


def damaged(text: str, dice: random.Random) -> str:
    """Return the log with some damage."""
    lines = text.splitlines()
    start = dice.randrange(max(len(lines) - 20, 1))
    lines = lines[start : start + dice.randrange(5, 120)]
    for _ in range(dice.randrange(4)):
        kind = dice.randrange(5)
        if kind == 0:
            dice.shuffle(lines)
        elif kind == 1:
            lines = [line[: dice.randrange(len(line) + 1)] if dice.random() < 0.3 else line for line in lines]
        elif kind == 2:
            lines = [_changed(line, dice) if dice.random() < 0.5 else line for line in lines]
        elif kind == 3:
            lines = [dice.choice(lines) for _ in lines]
        else:
            at = dice.randrange(len(lines) + 1)
            lines = lines[at:] + lines[:at]
    return "\n".join(lines)


def _changed(line: str, dice: random.Random) -> str:
    letters = list(line)
    for _ in range(dice.randrange(1, 6)):
        if letters:
            at = dice.randrange(len(letters))
            letters[at] = dice.choice(
                ["(", ")", "{", "}", "[", "]", '"', "<", ">", "=", ",", "\\", "9", "\x00", "\x1b", ""]
            )
    return "".join(letters)


def main(number: int = 10_000, seed: int | None = None) -> int:
    """Try so many; return how many failed."""
    seed = random.randrange(10**6) if seed is None else seed
    dice, logs, failed = random.Random(seed), kept_logs(), 0
    for _ in range(number):
        text = damaged(dice.choice(logs), dice)
        before = time.monotonic()
        try:
            diagnosed(text)
        except Exception as error:
            failed += 1
            print(f"{type(error).__name__}: {error}\n{text}\n", file=sys.stderr)
        if time.monotonic() - before > _SLOW:
            failed += 1
            print(f"slow:\n{text}\n", file=sys.stderr)
    print(f"{number:,} damaged logs, seed {seed}: {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
