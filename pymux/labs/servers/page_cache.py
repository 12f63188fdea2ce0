"""Where is the data of a file between the disk and the process?

A read from a file is usually answered from the page cache, memory of the kernel that outlives the read.
mincore(2) reports which pages of a file are there. A pipe or a socket has no such cache: its data waits in a
buffer until it is read, once.

Predict:
    None of a file's 256 pages is in the page cache. How many are there after a buffered read of the file?
        - 0
        - 128
        - 256
    And how many after a read with O_DIRECT?
        - 0
        - 128
        - 256

Claims:
    C27  a buffered read copies the data into the kernel's page cache first and then into the process
    DIRECT  with O_DIRECT a read goes from the disk to the process and leaves nothing in the cache
            [open(2), O_DIRECT]

Sources:
    read(2)
    open(2)
    mincore(2)
    posix_fadvise(2)
"""

from __future__ import annotations

import ctypes
import mmap
import os
import tempfile

from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    main,
    refused,
    verdict,
)

PAGES = 256
SIZE = PAGES * mmap.PAGESIZE
ON_DISK = "/var/tmp"  # /tmp is often a tmpfs, whose files are in the page cache only


class File:
    """A file on a disk, with none of it in the page cache."""

    def __init__(self, bench: Workbench) -> None:
        self.content = bench.random.randbytes(SIZE)
        file = bench.keep(tempfile.TemporaryFile(dir=ON_DISK, buffering=0))  # noqa: SIM115 (the workbench closes it)
        self.fd = file.fileno()
        os.write(self.fd, self.content)
        self.drop()

    def drop(self) -> None:
        """Drop the file from the page cache."""
        os.fsync(self.fd)  # only pages that are on the disk can be dropped
        os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)
        if self.cached():
            raise Undecided(f"the file system of {ON_DISK} keeps its files in memory")

    def cached(self) -> int:
        """Return how many pages of the file are in the page cache."""
        libc = ctypes.CDLL(None, use_errno=True)
        pages = (ctypes.c_ubyte * PAGES)()
        with mmap.mmap(self.fd, SIZE) as mapped:
            start = ctypes.c_char.from_buffer(mapped)
            failed = libc.mincore(ctypes.byref(start), ctypes.c_size_t(SIZE), pages)
            del start  # a mapping that is referred to cannot be closed
        if failed:
            raise Undecided(f"mincore fails: {os.strerror(ctypes.get_errno())}")
        return sum(page & 1 for page in pages)


@experiment("C27", "DIRECT")
def pages_in_the_cache(bench: Workbench) -> Results:
    """Read a whole file, buffered and with O_DIRECT, and count its pages in the cache."""
    file = File(bench)
    buffered = os.pread(file.fd, SIZE, 0) == file.content
    after_buffered = file.cached()
    rows = [("dropped", "", 0), ("a buffered read", "whole" if buffered else "damaged", after_buffered)]
    yield Answer(1, str(after_buffered))
    yield Finding(
        "C27",
        verdict(buffered and after_buffered == PAGES),
        f"none of the file's {PAGES} pages was in the page cache before the read, and {after_buffered} were "
        "after it, while the process got the whole file",
    )

    file.drop()
    read: list[int] = []
    # O_DIRECT needs memory that is aligned to a page.
    with mmap.mmap(-1, SIZE) as memory:
        error = refused(lambda: read.append(read_direct(bench, file.fd, memory)))
        direct = memory[:] == file.content
    after_direct = file.cached()
    rows.append(("a read with O_DIRECT", error or ("whole" if direct else "damaged"), after_direct))
    yield Table(f"A file of {PAGES} pages", ("after", "data", "pages in the cache"), tuple(rows))
    if error:
        raise Undecided(f"the file system of {ON_DISK} refuses O_DIRECT ({error})")
    yield Answer(2, str(after_direct))
    yield Finding(
        "DIRECT",
        verdict(direct and after_direct == 0),
        f"after a read of {PAGES} pages with O_DIRECT, {after_direct} were in the page cache",
    )


def read_direct(bench: Workbench, fd: int, memory: mmap.mmap) -> int:
    """Read a file from its beginning into `memory`, around the page cache."""
    return os.preadv(bench.own(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_DIRECT)), [memory], 0)


if __name__ == "__main__":
    main()
