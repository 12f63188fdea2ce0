"""What is shown after a step."""

from __future__ import annotations

from typing import NamedTuple


class Mode(NamedTuple):
    """One way to watch: what the kernel reports, what the model expected, and why."""

    name: str
    kernel: str
    model: str
    why: str
    agrees: bool


class Registered(NamedTuple):
    """A registration of one epoll, as the kernel lists it."""

    mode: str
    epfd: int
    text: str


class Outcome(NamedTuple):
    """A step that was taken, and all that can be seen after it."""

    title: str
    remark: str
    calls: list[str]
    waiting: str
    waited: bool  # whether the modes have waited; otherwise they show what a wait would report
    modes: list[Mode]
    registered: list[Registered]
    disagreements: list[str]
