"""With `rearm`, each sampled io_uring_enter finds again what is ready; without it, the first one alone."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import POLLIN, sampling
from pymux.raw.uring import Uring

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = 3


@pytest.fixture
def ring() -> Iterator[Uring]:
    try:
        made = Uring(8, completions=8)
    except OSError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def fds() -> Iterator[list[int]]:
    made = [os.eventfd(int(i < READY)) for i in range(5)]
    yield made
    for fd in made:
        os.close(fd)


def watch(ring: Uring, fds: list[int], *, multishot: bool) -> None:
    for fd in fds:
        ring.poll(fd, POLLIN, fd, multishot=multishot)


def test_without_rearm_the_first_alone_reports(ring: Uring, fds: list[int]) -> None:
    watch(ring, fds, multishot=False)
    samples = sampling.io_uring_enter(ring, 0, repeat=4)
    assert list(samples.results) == [len(fds), 0, 0, 0]  # requests handed over
    assert samples.differing == 2  # the last completions are still to be taken
    assert ring.completions() == []


def test_one_shot_requests_are_handed_over_again(ring: Uring, fds: list[int]) -> None:
    watch(ring, fds, multishot=False)
    samples = sampling.io_uring_enter(ring, 0, rearm=POLLIN, repeat=4)
    assert (list(samples.results), samples.differing) == ([len(fds), READY, READY, READY], 0)
    assert [completion.data for completion in ring.completions()] == fds[:READY]


def test_multishot_requests_are_updated_beforehand(ring: Uring, fds: list[int]) -> None:
    watch(ring, fds, multishot=True)
    with pymux.record() as log:
        samples = sampling.io_uring_enter(ring, READY, rearm=POLLIN, multishot=True, repeat=4)
    assert (list(samples.results), samples.differing) == ([len(fds), 0, 0, 0], 0)
    completions = ring.completions()
    assert [completion.data for completion in completions] == fds[:READY]
    assert all(completion.more for completion in completions)
    # Three calls that hand over three updates each, and the four that are timed.
    assert [record.result for record in log if record.call == "io_uring_enter"] == [5, 3, 0, 3, 0, 3, 0]


def test_a_descriptor_that_is_gone_completes_with_an_error(ring: Uring, fds: list[int]) -> None:
    ring.poll(fds[0], POLLIN, 2**31 - 1, multishot=False)  # its data names another one
    samples = sampling.io_uring_enter(ring, 0, rearm=POLLIN, repeat=3)
    assert samples.differing == 1
    (completion,) = ring.completions()
    assert completion.result < 0


def test_odd_arguments_are_errors(ring: Uring) -> None:
    with pytest.raises(TypeError, match="ring must be a Uring"):
        sampling.io_uring_enter(3, 0, repeat=1)  # type: ignore[arg-type]
    with pytest.raises(OverflowError, match="min_complete"):
        sampling.io_uring_enter(ring, -1, repeat=1)
    with pytest.raises(ValueError, match="repeat"):
        sampling.io_uring_enter(ring, 0, repeat=-1)
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            sampling.io_uring_enter(ring, 0, repeat=1)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(errors) == 1
    ring.close()
    with pytest.raises(ValueError, match="closed"):
        sampling.io_uring_enter(ring, 0, repeat=1)
