"""An experiment gives each of its claims one verdict, says why it cannot, or is refused."""

import os
from errno import EBADF, ENOSYS

import pytest

from pymux.labs.kit import Bench, Exhibits, Finding, Note, Undecided, experiment


def test_all_decided() -> None:
    @experiment("A", "B")
    def both(bench: Bench) -> Exhibits:
        yield Finding("B", "holds", "seen")
        yield Finding("A", "false", "not seen")

    assert list(both.run()) == [Finding("B", "holds", "seen"), Finding("A", "false", "not seen")]


def test_what_is_left_is_undecided() -> None:
    @experiment("A", "B")
    def half(bench: Bench) -> Exhibits:
        yield Finding("A", "holds", "seen")
        raise Undecided("there is one processor only")

    assert list(half.run())[1:] == [Finding("B", "undecided", "there is one processor only")]


def test_a_missing_call_leaves_its_claims_undecided() -> None:
    @experiment("A")
    def absent(bench: Bench) -> Exhibits:
        yield Note("asks")
        raise OSError(ENOSYS, "epoll_wait: Function not implemented")

    _, finding = absent.run()
    assert isinstance(finding, Finding)
    assert finding.verdict == "undecided"
    assert "epoll_wait" in finding.evidence


def test_a_claim_without_a_verdict_is_a_mistake() -> None:
    @experiment("A")
    def silent(bench: Bench) -> Exhibits:
        yield Note("nothing")

    with pytest.raises(AssertionError, match="silent says nothing about A"):
        list(silent.run())


def test_an_error_leaves_nothing_open() -> None:
    taken: list[int] = []

    @experiment()
    def failing(bench: Bench) -> Exhibits:
        taken.extend(bench.pipe())
        yield Note("opened")
        raise OSError(EBADF, "broken")

    with pytest.raises(OSError, match="broken"):
        list(failing.run())
    for fd in taken:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
