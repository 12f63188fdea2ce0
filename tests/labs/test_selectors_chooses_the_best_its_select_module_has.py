"""default-selector: epoll on Linux, select where there is nothing else; asyncio has more for Windows."""

from collections.abc import Callable

from pymux.labs.kit import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("default-selector") in (
        {"C19": "depends"},
        {"C19": "undecided"},
    )  # no asyncio for Windows


def test_choices(run_lab: Callable[[str], list[Run]]) -> None:
    for shown in run_lab("default-selector")[0].results:
        if isinstance(shown, Table):
            assert [choice for *_, choice in shown.rows] == [
                "EpollSelector",
                "KqueueSelector",
                "PollSelector",
                "SelectSelector",
            ]
