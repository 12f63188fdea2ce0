"""`import pymux` brings in the standard library, cffi's runtime and pymux, and nothing of the extras."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

TEXT = """
import json, sys
before = set(sys.modules)
import pymux, pymux.libc, pymux.sampling
new = {name.split(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(new - set(sys.stdlib_module_names))))
"""


def test_modules(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert set(json.loads(python(TEXT).stdout)) <= {"pymux", "_cffi_backend"}
