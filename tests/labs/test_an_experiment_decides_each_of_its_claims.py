"""An experiment gives each of its claims one verdict, says why it cannot, or is refused."""

import contextlib
import os
import signal
import sys
from errno import EBADF, EMFILE, ENETUNREACH, ENOSYS, EPERM

import pytest

from pymux.labs.kit import Finding, Note, Results, Undecided, Workbench, deadline, experiment
from pymux.labs.kit.experiment import Experiment


def test_all_decided() -> None:
    @experiment("A", "B")
    def both(bench: Workbench) -> Results:
        yield Finding("B", "holds", "seen")
        yield Finding("A", "false", "not seen")

    assert list(both.run()) == [Finding("B", "holds", "seen"), Finding("A", "false", "not seen")]


def test_what_is_left_is_undecided() -> None:
    @experiment("A", "B")
    def half(bench: Workbench) -> Results:
        yield Finding("A", "holds", "seen")
        raise Undecided("there is one processor only")

    assert list(half.run())[1:] == [Finding("B", "undecided", "there is one processor only")]


def test_a_missing_call_leaves_its_claims_undecided() -> None:
    @experiment("A")
    def absent(bench: Workbench) -> Results:
        yield Note("asks")
        raise OSError(ENOSYS, "epoll_wait: Function not implemented")

    _, finding = absent.run()
    assert isinstance(finding, Finding)
    assert finding.verdict == "undecided"
    assert "epoll_wait" in finding.evidence


def test_a_claim_without_a_verdict_is_a_mistake() -> None:
    @experiment("A")
    def silent(bench: Workbench) -> Results:
        yield Note("nothing")

    _, finding = silent.run()
    assert isinstance(finding, Finding)
    assert (finding.verdict, finding.because) == ("undecided", "failure")
    assert "silent says nothing about A" in finding.evidence


def test_an_error_leaves_nothing_open() -> None:
    taken: list[int] = []

    @experiment("A")
    def failing(bench: Workbench) -> Results:
        taken.extend(bench.pipe())
        yield Note("opened")
        raise OSError(EBADF, "broken\nin two lines")

    _, finding = failing.run()
    assert isinstance(finding, Finding)
    assert finding.because == "failure"
    assert "broken" in finding.evidence
    assert "\n" not in finding.evidence
    for fd in taken:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


@pytest.mark.parametrize("number", [EMFILE, EPERM, ENETUNREACH])
def test_what_this_process_may_not_do_is_a_limit(number: int) -> None:
    @experiment("A", "B")
    def limited(bench: Workbench) -> Results:
        raise OSError(number, os.strerror(number))
        yield

    findings = [result for result in limited.run() if isinstance(result, Finding)]
    assert [(finding.claim, finding.because) for finding in findings] == [("A", "limit"), ("B", "limit")]


def test_an_error_of_a_thread_ends_what_waits_for_the_thread() -> None:
    @experiment("A")
    def waiting(bench: Workbench) -> Results:
        reader, _ = bench.pipe()
        bench.thread(lambda: os.close(-1))
        os.read(reader, 1)
        yield Note("never")

    (finding,) = waiting.run()
    assert isinstance(finding, Finding)
    assert "Bad file descriptor" in finding.evidence


def test_what_takes_too_long_ends_with_its_threads_and_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[Experiment.__module__], "EXPERIMENT_S", 0.2)
    children: list[int] = []

    @experiment("A", "B")
    def endless(bench: Workbench) -> Results:
        yield Finding("A", "holds", "seen")
        reader, _ = bench.pipe()
        one, _ = bench.socketpair()
        bench.thread(os.read, reader, 1)
        bench.thread(one.recv, 1)
        children.append(bench.child(signal.pause).pid)
        while True:
            pass

    first, second = endless.run()
    assert isinstance(first, Finding)
    assert isinstance(second, Finding)
    assert (first.verdict, second.verdict, second.because) == ("holds", "undecided", "failure")
    assert second.evidence.startswith("it did not end within 0.2 s: it was at line ")
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


def test_a_result_that_cannot_be_pickled_says_so() -> None:
    @experiment("A")
    def unpicklable(bench: Workbench) -> Results:
        bench.child(lambda: lambda: None).result()
        yield Note("never")

    (finding,) = unpicklable.run()
    assert isinstance(finding, Finding)
    assert "cannot be handed to the parent" in finding.evidence


def test_one_that_catches_its_interruption_is_interrupted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_AGAIN_S", 0.1)

    def fail() -> None:
        raise Undecided("a thread gave up")

    @experiment("A")
    def stubborn(bench: Workbench) -> Results:
        with contextlib.suppress(Undecided):
            bench.thread(fail)
            signal.pause()
        signal.pause()
        yield Note("never reached")

    assert list(stubborn.run()) == [Finding("A", "undecided", "a thread gave up")]
