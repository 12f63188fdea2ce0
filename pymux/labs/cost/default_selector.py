"""Which call does Python's selectors module choose?

selectors.DefaultSelector is the best that can be made of the module select, and what is in that is decided
when Python is built for a system. Here a copy of selectors is loaded for each kind of system, with a module
select that has what it has there.

Predict:
    What does selectors choose on Linux, on a BSD, where there are poll and select, and where there is select
    alone? And is select really all that a Python program on Windows can wait with?

Claims:
    C19  Python's selectors picks epoll by itself on Linux; Windows has only select

Sources:
    Python, selectors https://docs.python.org/3/library/selectors.html
    Python, select https://docs.python.org/3/library/select.html
    Python, asyncio on Windows https://docs.python.org/3/library/asyncio-platforms.html
"""

from __future__ import annotations

import ast
import asyncio
import os
import runpy
import select
import selectors
import sys
from functools import partial
from pathlib import Path
from types import ModuleType

from pymux.labs.kit import Finding, Note, Results, Table, Undecided, Workbench, experiment, main

# Which of the calls below the module select has, as its documentation says.
SYSTEMS = {
    "Linux": ("epoll", "poll", "select"),
    "BSD, macOS": ("kqueue", "poll", "select"),
    "other UNIX": ("poll", "select"),
    "Windows": ("select",),
}
CALLS = {"devpoll", "epoll", "kqueue", "poll", "select"}
COMPLETION = "GetQueuedCompletionStatus"  # the call of Windows that waits until something has been done


@experiment("C19")
def the_choice(bench: Workbench) -> Results:
    """Let selectors choose among the calls of each system, and read what asyncio does on Windows."""
    chosen = {
        system: bench.child(partial(default_among, calls)).result() for system, calls in SYSTEMS.items()
    }
    with selectors.DefaultSelector() as here:
        name, descriptor = type(here).__name__, os.readlink(f"/proc/self/fd/{here.fileno()}")
    waits_for_completion, default_does = loop_of_windows()
    yield Table(
        "selectors.DefaultSelector",
        ("system", "its select module has", "the choice"),
        tuple((system, ", ".join(calls), chosen[system]) for system, calls in SYSTEMS.items()),
    )
    yield Note(
        "For Windows the module select is all that selectors can choose from. asyncio has a loop "
        "of its own there: it waits for completions, which tell what has been done, and not what can be done."
    )
    yield Finding(
        "C19",
        "depends"
        if (name, descriptor) == ("EpollSelector", "anon_inode:[eventpoll]")
        and chosen["Windows"] == "SelectSelector"
        and waits_for_completion
        and default_does
        else "false",
        f"here it is {name}, whose descriptor is an {descriptor.partition(':')[2]}; with select alone to "
        f"choose from, {chosen['Windows']}; but asyncio's default loop for Windows waits for completions",
    )


def default_among(calls: tuple[str, ...]) -> str:
    """Return what a new copy of selectors chooses; to be run in a child, whose module select it replaces."""
    less = ModuleType("select")
    vars(less).update({name: value for name, value in vars(select).items() if name not in CALLS})
    vars(less).update({name: getattr(select, name, StandIn) for name in calls})
    sys.modules["select"] = less
    copy = runpy.run_path(selectors.__file__)
    return str(copy["DefaultSelector"].__name__)


class StandIn:
    """What a call of another system makes, as far as selectors looks at it while it chooses."""

    def close(self) -> None:
        """Do nothing."""


def loop_of_windows() -> tuple[bool, bool]:
    """Read, in asyncio's source, whether it waits for completions on Windows, and does so by default."""
    try:
        source = Path(asyncio.__file__).with_name("windows_events.py").read_text("utf-8")
    except OSError as error:
        raise Undecided(f"this Python came without its asyncio for Windows ({error})") from None
    nodes = list(ast.walk(ast.parse(source)))
    calls = {ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
    defaults = {
        ast.unparse(node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("DefaultEventLoopPolicy")
    }
    return COMPLETION in calls, any("Proactor" in default for default in defaults)


if __name__ == "__main__":
    main()
