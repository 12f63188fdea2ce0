"""Timeval and Timespec: timeouts that the kernel rewrites to the time left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.arguments import buffer
from pymux.raw.memory import Field, StructBuffer

if TYPE_CHECKING:
    from pymux.raw.arguments import Parameters

_NS_PER_SEC = 1_000_000_000
_NS_PER_USEC = 1_000
_USEC_PER_SEC = 1_000_000


class Timeval(StructBuffer):
    """A `struct timeval`, the timeout of select: seconds and microseconds, as given, unchecked.

    select(2) carries whole seconds over from usec, and refuses what is negative then (EINVAL).
    """

    __slots__ = ()
    _made_by = "Timeval(sec, usec) or Timeval.from_ns(n)"
    _type = "struct timeval"
    sec = Field("tv_sec", "Seconds.")
    usec = Field("tv_usec", "Microseconds.")

    def __init__(self, sec: int = 0, usec: int = 0) -> None:
        super().__init__(sec=sec, usec=usec)

    @classmethod
    def from_ns(cls, n: int) -> Timeval:
        """Return `n` nanoseconds, rounded up to whole microseconds, so that no wait is too short."""
        sec, usec = divmod(-(-n // _NS_PER_USEC), _USEC_PER_SEC)
        return cls(sec, usec)

    @property
    def total_ns(self) -> int:
        """The whole time in nanoseconds."""
        return self.sec * _NS_PER_SEC + self.usec * _NS_PER_USEC


class Timespec(StructBuffer):
    """A `struct timespec`, the timeout of pselect6, ppoll and epoll_pwait2, as given, unchecked.

    The kernel refuses negative fields and 1,000,000,000 ns and more (EINVAL).
    """

    __slots__ = ()
    _made_by = "Timespec(sec, nsec) or Timespec.from_ns(n)"
    _type = "struct timespec"
    sec = Field("tv_sec", "Seconds.")
    nsec = Field("tv_nsec", "Nanoseconds.")

    def __init__(self, sec: int = 0, nsec: int = 0) -> None:
        super().__init__(sec=sec, nsec=nsec)

    @classmethod
    def from_ns(cls, n: int) -> Timespec:
        """Return `n` nanoseconds; a negative `n` gives negative seconds, which the kernel refuses."""
        sec, nsec = divmod(n, _NS_PER_SEC)
        return cls(sec, nsec)

    @property
    def total_ns(self) -> int:
        """The whole time in nanoseconds."""
        return self.sec * _NS_PER_SEC + self.nsec


TIMEOUT: Parameters = {"timeout": buffer(Timespec)}  # of every call that counts in nanoseconds
