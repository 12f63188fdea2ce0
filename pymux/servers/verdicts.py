"""What the trials say of the tutorial's claims. A claim about which nothing was tried gets no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymux.servers.trial import Trial

_MANY = 10_000


class Verdict(NamedTuple):
    """A claim's id, whether it holds, and what was seen."""

    claim: str
    verdict: str  # holds or false
    evidence: str


def verdicts(trials: Sequence[Trial]) -> list[Verdict]:
    """Return the verdicts that these trials give."""
    tried = {trial.model: trial for trial in trials if not trial.interrupted and trial.wanted >= _MANY}
    found = []
    if callbacks := tried.get("callbacks"):
        found.append(Verdict("C30", _holds(not callbacks.reason), _held(callbacks)))
    coroutines = [tried[name] for name in ("yield", "greenlet") if name in tried]
    threads = tried.get("threads")
    if coroutines and threads:
        fewer = all(_switches(trial) < _switches(threads) for trial in coroutines)
        one_thread = all(trial.held.threads == 1 and not trial.reason for trial in coroutines)
        seen = (
            f"{_held(trial)}, {_switches(trial):.3f} switches an echo" for trial in (*coroutines, threads)
        )
        evidence = "; ".join(seen)
        found.append(Verdict("C35", _holds(fewer and one_thread), evidence))
    return found


def _holds(what: bool) -> str:
    return "holds" if what else "false"


def _held(trial: Trial) -> str:
    outcome = trial.outcome
    return (
        f"{trial.model}: {outcome.answered:,} of {trial.wanted:,} connections, {outcome.echoes:,} echoes, "
        f"{outcome.wrong} with a wrong byte, {trial.held.threads:,} threads"
    )


def _switches(trial: Trial) -> float:
    return trial.exchange.switches / max(1, trial.outcome.echoes)
