"""How pictures look: one colour for each call, mode and model everywhere, and numbers as labels write them.

The colours are those of Okabe and Ito, which colour-blind readers can distinguish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# Text stays text, and the same data gives the same bytes.
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pymux",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_SELECT, _POLL, _LEVEL, _EDGE, _ONE_SHOT = "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"
_MULTISHOT = "#000000"
_BLOCKING, _ON_EPOLL, _LIBRARY = "#8C8C8C", "#66C2A5", "#56B4E9"
_COLOURS = {
    **dict.fromkeys(("select", "pselect6", "select-stdlib"), _SELECT),
    **dict.fromkeys(("poll", "ppoll"), _POLL),
    **dict.fromkeys(
        ("epoll", "epoll_wait", "epoll_pwait", "epoll_pwait2", "LT", "epoll-lt", "watch"), _LEVEL
    ),
    **dict.fromkeys(("epoll ET", "ET", "epoll-et"), _EDGE),
    **dict.fromkeys(("ONESHOT", "io_uring", "uring"), _ONE_SHOT),
    "io_uring multi": _MULTISHOT,
    **dict.fromkeys(("iterative", "fork", "prefork", "threads", "threadpool", "blocking read"), _BLOCKING),
    **dict.fromkeys(("callbacks", "events", "yield", "greenlet"), _ON_EPOLL),
    **dict.fromkeys(("gevent", "asyncio", "uvloop"), _LIBRARY),
}
_OTHERS = ("#332288", "#882255", "#999933", "#6699CC", "#661100", "#44AA99", "#AA4499", "#117733")


def colours(names: Sequence[str]) -> list[str]:
    """Return the colour of each name: that of its call, mode or model, else one that has no other meaning.

    A label such as "select (pselect6)" has the colour of its first word.
    """
    others = iter(_OTHERS * len(names))
    return [_COLOURS.get(name.partition(" (")[0]) or next(others) for name in names]


def number(value: float, _: object = None) -> str:
    """Return a number as an axis shows it: 10,000."""
    return f"{value:,.10g}"
