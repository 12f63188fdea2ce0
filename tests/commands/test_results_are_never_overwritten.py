"""Each run of compare, load, c10k and report gives its files a name of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymux.commands.output_folder import new_name


def test_two_runs_in_one_second_have_two_names(tmp_path: Path) -> None:
    names = []
    for _ in range(12):
        names.append(new_name(tmp_path, "load"))
        (tmp_path / f"{names[-1]}.csv").touch()
    assert len(set(names)) == 12
    assert all(name.startswith("load-20") for name in names)


@pytest.mark.parametrize("there", ["loads-1.csv", "load.csv", "compare-20260101-000000.csv"])
def test_other_files_do_not_matter(there: str, tmp_path: Path) -> None:
    (tmp_path / there).touch()
    assert new_name(tmp_path, "load").count("-") == 2
