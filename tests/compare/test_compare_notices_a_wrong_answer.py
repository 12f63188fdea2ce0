"""A call that reports other descriptors than the ready ones stops the comparison."""

from __future__ import annotations

import os
from array import array

import pytest

from pymux.compare import measure
from pymux.compare.contenders import Poll, contenders
from pymux.compare.measure import Active, Measurement, Plan, WrongAnswerError, slope_ns


class Blind(Poll):
    """A poll that overlooks the last descriptor."""

    def __init__(self, fds: list[int], active: int) -> None:
        super().__init__(fds[:-1], active)


def run(active: int) -> list[Measurement]:
    results: list[Measurement] = []
    measure.measure(Plan(("eventfd",), ((4, Active(active)),), rounds=1), results, lambda what: None)
    return results


def test_an_overlooked_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "contenders", lambda _: [Blind])
    with pytest.raises(WrongAnswerError, match=r"poll( \(ppoll\))? returned \[3\] where 4 are ready"):
        run(active=4)


def test_another_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(Poll):
        def reported(self, result: int) -> list[int]:
            return [fd + 1 for fd in super().reported(result)]

    monkeypatch.setattr(measure, "contenders", lambda _: [Wrong])
    with pytest.raises(WrongAnswerError, match=r"^poll( \(ppoll\))? was wrong about the descriptors"):
        run(active=1)


def test_a_right_answer_is_measured_and_nothing_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    results = run(active=2)
    assert [(each.label, each.n, each.active) for each in results] == [
        (make.label, 4, 2) for make in contenders(2)
    ]
    assert all(isinstance(each.kernel_ns, array) and min(each.kernel_ns) > 0 for each in results)
    assert os.listdir("/proc/self/fd") == before


def test_the_slope_is_that_of_the_line() -> None:
    assert slope_ns([(10, 1.5), (20, 2.5), (40, 4.5)]) == pytest.approx(100)
    assert slope_ns([(10, 1.5)]) is None
