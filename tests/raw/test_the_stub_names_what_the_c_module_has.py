"""_ffi.pyi, csrc/api.h and the compiled module have the same functions and constants."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pymux._ffi import lib

if TYPE_CHECKING:
    from pathlib import Path


def test_names(checkout: Path) -> None:
    tree = ast.parse((checkout / "pymux/_ffi.pyi").read_text())
    (stub,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Lib")
    functions = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    constants = {
        node.target.id
        for node in stub.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    header = re.sub(r"/\*.*?\*/", "", (checkout / "csrc/api.h").read_text(), flags=re.S)
    declared = set(re.findall(r"\b(pymux_\w+)\(", header))
    defined = set(re.findall(r"#define (\w+)", (checkout / "csrc/types.cdef").read_text()))
    counted = set(re.findall(r"\b(PYMUX_\w+)", header))  # the members of enums
    assert functions == declared
    assert constants == defined | counted
    assert set(dir(lib)) == declared | defined | counted
