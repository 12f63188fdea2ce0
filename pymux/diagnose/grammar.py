"""The grammar of strace's text: what a line begins with, how arguments are separated, what a value is.

All expressions are free of nested repetition: a hostile line takes time in proportion to its length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pymux.raw.flags import EpollFlags, PollFlags

# What stands before a call: the pid, the time, and with -n and -i the call's number and address.
_WHO = r"(?:\[\s*pid\s+(?P<pid>\d+)\]|(?P<bare>\d+)(?:<[^<>]*>)?(?=\s))"
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)"
_SECONDS = r"(?:\(\+\s*)?(?P<seconds>\d+\.\d{3,9})\)?"  # since 1970; or, with -r, since the line before
_WHERE = r"(?:\[\s*[0-9a-fx?]+\]\s*)"  # -n: [ 232]; -i: [00007f3a5c1e2a47]
HEAD = rf"\s*(?:{_WHO}\s*)?(?:{_CLOCK}\s+)?(?:{_SECONDS}\s+)?{_WHERE}{{0,2}}"
CALL = re.compile(HEAD + r"(?P<name>[a-zA-Z_][a-zA-Z0-9_.]*)\((?P<rest>.*)", re.DOTALL)
RESUMED = re.compile(HEAD + r"<\.\.\. (?P<name>[a-zA-Z_0-9.]+ )?resumed>\s*(?P<rest>.*)", re.DOTALL)
SIGNAL = re.compile(HEAD + r"--- (?P<name>[A-Z][A-Z0-9_]+)\b(?P<rest>.*?)(?: ---)?\s*$")
EXIT = re.compile(HEAD + r"\+\+\+ (?:exited with (?P<status>\d+)|killed by (?P<signal>\w+)[^+]*)")
ATTACHED = re.compile(
    r"\s*(?:strace: )?(?:\[ ?)?Process (?P<pid>\d+) (?P<what>attached|detached|resumed|suspended)"
    r"(?: with (?P<threads>\d+) threads)?"
)
UNFINISHED = re.compile(r"\s*<unfinished \.\.\.>?\s*$")

# = 1 (in [3], left {…}) <0.000012>;  = -1 EAGAIN (…);  = 5<socket:[1]>;  = ?;  = -1 (errno 999)
RESULT = re.compile(
    r"\)?\s*=\s+(?P<value>-?\d+|0x[0-9a-f]+|\?)(?:<(?P<path>.*?)>(?=\s|$))?"
    r"(?:\s+(?P<errno>E[A-Z0-9_]+))?(?P<extra>.*?)(?:\s*<(?P<took>\d+\.\d+|unavailable)>)?\s*$",
    re.DOTALL,
)
_END = re.compile(r"\)\s*=\s+(?=-?\d|\?)")
_BARE_END = re.compile(r"^\s*=\s+(?=-?\d|\?)")

_TOKEN = re.compile(
    r'@?"(?:[^"\\]|\\.)*(?:"(?:\.\.\.)?|$)'  # a string, perhaps cut
    r"|\b\d+<(?:->|[^<>\"]|<[^<>]*>)*>"  # a descriptor with what it is
    r"|/\*.*?\*/|[\[{(]|[\]})]|,|[^\[\]{}(),\"@/]+|[@/\"]",
    re.DOTALL,
)

_EVENT = re.compile(
    r"\{(?:events=)?(?P<events>[A-Z0-9_|xa-f]+)(?: /\*[^*]*\*/)?,\s*(?:data=)?"
    r"(?:\{(?:u32=(?P<u32>\d+),\s*)?(?:u64=)?(?P<u64>\d+|\.\.\.)?[^{}]*\}?|(?P<hex>0x[0-9a-f]+|\d+)|[^{}]*)"
)
_POLLFD = re.compile(
    r"\{fd=(?P<fd>-?\d+)(?P<path><[^{}]*?>)?(?:,\s*events=(?P<events>[A-Z0-9_|xa-f ]+))?"
    r"(?:,\s*revents=(?P<revents>[A-Z0-9_|xa-f]+))?"
)
_TIME = re.compile(r"\{(?:tv_sec=)?(-?\d+),\s*(?:tv_[un]?sec=)?(-?\d+)\}")
_READY = re.compile(r"\b(in|out|except) \[([^\]]*)")
_NUMBER = re.compile(r"\s*(-?(?:0x[0-9a-fA-F]+|\d+))")
_PATHS = re.compile(r"<(?:->|[^<>]|<[^<>]*>)*>")  # what -y writes behind descriptors
_DESCRIPTOR = re.compile(r"\s*(\d+)<(.*)>", re.DOTALL)
_LENGTH = re.compile(r"iov_len=(\d+)|\"(?:\.\.\.)?, (\d+)\}|0x[0-9a-f]+, (\d+)\}")

_BITS = {flag.name: int(flag) for flag in (*PollFlags, *EpollFlags)}
_FOREVER_UNSIGNED = 0xFFFFFFFF
_AS_OLD = {
    "_newselect": "select",
    "oldselect": "select",
    "old_select": "select",
    "epoll_ctl_old": "epoll_ctl",
}
_AS_OLD["epoll_wait_old"] = "epoll_wait"


def plain_name(name: str) -> str:
    """Return a call's name without what an architecture adds: select for _newselect."""
    name = _AS_OLD.get(name, name)
    for ending in ("_time64", "_time32"):
        name = name.removesuffix(ending)
    return name.removesuffix("64") if name in ("fcntl64", "sendfile64") else name


def arguments_and_result(rest: str) -> tuple[str, re.Match[str] | None]:
    """Divide what follows "name(" into the arguments and the match of RESULT; None where there is no result.

    The last ") = " counts: strings among the arguments may hold others.
    """
    at = rest.rfind(") ")
    while at >= 0:
        if _END.match(rest, at):
            return rest[:at], RESULT.match(rest, at)
        at = rest.rfind(") ", 0, at)
    if found := _BARE_END.match(rest):
        return "", RESULT.match(rest, found.start())
    return rest, None


def split(text: str) -> list[str]:
    """Return the arguments of `text`, separated at the commas that stand in no string or bracket."""
    parts: list[str] = []
    current: list[str] = []
    depth = 0
    for token in _TOKEN.findall(text):
        if token == "," and depth <= 0:
            parts.append("".join(current).strip())
            current = []
            continue
        if token in "[{(":
            depth += 1
        elif token in "]})":
            depth -= 1
        current.append(token)
    last = "".join(current).strip()
    return [*parts, last] if last or parts else []


def quantity(text: str) -> int | None:
    """Return the number that `text` begins with; None where it begins otherwise, as AT_FDCWD or NULL."""
    found = _NUMBER.match(text)
    return int(found[1], 0 if "0x" in found[1] else 10) if found and len(found[1]) < 25 else None


def annotation(text: str) -> str:
    """Return what -y and -yy write behind a descriptor: "socket:[17]" of "5<socket:[17]>"."""
    found = _DESCRIPTOR.match(text)
    return found[2] if found else ""


@lru_cache(4096)
def bits(names: str) -> int:
    """Return EPOLLIN|EPOLLET, POLLIN or 0x2001 as a number; names that are not known count as 0."""
    value = 0
    for name in names.split("|"):
        name = name.strip()
        value |= _BITS.get(name) or (
            int(name, 0) if re.fullmatch(r"0x[0-9a-f]{1,8}|[1-9]\d{0,9}", name) else 0
        )
    return value & 0xFFFFFFFF


def events(text: str) -> list[tuple[int, int | None]]:
    """Return (events, data) of each epoll_event in `text`; data is None where it is not written."""
    found = []
    for match in _EVENT.finditer(text):
        u64 = match["u64"] or match["hex"] or match["u32"]
        data = None if u64 in (None, "...") else int(u64[:20], 0 if u64.startswith("0x") else 10)
        found.append((bits(match["events"]), data))
    return found


def pollfds(text: str) -> list[tuple[int, int, int, str]]:
    """Return (fd, events, revents, what -y writes) of each entry in `text`."""
    return [
        (int(m["fd"][:10]), bits(m["events"] or "0"), bits(m["revents"] or "0"), (m["path"] or "")[1:-1])
        for m in _POLLFD.finditer(text)
    ]


def members(text: str) -> list[int]:
    """Return the descriptors of a set: [3 5 7], or [3<pipe:[1]> 5]."""
    if not text.startswith("["):
        return []
    plain = _PATHS.sub("", text)
    return [int(number) for number in re.findall(r"\b\d{1,9}\b", plain)]


def ready_sets(extra: str) -> dict[str, list[int]]:
    """Return what select left in its sets: {"in": [3], "out": [4]}."""
    plain = _PATHS.sub("", extra)
    return {match[1]: members("[" + match[2] + "]") for match in _READY.finditer(plain)}


def seconds(text: str, per_second: int) -> float | None:
    """Return a timeval or timespec in seconds; None for NULL and what cannot be read."""
    found = _TIME.match(text.strip())
    return int(found[1][:18]) + int(found[2][:18]) / per_second if found else None


def milliseconds(text: str) -> float | None:
    """Return a timeout in ms as seconds: infinity for a negative one, None where it cannot be read."""
    value = quantity(text)
    if value is None:
        return None
    return float("inf") if value < 0 or value > 0x7FFFFFFF else value / 1000


def lengths(text: str) -> int | None:
    """Return the sum of the iov_len in `text`; None where there is none, or some were left out."""
    if "}..." in text or "}, ...]" in text or ", ...]" in text:
        return None
    found = [int((a or b or c)[:18]) for a, b, c in _LENGTH.findall(text)]
    return sum(found) if found else None
