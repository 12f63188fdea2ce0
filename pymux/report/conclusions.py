"""What `pymux compare` found, in sentences: the figures that a person looks for in the tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pymux.labs.kit.text import listed

if TYPE_CHECKING:
    from pymux.compare.measure import Measurement
    from pymux.report.compare import Result

_KINDS = {"pipe": "pipes", "socketpair": "UNIX sockets", "tcp": "TCP connections", "eventfd": "eventfds"}
_LEVEL, _EDGE, _MULTISHOT = "epoll", "epoll ET", "io_uring multi"
_OTHER_MODES = {_EDGE, _MULTISHOT}  # of the calls that the sentences speak of
_HARDLY_NS = 1.0  # per descriptor: below that the slope is noise


def conclusions(result: Result) -> list[str]:
    """Return a sentence or two for each kind of descriptor."""
    describe = _of_sweep if result.sweep else _of_growth
    return [sentence for kind, measured in result.by_kind() for sentence in describe(result, kind, measured)]


def _of_growth(result: Result, kind: str, measured: list[Measurement]) -> list[str]:
    largest = max(each.n for each in measured)
    times = {_name(each): each for each in measured if each.n == largest}
    ready = next(iter(times.values())).active
    costs = listed(
        [f"{name} takes {_us(each.kernel_us)}" for name, each in times.items() if name not in _OTHER_MODES]
    )
    what = f"{largest:,} {_KINDS[kind]}, {_ready(ready)}"
    sentences = [f"With {what}, {costs}."]
    if _LEVEL in times and (over := times[_LEVEL].over_few):
        sentences.append(f"That is {over.ratio} times as long as with {over.n:,}, measured in turns.")
    slopes = {
        row["call"].partition(" (")[0]: row["slope_ns"] for row in result.slopes() if row["kind"] == kind
    }
    if slopes:
        per = [f"{_slope(ns)} to {name}" for name, ns in slopes.items() if name not in _OTHER_MODES]
        sentences.append(f"Each further {_what_grows(measured)} adds {listed(per)}.")
    return sentences


def _of_sweep(_: Result, kind: str, measured: list[Measurement]) -> list[str]:
    shares = sorted({100 * each.active / each.n for each in measured})
    times = {
        name: {100 * each.active / each.n: each.kernel_us for each in measured if _name(each) == name}
        for name in dict.fromkeys(map(_name, measured))
    }
    what = f"Of {measured[0].n:,} {_KINDS[kind]}"
    sentences = [
        f"{what}: {_crossing(name, [(share, times[_LEVEL][share] - of_call[share]) for share in shares])}"
        for name, of_call in times.items()
        if name not in {_LEVEL, *_OTHER_MODES} and _LEVEL in times
    ]
    for one, other, words in (
        (_EDGE, _LEVEL, "edge triggering costs {} less than level triggering"),
        (_MULTISHOT, _EDGE, "io_uring's multishot poll costs {} less than epoll's edge triggering"),
    ):
        if {one, other} <= times.keys():
            cheaper = [1 - times[one][share] / times[other][share] for share in shares if share]
            if cheaper and min(cheaper) > 0:
                sentences.append(f"{what}: whatever share is ready, {words.format(_range(cheaper))}.")
    return sentences


def _crossing(call: str, gaps: list[tuple[float, float]]) -> str:
    """Return from which share on `call` is cheaper; a gap is how much more epoll costs there."""
    if gaps[0][1] >= 0:
        return f"whatever share is ready, {call} is cheaper than epoll."
    for (share, gap), (next_share, next_gap) in pairwise(gaps):
        if next_gap >= 0:
            place = share + (next_share - share) * gap / (gap - next_gap)
            return f"from {place:.0f} % ready on, {call} is cheaper than epoll."
    return f"whatever share is ready, epoll is cheaper than {call}."


def _name(each: Measurement) -> str:
    return each.label.partition(" (")[0]


def _what_grows(measured: list[Measurement]) -> str:
    if len({each.active for each in measured}) == 1:
        return "idle descriptor"
    return "descriptor, with the same share of them ready,"


def _ready(active: int) -> str:
    return {0: "none ready", 1: "one ready"}.get(active, f"{active:,} of them ready")


def _range(parts: list[float]) -> str:
    low, high = (round(100 * part) for part in (min(parts), max(parts)))
    return f"{low} to {high} %" if low < high else f"{low} %"


def _us(us: float) -> str:
    digits = 0 if us >= 100 else 1 if us >= 10 else 2
    return f"{us:,.{digits}f} µs"


def _slope(ns: float) -> str:
    return f"{ns:,.0f} ns" if ns >= _HARDLY_NS else "nothing measurable"
