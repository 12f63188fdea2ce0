"""An asynchronous read: started with one call, it fills its buffer while the caller goes on."""

from __future__ import annotations

import ctypes
import os
from errno import EINPROGRESS

from pymux.labs.kit.optional import library

SIGEV_NONE = 1  # asm-generic/siginfo.h


class IoUring:
    """A read handed to the kernel through io_uring."""

    by = "the kernel"

    def __init__(self, fd: int, size: int) -> None:
        self._u = library("liburing")
        self._buffer, self._ring, self._entry = bytearray(size), self._u.Ring(), self._u.Cqe()
        self._u.io_uring_queue_init(1, self._ring)
        self._u.io_uring_prep_read(self._u.io_uring_get_sqe(self._ring), fd, self._buffer)
        self._u.io_uring_submit(self._ring)

    def is_done(self) -> bool:
        """Look into the completion queue, which lies in this process's memory: no system call."""
        return bool(self._u.io_uring_cq_ready(self._ring))

    def result(self) -> int:
        """Return what the read returned."""
        self._u.io_uring_wait_cqe(self._ring, self._entry)
        got = int(self._entry[0].res)
        self._u.io_uring_queue_exit(self._ring)
        return got


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
