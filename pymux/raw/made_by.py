"""Which of the older calls the newer call of the pair makes, because the architecture never had them.

arm64 and riscv64 have no select, poll, epoll_create and epoll_wait; 32-bit architectures lack select as
pymux calls it. C then makes the newer call, as the C library does, and so does every architecture where
pymux was compiled with PYMUX_WITHOUT_OLD_CALLS.
"""

from __future__ import annotations

from pymux._ffi import lib

_PAIRS = {
    "select": "pselect6",
    "poll": "ppoll",
    "epoll_create": "epoll_create1",
    "epoll_wait": "epoll_pwait",
}


def _number(call: str) -> int:
    return int(getattr(lib, f"PYMUX_{call}"))


# Empty on x86-64.
MADE_BY: dict[str, str] = {
    older: newer for older, newer in _PAIRS.items() if lib.pymux_made_by(_number(older)) == _number(newer)
}


def made(call: str) -> str:
    """Return the name of the system call that `pymux.<call>` makes, as strace shows it."""
    return MADE_BY.get(call, call)


def labelled(call: str, name: str = "") -> str:
    """Return `name`, or `call` itself, and in brackets the call that makes it where that is another.

    labelled("select") is "select", and "select (pselect6)" where pselect6 makes it.
    """
    name = name or call
    return f"{name} ({MADE_BY[call]})" if call in MADE_BY else name
