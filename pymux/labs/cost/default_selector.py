"""Which call does Python's selectors module choose?

selectors.DefaultSelector is the best class that the module select allows, and what that module has is decided
when Python is built for a system. Here a copy of selectors is loaded for each kind of system, with a module
select that has what it has there.

Predict:
    What does selectors choose where select and poll are the only calls?
        - SelectSelector
        - PollSelector
        - EpollSelector
    What does selectors.DefaultSelector choose on Windows?
        - SelectSelector
        - PollSelector
        - a selector of completion ports

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

from pymux.labs.kit import Answer, Finding, Note, Results, Table, Undecided, Workbench, experiment, main

# Which of the calls below the module select has, as its documentation says.
SYSTEMS = {
    "Linux": ("epoll", "poll", "select"),
    "BSD, macOS": ("kqueue", "poll", "select"),
    "other UNIX": ("poll", "select"),
    "Windows": ("select",),
}
CALLS = {"devpoll", "epoll", "kqueue", "poll", "select"}
COMPLETION = "GetQueuedCompletionStatus"  # the call of Windows that waits for completed operations


@experiment("C19")
def the_choice(bench: Workbench) -> Results:
    """Let selectors choose among the calls of each system, and read in asyncio what it does on Windows."""
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
        "On Windows selectors can choose select alone. asyncio has a loop of its own there, which waits for "
        "completed operations and not for descriptors that are ready."
    )
    yield Answer(1, chosen["other UNIX"])
    yield Answer(2, chosen["Windows"])
    yield Finding(
        "C19",
        "depends"
        if (name, descriptor) == ("EpollSelector", "anon_inode:[eventpoll]")
        and chosen["Windows"] == "SelectSelector"
        and waits_for_completion
        and default_does
        else "false",
        f"on this Linux selectors.DefaultSelector is {name}, whose descriptor is an "
        f"{descriptor.partition(':')[2]}; with select alone it is {chosen['Windows']}. But asyncio's "
        "default loop on Windows "
        f"{'waits for completions instead' if waits_for_completion and default_does else 'does so too'}",
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
    """What the call of another system returns, as far as selectors uses it while it chooses."""

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
