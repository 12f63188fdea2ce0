"""A line that was typed, made into a step; what cannot be understood gets a sentence that says what can."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from pymux.diagnose.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST = 200  # bytes, connections, a count: no buffer is full with so many, however small the writes
OBJECT_NAMES = ("pipe", "socketpair", "tcp", "listener", "eventfd", "timerfd")
EVENT_NAMES = ("in", "out", "rdhup")
CLOSABLE = ("watched", "peer", "copy", "child")
ENDS = ("peer", "watched")
_QUOTED = 30  # characters of a line that a message repeats


class BadStep(ValueError):
    """A step that cannot be taken; the message says why. Nothing has changed."""


class Step(NamedTuple):
    """A step as it is taken: what is left out in the line is filled in."""

    name: str
    number: int = 0
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.name, *([str(self.number)] if self.number else []), *self.words])


class _Form(NamedTuple):
    usage: str
    meaning: str
    parse: Callable[[str, list[str]], Step]


def parse(line: str) -> Step:
    """Return the step that a line names."""
    name, *words = line.split()
    name = name.lower()
    if name not in FORMS:
        raise BadStep(f"There is no step {_quoted(name)}.{_suggestion(name, FORMS)} help lists the steps.")
    return FORMS[name].parse(name, [word.lower() for word in words])


def help_lines() -> list[tuple[str, str]]:
    """Return each step with what it does."""
    return [(form.usage, form.meaning) for form in FORMS.values()]


def completions() -> dict[str, set[str] | None]:
    """Return each step with the words that may follow it."""
    following = {"mod": EVENT_NAMES, "close": CLOSABLE, "shutdown": ENDS, "on": OBJECT_NAMES}
    return {name: set(following[name]) if name in following else None for name in FORMS}


def _alone(name: str, words: list[str]) -> Step:
    if words:
        raise BadStep(f"{name} takes nothing after it, not {_quoted(' '.join(words))}.")
    return Step(name)


def _with_number(name: str, words: list[str]) -> Step:
    word = words[0] if words else "1"
    right = len(words) < 2 and word.isascii() and word.isdecimal() and len(word) < 10
    if not right or not 1 <= int(word) <= MOST:
        raise BadStep(f"{name} takes one number from 1 to {MOST}, not {_quoted(' '.join(words))}.")
    return Step(name, int(word))


def _with_one_of(choices: tuple[str, ...], default: str) -> Callable[[str, list[str]], Step]:
    def parse_choice(name: str, words: list[str]) -> Step:
        word = words[0] if words else default
        if len(words) > 1 or word not in choices:
            raise BadStep(f"{name} takes one of {', '.join(choices)}, not {_quoted(' '.join(words))}.")
        return Step(name, words=(word,))

    return parse_choice


def _with_events(name: str, words: list[str]) -> Step:
    for word in words:
        if word not in EVENT_NAMES:
            raise BadStep(f"{name} takes events ({', '.join(EVENT_NAMES)}), not {_quoted(word)}.")
    return Step(name, words=tuple(each for each in EVENT_NAMES if each in words))


def _with_object(name: str, words: list[str]) -> Step:
    if len(words) != 1 or words[0] not in OBJECT_NAMES:
        given = _quoted(" ".join(words) or "nothing")
        raise BadStep(f"{name} takes an object ({', '.join(OBJECT_NAMES)}), not {given}.")
    return Step(name, words=(words[0],))


FORMS: dict[str, _Form] = {
    "write": _Form(
        "write N", "the peer writes N bytes; N clients connect; N is added; N expirations", _with_number
    ),
    "read": _Form(
        "read N", "reads up to N bytes; accepts up to N connections; takes the counter", _with_number
    ),
    "wait": _Form("wait", "each mode waits once, with a timeout of 0", _alone),
    "mod": _Form(
        "mod [in] [out] [rdhup]",
        "EPOLL_CTL_MOD in each epoll, with these events or those of before",
        _with_events,
    ),
    "oneshot": _Form(
        "oneshot", "EPOLL_CTL_MOD with EPOLLONESHOT added in each epoll, until the next mod", _alone
    ),
    "close": _Form(
        "close [peer|copy|child]",
        "closes the watched descriptor, or another; ends the child",
        _with_one_of(CLOSABLE, "watched"),
    ),
    "dup": _Form("dup", "copies the watched descriptor", _alone),
    "fork": _Form("fork", "forks a child, which has every descriptor too", _alone),
    "shutdown": _Form(
        "shutdown [watched]", "the peer, or the watched end, sends no more", _with_one_of(ENDS, "peer")
    ),
    "on": _Form("on OBJECT", f"starts with another object: {', '.join(OBJECT_NAMES)}", _with_object),
    "undo": _Form("undo", "goes back by one step, by replay of those before", _alone),
    "help": _Form("help", "lists the steps", _alone),
    "quit": _Form("quit", "ends, as Ctrl-D does", _alone),
}


def _quoted(text: str) -> str:
    return f"'{printable(text, _QUOTED)}'"


def _suggestion(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, list(names), 1)
    return f" Did you mean {close[0]}?" if close else ""
