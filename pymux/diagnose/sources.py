"""Where logs come from: files, compressed or not, those of -ff, standard input."""

from __future__ import annotations

import bz2
import gzip
import heapq
import lzma
import re
import sys
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from pymux.diagnose.call import Call
from pymux.diagnose.strace import Reader, Reading
from pymux.diagnose.text import lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pymux.diagnose.strace import Item

_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
_OF_FF = re.compile(r"\.(\d+)(?:\.(?:gz|xz|bz2|zst))?$")
# What a damaged archive raises in the middle; what came before it was read.
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error)


class Unreadable(Exception):
    """A log that cannot be opened; the message says why."""


def opened(path: str) -> BinaryIO:
    """Return a log as a binary file, uncompressed; "-" is standard input."""
    if path == "-":
        return sys.stdin.buffer
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed by its reader)
        kind = next((kind for magic, kind in _MAGIC.items() if file.peek(6)[:6].startswith(magic)), "")
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    if not kind:
        return file
    file.close()
    return _zstd(path) if kind == "zstd" else _OPEN[kind](path)


_OPEN = {"gzip": gzip.GzipFile, "xz": lzma.LZMAFile, "bzip2": bz2.BZ2File}


def _zstd(path: str) -> BinaryIO:
    for name in ("compression.zstd", "zstandard", "backports.zstd"):
        try:
            module = import_module(name)
        except ImportError:
            continue
        return module.open(path, "rb")  # type: ignore[no-any-return]
    raise Unreadable(f"{path}: compressed with zstd, which this Python cannot read: pip install zstandard")


def pid_of(path: str) -> int | None:
    """Return the pid in a name that strace -ff gives: app.strace.4242."""
    found = _OF_FF.search(path)
    return int(found[1][:10]) if found else None


def read_files(paths: Sequence[str | Path], reading: Reading) -> Iterator[Item]:
    """Yield the items of all files: in the order of their times where they have them, else file by file."""
    several = len(paths) > 1
    ordered = sorted(map(str, paths), key=lambda path: pid_of(path) or 0) if several else [str(paths[0])]
    sources = [
        _items(path, reading, number, pid_of(path) if several else None)
        for number, path in enumerate(ordered)
    ]
    if not several:
        yield from sources[0]
        return
    merged = heapq.merge(*sources, key=_Order()) if _timed(ordered) else _chained(sources)
    for seq, item in enumerate(merged, 1):
        if isinstance(item, Call):
            item.seq = seq
            item.begin_seq = seq
        yield item


def _timed(paths: Sequence[str]) -> bool:
    """Whether the files have times that are comparable."""
    for path in paths:
        with opened(path) as file:
            for _, text in lines(file):
                if re.match(r"\s*(?:\d+\s+)?(?:\d\d:\d\d:\d\d\.\d+|\d{9,}\.\d+) ", text):
                    break
                return False
    return True


class _Order:
    """The key of the merge: an item without a time goes where the one before it went."""

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, item: Item) -> float:
        start = getattr(item, "start", None)
        if start is not None:
            self.last = start
        return self.last


def _chained(sources: list[Iterator[Item]]) -> Iterator[Item]:
    for source in sources:
        yield from source


def _items(path: str, reading: Reading, number: int, pid: int | None) -> Iterator[Item]:
    file = opened(path)
    try:
        yield from Reader(reading, pid, number).read(_lines(file, reading))
    finally:
        if path != "-":
            file.close()


def _lines(file: BinaryIO, reading: Reading) -> Iterator[tuple[int, str]]:
    try:
        yield from lines(file)
    except DAMAGED as error:
        reading.samples.append((0, f"the file is damaged here: {error}"))
