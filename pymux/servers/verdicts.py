"""What trials decide about the tutorial's claims: for `pymux c10k` and for the labs.

Evidence is what comes out the same each time; `measured` holds the figures of this run.
"""

from __future__ import annotations

import ast
from importlib import import_module
from inspect import getsource
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymux.servers.trial import Trial

MANY = 10_000
_FAR = 3  # times: by which costs differ that are called different
_MANY_ENOUGH = 100  # connections: fewer do not show what one of them costs
# What a model is written in, beside what all share.
_FILES = {
    "fork": ("fork", "blocking", "processes"),
    "threads": ("threads", "blocking"),
    "callbacks": ("callbacks", "loop", "connection"),
}


class Verdict(NamedTuple):
    """A claim's id, the verdict, and what was seen."""

    claim: str
    verdict: Literal["holds", "false", "depends"]
    evidence: str
    measured: str = ""


def verdicts(trials: Sequence[Trial]) -> list[Verdict]:
    """Return the verdicts that these trials give; claims without their trials get none."""
    tried = {trial.model: trial for trial in trials if not trial.interrupted}
    many = {model: trial for model, trial in tried.items() if trial.wanted >= MANY}
    found = []
    if tried.keys() >= _FILES.keys() and all(tried[model].wanted >= _MANY_ENOUGH for model in _FILES):
        found.append(what_each_costs(*(tried[model] for model in _FILES)))
    if "callbacks" in many:
        found.append(callbacks_serve_many(many["callbacks"]))
    if "yield" in many and "threads" in tried:
        found.append(coroutines_switch_alone(many["yield"], tried["threads"]))
    if "yield" in tried and "fork" in tried:
        found.append(coroutines_use_one_core(tried["yield"], tried["fork"]))
    return found


def callbacks_serve_many(callbacks: Trial) -> Verdict:
    """C30: ten thousand concurrent connections are served by the selectors server."""
    return Verdict("C30", _holds(not callbacks.reason), _held(callbacks))


def coroutines_switch_alone(coroutines: Trial, threads: Trial) -> Verdict:
    """C35: a coroutine switch needs no context switch; tens of thousands fit one CPU."""
    rarely = _switches(coroutines) * _FAR < min(1.0, _switches(threads))
    one_thread = coroutines.held.threads == coroutines.servers
    return Verdict(
        "C35",
        _holds(rarely and one_thread and not coroutines.reason),
        f"{_held(coroutines)}. An echo took {'fewer' if rarely else 'no fewer'} context switches than 1 in "
        f"{_FAR}, and {'' if rarely else 'not '}less than a third of those with {threads.model}",
        f"Here {_switches(coroutines):.3f} context switches per echo, and {_switches(threads):.1f} with "
        f"{threads.held.threads:,} {threads.model}.",
    )


def what_each_costs(fork: Trial, threads: Trial, callbacks: Trial) -> Verdict:
    """C28: a process costs most and is simplest, an event loop is the most complex to write."""
    process, thread, handler = (kib_per_connection(trial) for trial in (fork, threads, callbacks))
    in_order = process > _FAR * thread and thread > _FAR * handler
    sizes = {model: sum(map(_statements, files)) for model, files in _FILES.items()}
    simplest, *_, longest = sorted(sizes, key=lambda model: sizes[model])
    as_said = (simplest, longest) == ("fork", "callbacks")
    return Verdict(
        "C28",
        ("holds" if as_said else "depends") if in_order else "false",
        f"as a process a connection takes {'' if in_order else 'not '}more than {_FAR} times the memory "
        f"that it takes as a thread, and as a thread {'' if in_order else 'not '}more than {_FAR} times "
        f"that of a handler. Of the three servers {simplest} has the fewest statements and {longest} the "
        "most",
        f"KiB (PSS) per connection: {process:,.0f}, {thread:,.0f} and {handler:,.1f}.",
    )


def coroutines_use_one_core(coroutines: Trial, processes: Trial) -> Verdict:
    """C36, as far as the trials go: a coroutine cannot use a second core."""
    alone = coroutines.held.threads == coroutines.servers
    return Verdict(
        "C36",
        _holds(alone and processes.held.processes > coroutines.wanted),
        f"for {coroutines.wanted:,} connections {coroutines.model} has {coroutines.held.threads} thread, "
        f"which runs on one core at a time, and {processes.model} has {processes.held.processes:,} processes",
    )


def _holds(what: bool) -> Literal["holds", "false"]:
    return "holds" if what else "false"


def _held(trial: Trial) -> str:
    outcome, threads = trial.outcome, trial.held.threads
    return (
        f"{trial.model} held {outcome.answered:,} of {trial.wanted:,} connections at once with {threads} "
        f"thread{'s' * (threads > 1)} and sent {outcome.echoes:,} echoes, {outcome.wrong} with a wrong byte"
    )


def _switches(trial: Trial) -> float:
    return trial.exchange.switches / max(1, trial.outcome.echoes)


def kib_per_connection(trial: Trial) -> float:
    """Return the memory (PSS) of the server per connection, in KiB."""
    return (trial.held.pss_kib - trial.empty.pss_kib) / max(1, trial.outcome.answered)


def _statements(file: str) -> int:
    """Return how many statements a file has that do something."""
    nodes = ast.walk(ast.parse(getsource(import_module(f"pymux.servers.{file}"))))
    return sum(
        isinstance(node, ast.stmt) and not isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes
    )
