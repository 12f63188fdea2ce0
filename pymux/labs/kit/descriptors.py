"""Descriptors: as many as an experiment takes, and what arrives on one."""

from __future__ import annotations

import os
import resource
import select

from pymux.labs.kit.deadline import WAIT_S
from pymux.labs.kit.model import Undecided
from pymux.raw.limits import raise_nofile


def need_descriptors(n: int) -> None:
    """Have this process allowed to open `n` descriptors; Undecided where its hard limit is lower."""
    allowed = raise_nofile(n)
    if 0 <= allowed < n:
        raise Undecided(f"this process may open {allowed:,} descriptors (ulimit -Hn), and it takes {n:,}")


def allow_descriptors(n: int) -> None:
    """Lower, or raise, the soft limit of this process to `n`; Undecided where its hard limit is lower."""
    need_descriptors(n)
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def read_soon(fd: int, size: int, what: str) -> bytes:
    """Read what another thread or process writes; Undecided where `what` does not happen in time."""
    waiting = select.poll()  # Python's own: a recorder of the experiment's calls does not see it
    waiting.register(fd, select.POLLIN)
    if not waiting.poll(WAIT_S * 1000):
        raise Undecided(f"within {WAIT_S:g} s it was not seen that {what}")
    return os.read(fd, size)
