"""Where tables and messages go: tables to standard output, everything else to standard error."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
err = Console(highlight=False, stderr=True)
