"""A page for each call: its C prototype, its signature in Python, its errno table, the C library's call."""

from __future__ import annotations

import errno
import inspect
import re
from typing import TYPE_CHECKING, NamedTuple

import pymux
from pymux import libc
from pymux.labs.kit.lab import labs
from pymux.raw.errors import MEANINGS
from pymux.raw.limits import CALLS
from site_pages.markdown import escaped, fenced, prose, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FAMILIES = {
    "select": ("select", "pselect6"),
    "poll": ("poll", "ppoll"),
    "epoll": tuple(call for call in CALLS if call.startswith("epoll")),
}
_IN_C = {"pselect6": "pselect"}  # where the C library has another name
_PARTS = ("Arguments", "Returns", "Rewritten", "Errors", "Kernel or libc", "Threads", "Since Linux")
_OPENS = re.compile(rf"({'|'.join(_PARTS)})(:?)(?=\s)")
_ENTRY = re.compile(r"^(\w+): ", re.MULTILINE)


class Part(NamedTuple):
    """A part of a docstring: the word that opens it, and its paragraphs."""

    name: str
    paragraphs: list[str]


def write_calls(folder: Path) -> None:
    """Write a page for each call into `folder`, and the page that leads to them."""
    folder.mkdir()
    for call in CALLS:
        (folder / f"{call}.md").write_text(_page(call), encoding="utf-8")
    (folder / "index.md").write_text(_index(), encoding="utf-8")


def _index() -> str:
    parts = ["# The calls", _INDEX_OPENING]
    for family, calls in _FAMILIES.items():
        rows = [(f"{{py:func}}`pymux.{call}`", prose(_sentence(call))) for call in calls]
        parts += [f"## {family}", table(("call", "what it does"), rows)]
    parts.append("## Every errno, at a glance")
    parts.append(_matrix())
    parts.append(
        ":::{toctree}\n:hidden:\n\n" + "\n".join(call for of in _FAMILIES.values() for call in of) + "\n:::"
    )
    return "\n\n".join(parts) + "\n"


_INDEX_OPENING = (
    "One function is one system call, with its man-page name and its arguments in man-page order. Each page "
    "has the C prototype, what is passed and returned, and a table of every errno with its cause."
)


def _matrix() -> str:
    """Return which call can fail with which errno."""
    numbers = sorted({number for call in CALLS for number in MEANINGS[call]}, key=_name)
    rows = [
        (
            f"`{_name(number)}`",
            ", ".join(f"[{call}]({call}.md#errors)" for call in CALLS if number in MEANINGS[call]),
        )
        for number in numbers
    ]
    return table(("errno", "calls"), rows)


def _page(call: str) -> str:
    return "\n\n".join(_sections(call)) + "\n"


def _sections(call: str) -> Iterator[str]:
    prototype, sentence, parts = parsed(getattr(pymux, call))
    yield f"# {call}"
    yield fenced(prototype, "c")
    yield _py_function("pymux", getattr(pymux, call), prose(sentence))
    for part in parts:
        yield f"## {_heading(part)}"
        yield _errors(call, part) if part.name == "Errors" else _paragraphs(part)
    yield from _through_libc(_IN_C.get(call, call))
    yield from _labs_about(call)


def _paragraphs(part: Part) -> str:
    return "\n\n".join(prose(_capital(paragraph)) for paragraph in part.paragraphs)


def parsed(function: Callable[..., object]) -> tuple[str, str, list[Part]]:
    """Return a docstring's C prototype, its sentence, and its parts in order."""
    prototype, sentence, *paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    parts: list[Part] = []
    for paragraph in paragraphs:
        opening = _OPENS.match(paragraph)
        if opening:
            parts.append(Part(opening[1], [paragraph[opening.end() :] if opening[2] else paragraph]))
        elif parts:
            parts[-1].paragraphs.append(paragraph)
        else:
            sentence += "\n\n" + paragraph
    return prototype, sentence, parts


def _sentence(call: str) -> str:
    return parsed(getattr(pymux, call))[1]


def _heading(part: Part) -> str:
    return "Since" if part.name == "Since Linux" else part.name


def _py_function(module: str, function: Callable[..., object], words: str) -> str:
    signature = str(inspect.signature(function)).replace("'", "")  # annotations are strings
    name = function.__name__
    return f"````{{py:function}} {name}{signature}\n:module: {module}\n\n{words}\n````"


def _errors(call: str, part: Part) -> str:
    meanings = sorted(MEANINGS[call].items(), key=lambda item: _name(item[0]))
    rows = [
        (f"`{_name(number)}`<br>`{_exception(number)}`", f"{prose(_capital(meaning))}.")
        for number, meaning in meanings
    ]
    rows += [(f"`{name}`", prose(_capital(words))) for name, words in _others(part)]
    return table(("raised", "cause"), rows)


def _others(part: Part) -> list[tuple[str, str]]:
    """Return the exceptions that are no errno of the kernel: pymux raises them before the call."""
    _, *pieces = _ENTRY.split(inspect.cleandoc("\n".join(part.paragraphs)))
    entries = zip(pieces[::2], pieces[1::2], strict=True)
    return [(name, words) for name, words in entries if not hasattr(errno, name)]


def _through_libc(call: str) -> Iterator[str]:
    if call not in libc.__all__:
        return
    function = getattr(libc, call)
    _, *paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    yield "## Through the C library"
    yield _py_function("pymux.libc", function, "\n\n".join(map(prose, paragraphs)))


def _labs_about(call: str) -> Iterator[str]:
    about = [lab for lab in labs().values() if any(f"{call}(2)" in source for source in lab.sources)]
    if about:
        yield "## Labs"
        yield "\n".join(f"- [{lab.name}](../labs/{lab.name}.md): {escaped(lab.question)}" for lab in about)


def _capital(words: str) -> str:
    """Return words as a sentence begins, save where they begin with the name of an argument."""
    words = words.strip()
    return words if words.split()[0] in _ARGUMENTS else words[0].upper() + words[1:]


_ARGUMENTS = {name for call in CALLS for name in inspect.signature(getattr(pymux, call)).parameters}


def _name(number: int) -> str:
    # On Linux ENOTSUP is another name of EOPNOTSUPP, which is the one in the man pages.
    return "EOPNOTSUPP" if number == errno.EOPNOTSUPP else errno.errorcode[number]


def _exception(number: int) -> str:
    return type(OSError(number, "")).__name__
