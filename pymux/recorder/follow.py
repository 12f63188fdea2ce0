"""Do something after every call, in the thread that made it, before its caller goes on.

That is how lines stand between what the program itself prints, as strace's do. C has no way back into
Python, and a thread that prints now and then would be seen by the program; so the functions that the
modules of pymux hold are replaced by ones that make the call and then tell of it. An exception that a
signal handler raises comes out where it would without that.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import BuiltinFunctionType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from pymux._ffi import lib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOT_CALLS = ("pymux_allocate", "pymux_release", "pymux_epoll_pairs", "pymux_recorder_")


@contextmanager
def following(after: Callable[[], None]) -> Iterator[None]:
    """Call `after` whenever a call of pymux returned that a module loaded by now has made."""
    followed: dict[int, Any] = {id(call): _followed(call, after) for call in _system_calls()}
    replaced_lib = SimpleNamespace(
        **{name: followed.get(id(value), value) for name, value in _everything().items()}
    )
    followed[id(lib)] = replaced_lib
    restore = []
    for module in _modules():
        for name, value in list(vars(module).items()):
            if id(value) in followed:
                setattr(module, name, followed[id(value)])
                restore.append((module, name, value))
    try:
        yield
    finally:
        for module, name, value in restore:
            setattr(module, name, value)


def _followed(call: Callable[..., Any], after: Callable[[], None]) -> Callable[..., Any]:
    def make(*arguments: Any) -> Any:
        result = call(*arguments)
        after()
        return result

    return make


def _everything() -> dict[str, Any]:
    return {name: getattr(lib, name) for name in dir(lib)}


def _system_calls() -> list[Callable[..., Any]]:
    return [
        value
        for name, value in _everything().items()
        if isinstance(value, BuiltinFunctionType) and not name.startswith(_NOT_CALLS)
    ]


def _modules() -> list[ModuleType]:
    """The modules that make calls: not the compiled one, and the recorder makes none."""
    return [
        module
        for name, module in sys.modules.items()
        if name.startswith("pymux.")
        and not name.startswith(("pymux._ffi", "pymux.recorder"))
        and module is not None
    ]
