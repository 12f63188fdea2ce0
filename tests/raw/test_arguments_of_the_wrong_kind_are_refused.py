"""What is no int, or none that C can hold, is refused where one belongs; so are buffers of another kind."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval, libc, sampling

if TYPE_CHECKING:
    from collections.abc import Callable

# Of each call a set of arguments that does no harm, by parameter name: wrong ones replace one at a time.
HARMLESS: dict[str, Any] = {
    "nfds": 0,
    "readfds": None,
    "writefds": None,
    "exceptfds": None,
    "fds": None,
    "timeout_ms": 0,
    "size": 0,
    "flags": -1,
    "epfd": -1,
    "op": 0,
    "fd": -1,
    "events": None,
    "data": 0,
    "maxevents": 0,
    "params": None,
    "sigmask": None,
    "sigsetsize": 8,
    "repeat": 0,
}
KINDS: dict[str, type] = {
    "readfds": FdSet,
    "writefds": FdSet,
    "exceptfds": FdSet,
    "fds": PollFds,
    "events": EpollEvents,
    "sigmask": SigSet,
    "params": EpollParams,
}
BUFFERS = [FdSet(), PollFds(), EpollEvents(1), SigSet(), EpollParams(), Timeval(), Timespec()]
DOORS = {"pymux": pymux, "libc": libc, "sampling": sampling}
NAMES = (
    "select pselect pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "epoll_pwait2 epoll_get_params epoll_set_params"
)
CALLS = {
    f"{door}.{name}": getattr(module, name)
    for name in NAMES.split()
    for door, module in DOORS.items()
    if name in module.__all__
}


def arguments(call: Callable[..., Any]) -> dict[str, Any]:
    """Return harmless arguments of `call` by name."""
    names = inspect.signature(call).parameters
    timeout = Timeval() if call.__name__ == "select" else Timespec()
    given = {**HARMLESS, "timeout": timeout, "rearm": 0}
    if call.__name__ == "epoll_ctl":
        given["events"] = 0
    return {name: given[name] for name in names}


def is_buffer(call: Callable[..., Any], name: str) -> bool:
    return name == "timeout" or (name in KINDS and not (call.__name__ == "epoll_ctl" and name == "events"))


CASES = [(call, name) for call in CALLS for name in arguments(CALLS[call])]
NUMBERS = [(call, name) for call, name in CASES if not is_buffer(CALLS[call], name)]
OPTIONAL = [("pymux.epoll_ctl", "events"), ("pymux.epoll_ctl", "data"), ("sampling.epoll_ctl", "data")]
WIDE = ("data", "sigsetsize")  # 64 bits
POINTERS = [(call, name) for call, name in CASES if is_buffer(CALLS[call], name)]


@pytest.mark.parametrize("wrong", [1.0, 0.5, "1", b"1", [1], FdSet()], ids=repr)
@pytest.mark.parametrize(("call", "name"), NUMBERS)
def test_what_is_no_int_is_a_type_error(call: str, name: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be an int"):
        CALLS[call](**{**arguments(CALLS[call]), name: wrong})


@pytest.mark.parametrize(("call", "name"), [case for case in NUMBERS if case not in OPTIONAL])
def test_none_is_no_int(call: str, name: str) -> None:
    with pytest.raises(TypeError, match="must be an int"):
        CALLS[call](**{**arguments(CALLS[call]), name: None})


@pytest.mark.parametrize("wrong", [2**100, -(2**40), 2**40])
@pytest.mark.parametrize(("call", "name"), NUMBERS)
def test_what_c_cannot_hold_is_refused(call: str, name: str, wrong: int) -> None:
    wrong = 2**64 if name in WIDE and wrong > 0 else wrong
    with pytest.raises((OverflowError, ValueError), match=f"{name}={wrong}|{wrong} does not fit"):
        CALLS[call](**{**arguments(CALLS[call]), name: wrong})


@pytest.mark.parametrize(("call", "name"), POINTERS)
def test_a_buffer_of_another_kind_is_a_type_error(call: str, name: str) -> None:
    own = KINDS.get(name) or type(arguments(CALLS[call])["timeout"])
    wrong = [*(each for each in BUFFERS if type(each) is not own), 0, "x", b"\0" * 128, [], (3,)]
    for each in wrong:
        with pytest.raises(
            TypeError, match=f"{name} must be {own.__name__} or None, not {type(each).__name__}"
        ):
            CALLS[call](**{**arguments(CALLS[call]), name: each})


class Index:
    """An int by __index__ alone."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def test_what_has_an_index_is_an_int() -> None:
    assert pymux.poll(None, Index(0), Index(0)) == 0  # type: ignore[arg-type]
    assert pymux.select(Index(0), None, None, None, Timeval(Index(0))) == 0  # type: ignore[arg-type]
    assert list(FdSet(Index(64), [Index(3)])) == [3]  # type: ignore[arg-type, list-item]
