"""The rules: one file for each fault, a short function over what `pymux.diagnose.world` follows."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from pymux.diagnose.rules.kit import RULES

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["RULES"]
