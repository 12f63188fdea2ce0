"""files: poll and select call a regular file ready always, epoll refuses it; all else they watch alike."""

import signal
from collections.abc import Callable

from pymux.labs.kit import Table, Workbench
from pymux.labs.kit.runs import Run
from pymux.labs.traps.files import KINDS, Tried, blocked


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("files") == {"C17": "depends", "M051": "holds", "M103": "holds", "M104": "depends"}


def test_what_epoll_takes_all_three_watch(run_lab: Callable[[str], list[Run]]) -> None:
    (table,) = (shown for shown in run_lab("files")[0].results if isinstance(shown, Table))
    watched = {row[0]: row[2:] for row in table.rows if row[3] == "added"}
    never = {"regular file at its end", "directory", "/dev/null"}
    assert watched == dict.fromkeys(KINDS.keys() - never, ("-", "added", "epoll, poll, select"))


def test_a_signal_that_was_sent_is_gone_and_no_longer_blocked() -> None:
    handled: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _: handled.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Workbench() as bench, blocked(signal.SIGUSR1):
        assert Tried(bench, "signalfd").then == "epoll, poll, select"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert handled == []
