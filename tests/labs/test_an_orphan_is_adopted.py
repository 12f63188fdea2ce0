"""parents: children have their starter as parent, an orphan the process that adopted it, process 1 none."""

from collections.abc import Callable

from pymux.labs.kit import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("parents")
    assert found["OWN"] == "holds"
    assert found["C40"] in {"depends", "undecided"}  # where process 1 is hidden


def test_each_process_is_named_by_two_threads(run_lab: Callable[[str], list[Run]]) -> None:
    (table,) = (shown for shown in run_lab("parents")[0].results if isinstance(shown, Table))
    parents, processes, firsts, seconds = map(set, zip(*table.rows, strict=True))
    assert (len(parents), len(processes), len(seconds)) == (1, 3, 3)
    assert processes == firsts
    assert not parents & processes
    assert not seconds & processes
