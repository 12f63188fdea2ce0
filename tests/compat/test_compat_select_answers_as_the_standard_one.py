"""pymux.compat.select answers as the standard `select` does: the same results, errors and words.

Each case is done with both modules, on descriptors in the same state, and the outcomes are compared.
"""

from __future__ import annotations

import copy
import math
import os
import pickle
import select as standard
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pymux.compat import select as ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


class Fileno:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fileno(self) -> Any:
        return self.answer


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class OwnList(list[Any]):
    pass


class Shortens:
    """A member of a list that takes the last one away while select walks the list."""

    def __init__(self, home: list[Any], fd: int) -> None:
        self.home, self.fd = home, fd

    def fileno(self) -> int:
        del self.home[-1]
        return self.fd


def shortening(home: list[Any], fd: int) -> list[Any]:
    home.extend(Shortens(home, fd) for _ in range(10))
    return home


NUMBERS = [0, -1, 1, 2**15, 2**16 - 1, 2**16, 2**31 - 1, 2**31, 2**32 + 1, 2**62, 2**70, -(2**31)]
NUMBERS += [-(2**31) - 1, -(2**70)]
NO_NUMBERS = [None, "x", 1.0, Decimal(0), math.nan, math.inf, -math.inf, 1e30]
ODD = [*NO_NUMBERS, Index(1)]
# Never one that would wait: something is always ready where the timeout is not 0.
TIMEOUTS = [*NUMBERS, *ODD, 0.0, -0.0, -1e-10, -1e-9, -0.001, 2147483.647, 2147483.648, 1e-10, True]
DESCRIPTORS = [-1, 900, 1023, 1024, 2**31, -(2**40), 2**70, True, 1.5, None, object(), Index(0)]
DESCRIPTORS += [Fileno("x"), Fileno(-5), Fileno(2**40), Fileno(None)]


def _select_timeout(select: Any, r: int, w: int, timeout: Any) -> Any:
    return select.select([], [w], [], timeout)


def _select_descriptor(select: Any, r: int, w: int, fd: Any) -> Any:
    return [[str(type(one)) for one in some] for some in select.select([fd], [w], [], 0)]


def _select_lists(select: Any, r: int, w: int, what: str) -> Any:
    thing = Fileno(w)
    lists: dict[str, Callable[[], Any]] = {
        "twice the same": lambda: select.select([r], [w, w], [], 0),
        "the object itself": lambda: select.select([], [thing], [], 0)[1][0] is thing,
        "any iterable": lambda: select.select({r}, iter([w]), (), 0),
        "no iterable": lambda: select.select(1, [], []),
        "an iterable that fails": lambda: select.select((1 // 0 for _ in "x"), [], []),
        "too many": lambda: select.select([w] * 1025, [], [], 0),
        "as many as fit": lambda: len(select.select([], [w] * 1024, [], 0)[1]),
        "shortened meanwhile": lambda: len(select.select([], shortening([], w), [], 0)[1]),
        "a list of another type": lambda: len(select.select([], shortening(OwnList(), w), [], 0)[1]),
        "none at all": lambda: select.select([], [], [], 0),
    }
    return lists[what]()


SELECT_LISTS = [
    "twice the same",
    "the object itself",
    "any iterable",
    "no iterable",
    "an iterable that fails",
    "too many",
    "as many as fit",
    "shortened meanwhile",
    "a list of another type",
    "none at all",
]


def _poll_timeout(select: Any, r: int, w: int, timeout: Any) -> Any:
    poll = select.poll()
    poll.register(w)
    return poll.poll(timeout)


def _poll_descriptor(select: Any, r: int, w: int, fd: Any) -> Any:
    poll = select.poll()
    poll.register(fd)
    return poll.poll(0)


def _poll_mask(select: Any, r: int, w: int, mask: Any) -> Any:
    poll = select.poll()
    poll.register(w, mask)
    poll.modify(w, mask)
    return poll.poll(0)


def _poll_more(select: Any, r: int, w: int, what: str) -> Any:
    poll = select.poll()
    poll.register(r, select.POLLIN)
    poll.register(w, select.POLLOUT)
    more: dict[str, Callable[[], Any]] = {
        "modify what is unknown": lambda: poll.modify(900, 1),
        "unregister what is unknown": lambda: poll.unregister(900),
        "unregister what is no descriptor": lambda: poll.unregister("x"),
        "in the order of registration": lambda: (poll.register(r, select.POLLNVAL), poll.poll(0)),
        "a closed descriptor": lambda: (poll.register(900), poll.poll(0)),
        "cannot be made": lambda: type(poll)(),
        "cannot be copied": lambda: copy.copy(poll),
        "cannot be pickled": lambda: pickle.dumps(poll),
        "its name": lambda: (repr(poll).partition(" at ")[0], str(type(poll)), poll == poll, bool(poll)),
    }
    return more[what]()


POLL_MORE = [
    "modify what is unknown",
    "unregister what is unknown",
    "unregister what is no descriptor",
    "in the order of registration",
    "a closed descriptor",
    "cannot be made",
    "cannot be copied",
    "cannot be pickled",
    "its name",
]


def _epoll_timeout(select: Any, r: int, w: int, timeout: Any) -> Any:
    with select.epoll() as epoll:
        epoll.register(w)
        return epoll.poll(timeout)


def _epoll_descriptor(select: Any, r: int, w: int, fd: Any) -> Any:
    with select.epoll() as epoll:
        epoll.register(fd)
        return epoll.poll(0)


def _epoll_mask(select: Any, r: int, w: int, mask: Any) -> Any:
    with select.epoll() as epoll:
        epoll.register(w, mask)
        epoll.modify(w, mask)
        return epoll.poll(0)


def _epoll_maxevents(select: Any, r: int, w: int, maxevents: Any) -> Any:
    with select.epoll() as epoll:
        epoll.register(w)
        return epoll.poll(0, maxevents)


def _epoll_sizehint(select: Any, r: int, w: int, sizehint: Any) -> Any:
    return select.epoll(sizehint).close()


def _epoll_flags(select: Any, r: int, w: int, flags: Any) -> Any:
    return select.epoll(flags=flags).close()


def _epoll_fromfd(select: Any, r: int, w: int, fd: Any) -> Any:
    epoll = select.epoll.fromfd(fd)
    return epoll.close(), epoll.closed


def _epoll_more(select: Any, r: int, w: int, what: str) -> Any:
    closed = select.epoll()
    closed.close()
    with select.epoll() as epoll:
        more: dict[str, Callable[[], Any]] = {
            "twice": lambda: (epoll.register(r), epoll.register(r)),
            "modify what is unknown": lambda: epoll.modify(r, 1),
            "unregister what is unknown": lambda: epoll.unregister(r),
            "itself": lambda: epoll.register(epoll),
            "a file": lambda: _with_file(epoll.register),
            "by keyword": lambda: (
                epoll.register(fd=w, eventmask=4),
                epoll.modify(fd=w, eventmask=1),
                epoll.unregister(fd=w),
                epoll.poll(timeout=0, maxevents=3),
            ),
            "closed: close": lambda: (closed.close(), closed.closed),
            "closed: fileno": lambda: closed.fileno(),
            "closed: poll": lambda: closed.poll("x"),
            "closed: register": lambda: closed.register(r),
            "closed: modify": lambda: closed.modify(r, 1),
            "closed: unregister": lambda: closed.unregister(r),
            "closed: register what is none": lambda: closed.register("x"),
            "closed: enter": lambda: closed.__enter__(),
            "not inherited": lambda: (os.get_inheritable(epoll.fileno()), epoll.closed),
            "from a number that is no epoll": lambda: select.epoll.fromfd(r).poll(0),
            "exit with arguments": lambda: (epoll.__exit__(1, 2, 3), epoll.closed),
            "cannot be copied": lambda: copy.copy(epoll),
            "its name": lambda: (repr(epoll).partition(" at ")[0], str(type(epoll))),
        }
        return more[what]()


def _with_file(register: Callable[[Any], Any]) -> Any:
    with open(os.__file__) as file:
        return register(file)


EPOLL_MORE = [
    "twice",
    "modify what is unknown",
    "unregister what is unknown",
    "itself",
    "a file",
    "by keyword",
    "closed: close",
    "closed: fileno",
    "closed: poll",
    "closed: register",
    "closed: modify",
    "closed: unregister",
    "closed: register what is none",
    "closed: enter",
    "not inherited",
    "exit with arguments",
    "cannot be copied",
    "its name",
]

CASES = [
    *((_select_timeout, one) for one in TIMEOUTS),
    *((_select_descriptor, one) for one in DESCRIPTORS),
    *((_select_lists, one) for one in SELECT_LISTS),
    *((_poll_timeout, one) for one in TIMEOUTS),
    *((_poll_descriptor, one) for one in DESCRIPTORS),
    *((_poll_mask, one) for one in NUMBERS + ODD),
    *((_poll_more, one) for one in POLL_MORE),
    *((_epoll_timeout, one) for one in TIMEOUTS),
    *((_epoll_descriptor, one) for one in DESCRIPTORS),
    *((_epoll_mask, one) for one in NUMBERS + ODD),
    *((_epoll_maxevents, one) for one in [0, -1, -2, 1, 5, *ODD, 2**31, 2**70]),
    *((_epoll_sizehint, one) for one in NUMBERS + ODD),
    *((_epoll_flags, one) for one in NUMBERS + ODD + [os.O_CLOEXEC]),
    *((_epoll_fromfd, one) for one in [-1, 900, *NO_NUMBERS, 2**31, 2**70]),
    *((_epoll_more, one) for one in EPOLL_MORE),
]


def outcome(case: Callable[..., Any], module: ModuleType, r: int, w: int, value: Any) -> Any:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        answer: Any
        try:
            answer = "returned", case(module, r, w, value)
        except Exception as error:
            answer = type(error), error.args
    return answer, [(one.category, str(one.message), one.filename) for one in warned]


@pytest.mark.parametrize(("case", "value"), CASES)
def test_compat_select_answers_as_the_standard_one(case: Callable[..., Any], value: Any, keep: Any) -> None:
    r, w = keep.pipe()
    assert outcome(case, ours, r, w, value) == outcome(case, standard, r, w, value)
