"""crawl: urllib's greenlets take turns until gevent has patched them; threads and event loops do not."""

from collections.abc import Callable

import pytest

from pymux.labs.kit import Finding, Table, Timeline, Workbench, library
from pymux.labs.kit.runs import Run
from pymux.labs.processes import crawl
from pymux.labs.processes.crawl import PAGES, one_by_one, three_pages, visit


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    pytest.importorskip("gevent")
    assert verdicts("crawl") == {"THREAD": "holds", "C38": "holds"}


def test_the_server_has_one_request_at_once_or_all(run_lab: Callable[[str], list[Run]]) -> None:
    pytest.importorskip("gevent")
    (table,) = (shown for shown in run_lab("crawl")[0].results if isinstance(shown, Table))
    assert {row[0]: row[1] for row in table.rows} == {
        "one by one": 1,
        "greenlets": 1,
        "patched": 3,
        "threads": 3,
        "asyncio": 3,
        "epoll": 3,
    }


def test_no_page_comes_before_its_time(run_lab: Callable[[str], list[Run]]) -> None:
    (timeline,) = (shown for shown in run_lab("crawl")[0].results if isinstance(shown, Timeline))
    for lane in timeline.lanes:
        (bar,) = lane.bars
        assert bar.end - bar.start >= int(lane.name.rpartition("/")[2])


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Workbench() as bench:
        assert len(visit(bench, one_by_one).bars) == len(PAGES)


def test_without_gevent_its_claim_alone_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "library", lambda _: library("no_such_library"))
    found = {shown.claim: shown.verdict for shown in three_pages.run() if isinstance(shown, Finding)}
    assert found == {"THREAD": "holds", "C38": "undecided"}
