"""compare warns of other load before it measures, and afterwards of samples that spread."""

from __future__ import annotations

import json
import multiprocessing
import os
from array import array
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.compare import noise
from pymux.compare.measure import Measurement

if TYPE_CHECKING:
    from pathlib import Path


def spin() -> None:
    while True:
        pass


def measured(*ns: int) -> Measurement:
    return Measurement("pipe", 10, 1, "poll", "poll", array("q", ns), [0.0])


def test_other_load() -> None:
    process = multiprocessing.get_context("fork").Process(target=spin, daemon=True)
    process.start()
    try:
        assert any("other processes use" in words for words in noise.before())
    finally:
        process.kill()
        process.join()
        process.close()


def test_stolen_time_scaling_and_one_cpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    governor = tmp_path / "cpu0" / "cpufreq" / "scaling_governor"
    governor.parent.mkdir(parents=True)
    governor.write_text("powersave\n")
    monkeypatch.setattr(noise, "_CPUS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    monkeypatch.setattr(noise, "_watched", lambda: (0.0, 0.05))
    assert [words.split()[:3] for words in noise.before()] == [
        ["the", "hypervisor", "takes"],
        ["the", "CPU", "frequency"],
        ["this", "process", "may"],
    ]


def test_a_wide_spread() -> None:
    assert noise.after([measured(100, 101, 102, 103)]) == []
    (words,) = noise.after([measured(100, 101, 102, 103), measured(100, 150, 200, 250)])
    assert "in 1 of 2 measurements" in words


def test_it_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pymux.commands.compare.before", lambda: ["a fan runs"])
    options = ["compare", "--n", "3", "--rounds", "1", "--kind", "pipe", "--json", "-o", str(tmp_path)]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0
    assert "a fan runs" in json.loads(result.stdout)["noise"]
    assert "noise: a fan runs" in result.stderr
