"""pools: apply runs one task, apply_async five; a lock, or a single write, keeps lines whole."""

from collections.abc import Callable

from pymux.labs.kit import Table, Timeline
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("pools") == {"C34": "holds", "C39": "holds", "ATOMIC": "holds"}


def test_lines_that_arrive_whole(run_lab: Callable[[str], list[Run]]) -> None:
    (table,) = (shown for shown in run_lab("pools")[1].results if isinstance(shown, Table))
    assert [whole for _, whole in table.rows] == [0, 10, 10]


def test_the_pictures_show_all_ten_tasks(run_lab: Callable[[str], list[Run]]) -> None:
    for shown in run_lab("pools")[0].results:
        if isinstance(shown, Timeline):
            tasks = [bar.label for lane in shown.lanes for bar in lane.bars]
            assert sorted(tasks, key=int) == [str(number) for number in range(1, 11)]
            assert len(shown.lanes) <= 5
