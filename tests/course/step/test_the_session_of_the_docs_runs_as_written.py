"""The worked session of docs/stepper.md is what `pymux step` shows when its steps are taken."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.raw.made_by import MADE_BY

PYMUX = str(Path(sys.executable).with_name("pymux"))


@pytest.mark.skipif(bool(MADE_BY), reason="this architecture lacks calls, which are made by others")
def test_every_block(checkout: Path, tmp_path: Path) -> None:
    text = (checkout / "docs/stepper.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(> .*?\n)```$", text, re.MULTILINE | re.DOTALL)
    steps = [block.splitlines()[0].removeprefix("> ") for block in blocks]
    assert steps[0] == "on pipe"

    done = subprocess.run(
        [PYMUX, "step"],
        cwd=tmp_path,
        input="\n".join(steps[1:]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=90,
    )
    shown = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    agreed = f"Steps: {len(steps) - 1}. The kernel and the model agreed in each."
    assert shown.strip() == "\n".join([*blocks, agreed])
