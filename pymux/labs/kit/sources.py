"""Where a source can be read: man pages by their name, everything else by the address in its line."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"https?://\S+")
_MAN_PAGE = re.compile(r"(\w+)\((\d)\)")


def address(source: str) -> str | None:
    """Return the address that `source` names: a URL in it, or that of a man page as in "epoll(7)"."""
    if found := _ADDRESS.search(source):
        return found[0]
    if found := _MAN_PAGE.search(source):
        page, section = found.groups()
        return f"https://man7.org/linux/man-pages/man{section}/{page}.{section}.html"
    return None


def title(source: str) -> str:
    """Return `source` without its address."""
    return _ADDRESS.sub("", source).strip()
