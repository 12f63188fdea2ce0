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


def documented(call: str) -> dict[str, str]:
    """Return what the part `Errors:` of a docstring says, by errno."""
    errors = re.search(r"Errors:\n(.*?)\n\s*\n", getattr(pymux, call).__doc__, re.DOTALL)
    assert errors
    said = re.findall(r"^ *(E[A-Z0-9]+): (.*?)\.$(?=\n *\w+:|\Z)", errors[1], re.DOTALL | re.MULTILINE)
    return {name: " ".join(meaning.split()) for name, meaning in said}


@pytest.mark.parametrize("call", CALLS)
def test_the_docstring_alone_says_what_the_table_says(call: str) -> None:
    table = {name(number): meaning for number, meaning in MEANINGS[call].items()}
    assert documented(call) == table


def name(number: int) -> str:
    return "EOPNOTSUPP" if errorcode[number] == "ENOTSUP" else errorcode[number]


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
