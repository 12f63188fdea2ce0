"""The results of a run of all labs, as `make verdicts` keeps them beside the page of verdicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.labs.kit import model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PARTS: dict[str, Callable[..., Any]] = {
    "lines": model.Line,
    "lanes": model.Lane,
    "bars": model.Bar,
    "marks": model.Mark,
}
_KINDS: dict[str, Callable[..., model.Result]] = {
    each.__name__.lower(): each
    for each in (model.Finding, model.Note, model.Table, model.Plot, model.Timeline, model.Answer)
}


class KeptLabs(NamedTuple):
    """One run of all labs: its day, its machine, the results by the names of lab and experiment."""

    day: str
    machine: dict[str, str | int]
    results: dict[str, dict[str, list[model.Result]]]


def kept_labs(file: Path) -> KeptLabs:
    """Read what was kept."""
    content = json.loads(file.read_text(encoding="utf-8"))
    results = {
        lab["name"]: {
            experiment["name"]: [_result(**values) for values in experiment["results"]]
            for experiment in lab["experiments"]
        }
        for lab in content["labs"]
    }
    return KeptLabs(content["day"], content["machine"], results)


def _result(kind: str, **values: Any) -> model.Result:
    return _KINDS[kind](**{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: Any) -> Any:
    """Return a field's value with the classes and tuples that JSON has no notion of."""
    if not isinstance(value, list):
        return value
    part = _PARTS.get(name)
    return tuple(
        part(**{key: _value(key, inner) for key, inner in each.items()}) if part else _value("", each)
        for each in value
    )
