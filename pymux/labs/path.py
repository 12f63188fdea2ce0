"""The path through the labs: the sections, each a folder here, and the order of the labs in them."""

from typing import NamedTuple


class Section(NamedTuple):
    """A part of the path: its folder, its title, and its labs from first to last."""

    folder: str
    title: str
    labs: tuple[str, ...]


PATH = (
    Section("start", "Start here", ("level-edge", "fd-limits", "scan-cost", "select-writes")),
    Section("edge", "Edge triggering", ("edge-bugs", "oneshot-threads", "herd", "edge-speed")),
    Section(
        "cost",
        "Limits and cost",
        (
            "mmap-myth",
            "crossover",
            "churn",
            "shared-table",
            "uring",
            "many-waits",
            "timeouts",
            "default-selector",
        ),
    ),
    Section(
        "traps",
        "Traps",
        ("files", "busy-loops", "ghosts", "close-elsewhere", "fairness", "nesting", "fork", "signals"),
    ),
    Section(
        "servers",
        "Servers and load",
        ("io-models", "signal-driven", "page-cache", "few-or-many", "one-loop", "ten-thousand"),
    ),
    Section(
        "processes",
        "Processes and coroutines",
        ("processes", "pools", "parents", "turns", "coroutines", "sleeping", "crawl"),
    ),
)
