"""Each raw call's docstring has its parts in order, names the errnos of the table, and its examples hold."""

from __future__ import annotations

import pkgutil
import re
from errno import errorcode
from typing import TYPE_CHECKING

import pytest

import pymux
import pymux.raw
from pymux import libc
from pymux.raw.errors import MEANINGS
from pymux.raw.limits import CALLS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PARTS = ("Arguments:", "Returns", "Errors:", "Kernel or libc:", "Threads:", "Since Linux")
MODULES = ["pymux", *(f"pymux.raw.{module.name}" for module in pkgutil.iter_modules(pymux.raw.__path__))]


@pytest.mark.parametrize("call", CALLS)
def test_parts(call: str) -> None:
    doc = getattr(pymux, call).__doc__
    assert re.match(r"int \w+\(.*?\);\n\n", doc, re.DOTALL)
    places = [doc.find(f"\n    {part}") for part in PARTS]
    if places[0] == -1:  # Python 3.13 strips the indentation
        places = [doc.find(f"\n{part}") for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert re.search(r"https://man7\.org/linux/man-pages/man2/\w+\.2\.html\s*$", doc)


def documented(call: str) -> set[str]:
    """Return the errnos of a docstring, with those of the calls it refers to."""
    doc = getattr(pymux, call).__doc__
    errors = re.search(r"Errors:(.*?)\n\s*\n", doc, re.DOTALL)
    assert errors
    names = set(re.findall(r"\bE[A-Z]{3,}\b", errors[1])) & set(errorcode.values())
    names |= {"EOPNOTSUPP"} if "EOPNOTSUPP" in errors[1] else set()
    for other in re.findall(r"those of `(\w+)`", errors[1]):
        names |= documented(other)
    return names


@pytest.mark.parametrize("call", CALLS)
def test_errnos_of_the_docstring_are_those_of_the_table(call: str) -> None:
    table = {"EOPNOTSUPP" if errorcode[each] == "ENOTSUP" else errorcode[each] for each in MEANINGS[call]}
    assert documented(call) == table


@pytest.mark.parametrize("call", libc.__all__)
def test_libc_has_its_signature_and_page(call: str) -> None:
    doc = getattr(libc, call).__doc__
    assert doc.startswith(f"int {call}(")
    assert "https://man7.org/linux/man-pages/man2/" in doc


EXAMPLES = """
import doctest, importlib
import pymux
for name in {modules}:
    module = importlib.import_module(name)
    doctest.testmod(module, extraglobs=vars(pymux), raise_on_error=True)
"""


def test_examples_hold(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = python(EXAMPLES.format(modules=MODULES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
