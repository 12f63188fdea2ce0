"""A floor imports only from floors below it, families do not import each other, and the C knows no Python."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLOORS = {
    "_ffi": 0,
    "raw": 1,
    "libc": 2,
    "sampling": 2,
    "streams": 2,
    "bootstrap": 2,
    "recorder": 2,
    "compat": 3,
    "diagnose": 3,
    "epoll_model": 3,
    "servers": 3,
    "labs": 4,
    "compare": 4,
    "course": 5,
    "report": 6,
    "commands": 7,
    "cli": 8,
}
FAMILIES = {"select", "fdset"}, {"poll", "pollfds"}, {"epoll", "events", "params", "interest"}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules of pymux that a file imports anywhere, by their full names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "pymux")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if (node.module or "").split(".")[0] == "pymux":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_each_file_imports_from_its_own_part_or_from_below(checkout: Path) -> None:
    wrong = []
    for path in (checkout / "pymux").rglob("*.py"):
        part = path.relative_to(checkout / "pymux").parts[0].removesuffix(".py")
        if part == "__init__":
            continue  # the face re-exports
        for name in imported(path):
            other = name.split(".")[1] if "." in name else "__init__"
            face = other not in FLOORS  # pymux itself, which stands on floors 1 and 2
            if other != part and (2 if face else FLOORS[other]) >= FLOORS[part]:
                wrong.append(f"{path.name} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("family", FAMILIES, ids=["select", "poll", "epoll"])
def test_families_do_not_import_each_other(family: set[str], checkout: Path) -> None:
    others = set.union(*FAMILIES) - family
    for module in family:
        names = {
            name.split(".")[2] for name in imported(checkout / f"pymux/raw/{module}.py") if ".raw." in name
        }
        assert names & others == set()


def test_c_includes_no_header_of_python(checkout: Path) -> None:
    for path in (checkout / "csrc").iterdir():
        assert (
            re.findall(r"#\s*include\s*[<\"](?:\w*/)?(Python\.h|pyconfig\.h|ffi\.h)", path.read_text()) == []
        )
