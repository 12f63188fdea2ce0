"""An asynchronous read: started with one call, it fills its buffer while the caller goes on."""

from __future__ import annotations

import ctypes
import os
from errno import EINPROGRESS

from pymux.raw.uring import Completion, Uring

SIGEV_NONE = 1  # asm-generic/siginfo.h


class IoUring:
    """A read handed to the kernel through io_uring."""

    by = "the kernel"

    def __init__(self, fd: int, size: int) -> None:
        self._ring = Uring(1, completions=1, buffers=1, buffer_size=size, deferred=False)
        self._ring.recv(fd, 0, multishot=False)
        self._ring.enter()
        self._completed: list[Completion] = []

    def is_done(self) -> bool:
        """Look into the completion queue, which lies in this process's memory: no system call."""
        self._completed += self._ring.completions()
        return bool(self._completed)

    def result(self) -> int:
        """Return what the read returned."""
        while not self.is_done():
            self._ring.enter(1)
        self._ring.close()
        return self._completed[0].result


class PosixAio:
    """A read handed to the C library, where the kernel refuses io_uring: a thread of the library does it."""

    by = "a thread of the C library"

    class ControlBlock(ctypes.Structure):
        """struct aiocb, as far as it is used, and room for the rest."""

        _fields_ = (
            ("fildes", ctypes.c_int),
            ("lio_opcode", ctypes.c_int),
            ("reqprio", ctypes.c_int),
            ("buf", ctypes.c_void_p),
            ("nbytes", ctypes.c_size_t),
            ("sigev_value", ctypes.c_void_p),
            ("sigev_signo", ctypes.c_int),
            ("sigev_notify", ctypes.c_int),
            ("rest", ctypes.c_char * 256),
        )

    def __init__(self, fd: int, size: int) -> None:
        self._libc = ctypes.CDLL("librt.so.1", use_errno=True)
        self._buffer = ctypes.create_string_buffer(size)
        self._block = self.ControlBlock(
            fildes=fd, buf=ctypes.addressof(self._buffer), nbytes=size, sigev_notify=SIGEV_NONE
        )
        if self._libc.aio_read(ctypes.byref(self._block)) < 0:
            error = ctypes.get_errno()
            raise OSError(error, f"aio_read: {os.strerror(error)}")

    def is_done(self) -> bool:
        """Look into the control block."""
        return int(self._libc.aio_error(ctypes.byref(self._block))) != EINPROGRESS

    def result(self) -> int:
        """Return what the read returned."""
        return int(self._libc.aio_return(ctypes.byref(self._block)))


def begin_read(fd: int, size: int) -> IoUring | PosixAio:
    """Hand over a read, to the kernel where it takes it."""
    try:
        return IoUring(fd, size)
    except OSError:  # EPERM, ENOSYS: switched off (io_uring_disabled), filtered (seccomp), or not there
        return PosixAio(fd, size)
