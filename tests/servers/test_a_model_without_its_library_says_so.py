"""A model whose library is missing: `pymux serve` ends with one sentence, `pymux c10k` leaves it out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PYMUX = str(Path(sys.executable).with_name("pymux"))
NEEDS = {"greenlet": "greenlet", "gevent": "gevent", "uvloop": "uvloop"}


def run(library: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pymux where a library cannot be imported."""
    missing = f'raise ModuleNotFoundError("No module named {library!r}", name="{library}")\n'
    (folder / f"{library}.py").write_text(missing)
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [PYMUX, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("model", NEEDS)
def test_serve(model: str, tmp_path: Path) -> None:
    done = run(NEEDS[model], tmp_path, "serve", "--model", model)
    assert (done.returncode, done.stdout) == (1, "")
    library = NEEDS[model]
    sentence = f"the model {model} needs {library}, which is not installed: pip install {library}"
    assert done.stderr == f"pymux serve: {sentence}\n"


def test_c10k(tmp_path: Path) -> None:
    options = ["--models", "uvloop,epoll-lt", "--connections", "5", "--json"]
    done = run("uvloop", tmp_path, "c10k", *options)
    assert "left out: the model uvloop needs uvloop" in done.stderr
    assert [row["model"] for row in json.loads(done.stdout)["rows"]] == ["epoll-lt"]
    assert done.returncode == 0
