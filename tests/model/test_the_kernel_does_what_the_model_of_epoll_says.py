"""Whatever is opened, registered, written, closed and waited on, epoll answers as pymux/epoll_model.py.

The sequences are the same in every run: a red build means a changed program, not another dice roll.
`make model` rolls the dice for as long as one likes.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from model.epoll_machine import EpollMachine

SETTINGS = settings(max_examples=300, stateful_step_count=40, deadline=None, derandomize=True, database=None)


def test_random_scripts() -> None:
    run_state_machine_as_test(EpollMachine, settings=SETTINGS)
