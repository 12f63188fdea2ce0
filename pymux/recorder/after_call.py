"""Do something after every call, in the thread that made it, before its caller goes on.

That is how a trace's lines stand between what the program itself prints, as strace's do. C cannot call back
into Python, and the program would notice a thread that prints now and then; so the functions that the
modules of pymux hold are replaced by ones that make the call and then do the rest. An exception that a
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

_NOT_CALLS = (
    "pymux_allocate",
    "pymux_release",
    "pymux_distrust_memory",
    "pymux_made_by",
    "pymux_recorder_",
)


@contextmanager
def calling_after(after: Callable[[], None]) -> Iterator[None]:
    """Call `after` whenever a call of pymux returned that a module loaded by now has made."""
    replaced: dict[int, Any] = {id(call): _with_after(call, after) for call in _system_calls()}
    other_lib = SimpleNamespace(
        **{name: replaced.get(id(value), value) for name, value in _everything().items()}
    )
    replaced[id(lib)] = other_lib
    restore = []
    for module in _modules():
        for name, value in list(vars(module).items()):
            if id(value) in replaced:
                setattr(module, name, replaced[id(value)])
                restore.append((module, name, value))
    try:
        yield
    finally:
        for module, name, value in restore:
            setattr(module, name, value)


def _with_after(call: Callable[..., Any], after: Callable[[], None]) -> Callable[..., Any]:
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
