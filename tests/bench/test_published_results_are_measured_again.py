"""bench/published measures what others published, and docs/published.md is what its kept numbers give."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.fonts import open_fonts

CHECKOUT = Path(__file__).parents[2]
uvloop = pytest.importorskip("uvloop")


@pytest.fixture(scope="module", autouse=True)
def opened_once() -> None:
    """Let matplotlib open its fonts and libuv the pipe for its signals, which they keep."""
    open_fonts()
    uvloop.new_event_loop().close()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(CHECKOUT / "bench"))
    from published import grid, idle, page, ready, shares

    monkeypatch.setattr(grid, "DESCRIPTORS", (4, 8))
    monkeypatch.setattr(grid, "WRITES", (10,))
    monkeypatch.setattr(grid, "ACTIVE", (1, 2))
    monkeypatch.setattr(grid, "_ROUNDS", 1)
    for name, value in {"IDLE": (0, 20), "REQUESTS": 40, "AT_ONCE": 5, "_ROUNDS": 1}.items():
        monkeypatch.setattr(idle, name, value)
    monkeypatch.setattr(ready, "_REPEAT", 3)
    monkeypatch.setattr(shares, "CASES", ((3, 1, 30), (5, 2, 60)))
    return {"grid": grid, "idle": idle, "ready": ready, "shares": shares, "page": page}


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler for the grid in C")
def test_every_part_is_measured_and_makes_a_page(published: Any, tmp_path: Path) -> None:
    kept = {name: [*published[name].measured()] for name in ("grid", "idle", "ready", "shares")}
    machine = {"cpu": "one", "kernel": "6", "python": "CPython", "cpus": 2}
    (tmp_path / "measured").mkdir()
    compare = json.loads((CHECKOUT / "docs" / "measured" / "compare.json").read_text())
    written = published["page"].write({"day": "today", "machine": machine, **kept}, compare, tmp_path)
    assert "ours : theirs" in written.read_text()
    assert {path.name for path in (tmp_path / "measured").iterdir()} == {
        f"published-{name}.svg" for name in ("grid", "idle", "shares")
    }
    accepted = {row["way"]: sum(row["accepted"]) for row in kept["shares"][:4]}
    assert accepted == dict.fromkeys(published["shares"].WAYS, 30)
    for row in kept["idle"]:
        calls = row["calls"]["epoll_ctl"]
        assert bool(calls) == row["mechanism"].startswith("epoll")


def test_the_page_is_what_the_kept_numbers_give(published: Any, tmp_path: Path) -> None:
    measured = CHECKOUT / "docs" / "measured"
    (tmp_path / "measured").mkdir()
    kept, compare = (json.loads((measured / f"{name}.json").read_text()) for name in ("published", "compare"))
    written = published["page"].write(kept, compare, tmp_path)
    assert written.read_text() == (CHECKOUT / "docs" / "published.md").read_text()
