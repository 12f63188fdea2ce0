"""Run CPython's own tests with pymux's modules in the place of the standard ones.

    python tests/cpython_suite.py nothing|select|selectors MODULE...

`select` replaces that module, `selectors` both; `nothing` is the baseline.
"""

from __future__ import annotations

import importlib
import sys
import unittest

REPLACED = {"nothing": (), "select": ("select",), "selectors": ("select", "selectors")}


def main(what: str, modules: list[str]) -> None:
    """Replace `what`, before anything imports the standard one, and run the tests in `modules`."""
    assert not {"select", "selectors"} & sys.modules.keys(), "imported before it could be replaced"
    for name in REPLACED[what]:
        # select first: pymux.compat.selectors imports the standard selectors, and that imports select.
        sys.modules[name] = importlib.import_module(f"pymux.compat.{name}")

    support = importlib.import_module("test.support")
    support.__dict__["use_resources"] = []  # no network, no long waits
    unittest.main(module=None, argv=["cpython_suite", *modules])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
