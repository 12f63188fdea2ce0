"""Every lab runs once in a session of tests, and must leave nothing behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache

import pytest

from pymux.labs.kit.lab import labs
from pymux.labs.kit.results import Ran, planned

Verdicts = dict[str, str]


@cache
def ran(name: str) -> list[Ran]:
    """Run a lab, unless it has been run, and check that it leaves no descriptor, thread or child."""
    before = _alive()
    started = planned([labs()[name]])
    for experiment in started:
        experiment.exhibits.extend(experiment.experiment.run())
    assert _alive() == before
    return started


def _alive() -> tuple[set[str], set[threading.Thread], str]:
    with open(f"/proc/self/task/{threading.get_native_id()}/children") as children:
        return set(os.listdir("/proc/self/fd")), set(threading.enumerate()), children.read()


@pytest.fixture(scope="session")
def run_lab() -> Callable[[str], list[Ran]]:
    """Return what a lab showed when it was run."""
    return ran


@pytest.fixture(scope="session")
def verdicts() -> Callable[[str], Verdicts]:
    """Return the verdicts of a lab by claim."""
    return lambda name: {
        finding.claim: finding.verdict for started in ran(name) for finding in started.findings
    }
