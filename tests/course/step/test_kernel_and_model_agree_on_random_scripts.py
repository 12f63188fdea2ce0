"""Whatever steps a session takes, on any object, the kernel does what the model of epoll expects.

The scripts are the same in every run, as those of tests/model. Each step compares the result of the call,
what waits, the interest lists, and what each mode reports or would report.
"""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymux.course.step.parsing import OBJECT_NAMES, BadStep, parse
from pymux.course.step.session import Session

SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, database=None)
NUMBERS = st.integers(1, 5)
LINES = st.one_of(
    st.just("wait"),
    NUMBERS.map("write {}".format),
    NUMBERS.map("read {}".format),
    st.sampled_from(["mod", "mod in", "mod out", "mod rdhup", "mod in out rdhup", "oneshot"]),
    st.sampled_from(["close", "close peer", "close copy", "close child", "dup", "fork"]),
    st.sampled_from(["shutdown peer", "shutdown watched", "undo"]),
)


@pytest.mark.parametrize("kind", OBJECT_NAMES)
def test_they_agree(kind: str) -> None:
    @SETTINGS
    @given(st.lists(LINES, max_size=14))
    def run(script: list[str]) -> None:
        with closing(Session(kind)) as session:
            assert session.opening.disagreements == []
            for line in script:
                try:
                    outcome = session.take(parse(line))
                except BadStep:
                    continue
                assert outcome.disagreements == [], (line, outcome.calls)

    run()
