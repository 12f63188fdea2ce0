"""The standard `selectors` on pymux's calls, with two things the standard ones do not have.

- `extra`: more bits for a registration. `register(sock, EVENT_READ, data, extra=EPOLLET)`.
- `select_ns`: waits in nanoseconds, and returns the bits that the kernel reported.

Each selector is otherwise used as the standard one of its name, and is a `selectors.BaseSelector`:
`asyncio.SelectorEventLoop(pymux.compat.selectors.EpollSelector())` works. See docs/compat.md.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from errno import EINTR
from math import ceil
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from threading import RLock
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux._ffi import lib
from pymux.compat import calls
from pymux.compat.batch import Batch, Batches, take
from pymux.compat.select import epoll, poll
from pymux.compat.waiting import NS_PER_SEC, milliseconds, wait
from pymux.raw.arguments import NULL
from pymux.raw.fdset import FdSet
from pymux.raw.flags import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLONESHOT,
    EPOLLPRI,
    EPOLLRDHUP,
    EPOLLWAKEUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDHUP,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.raw.arguments import Descriptor

__all__ = [
    "EVENT_READ",
    "EVENT_WRITE",
    "BaseSelector",
    "DefaultSelector",
    "EpollSelector",
    "PollSelector",
    "Ready",
    "SelectSelector",
    "SelectorKey",
]


_epoll_wait_words = lib.pymux_epoll_wait_words  # looking it up in `lib` costs as much as a frame


class Ready(NamedTuple):
    """What `select_ns` returns for one descriptor."""

    key: SelectorKey
    events: int  # EVENT_READ and EVENT_WRITE, as far as they were requested
    bits: int  # what the kernel reported: EPOLLIN, EPOLLRDHUP, EPOLLHUP, … (POLL… has the same numbers)


_BOTH = EVENT_READ | EVENT_WRITE
_BITS = (0, POLLIN, POLLOUT, POLLIN | POLLOUT)  # of EVENT_READ, EVENT_WRITE, and both

# An event is one word here: the bits that the kernel reported << 32 | the descriptor.
_BITS_AT = 32
_FD = (1 << _BITS_AT) - 1


class _Registration(list[int]):
    """One registered descriptor; as a list, its events for which an answer is kept."""

    __slots__ = ("extra", "key", "requested")
    key: SelectorKey
    extra: int
    requested: int  # what is requested from the kernel: the bits of the key's events, and `extra`


def _registration(fileobj: Descriptor, fd: int, events: int, data: Any, extra: int) -> _Registration:
    # No __init__, and no __new__ of the key: a call of one costs as much as all of this (bench/overhead.py).
    made = _Registration()
    made.key = tuple.__new__(SelectorKey, (fileobj, fd, events, data))
    made.extra, made.requested = extra, _BITS[events] | extra
    return made


class _Answers(dict[int, "tuple[SelectorKey, int] | None"]):
    """What select() answers for each event.

    A descriptor reports the same few patterns of bits over and over: each is worked out once, and its
    answer, a tuple, is given again (bench/overhead.py).
    """

    __slots__ = ("_changing", "_registered")

    def __init__(self, registered: dict[int, _Registration], changing: RLock) -> None:
        self._registered, self._changing = registered, changing

    def __missing__(self, word: int) -> tuple[SelectorKey, int] | None:
        fd = word & _FD
        registration = self._registered.get(fd)
        if registration is None:
            # An epoll goes on reporting a descriptor that was closed, and so was unregistered here alone,
            # while a duplicate of it is open: it is not reported.
            return None
        # As the standard selectors have it, an error or a hangup is both readable and writable. A bit that
        # was requested beside the events is neither.
        plain = word >> _BITS_AT & ~registration.extra
        events = (plain & ~POLLOUT and EVENT_READ) | (plain & ~POLLIN and EVENT_WRITE)
        answer = registration.key, events & registration.key.events
        with self._changing:  # else another thread could replace it now, and find this answer afterwards
            if self._registered.get(fd) is registration:
                registration.append(word)
                self[word] = answer
        if self._registered.get(fd) is not registration:
            self.pop(word, None)  # a signal handler has replaced it, which runs in this thread
        return answer

    def forget(self, registration: _Registration) -> None:
        """Drop the answers of a registration that was replaced or removed."""
        for word in registration:
            self.pop(word, None)


class _KeyMap(Mapping["Descriptor", SelectorKey]):
    """What get_map() returns: a view of the registrations."""

    def __init__(self, selector: _Selector) -> None:
        self._selector = selector

    def __len__(self) -> int:
        return len(self._selector._registered)

    def __getitem__(self, fileobj: Descriptor) -> SelectorKey:
        return self._selector._registration(fileobj).key

    def __iter__(self) -> Iterator[int]:
        return iter(self._selector._registered)


class _Selector(BaseSelector):
    """What the three have in common: the registrations."""

    _extras: int  # the bits that `extra` may have

    def __init__(self) -> None:
        self._registered: dict[int, _Registration] = {}
        self._changing = RLock()  # registrations, and the answers that are kept of them
        self._answers = _Answers(self._registered, self._changing)
        self._map: _KeyMap | None = _KeyMap(self)

    def register(self, fileobj: Descriptor, events: int, data: Any = None, *, extra: int = 0) -> SelectorKey:
        """Register a file object for EVENT_READ and EVENT_WRITE, and for the bits in `extra`.

        `events` may be 0 where `extra` is not. Returns the key. An `extra` bit never counts as EVENT_READ or
        EVENT_WRITE: `select_ns` shows it.
        """
        if extra or not 0 < events <= _BOTH:
            self._check(events, extra)
        fd = self._fd(fileobj)
        if fd in self._registered:
            raise KeyError(f"{fileobj!r} (FD {fd}) is already registered")
        registration = _registration(fileobj, fd, events, data, extra)
        # Known here before the kernel may report it to another thread.
        self._registered[fd] = registration
        try:
            self._add(fd, registration.requested)
        except BaseException:
            self._replace(fd)
            raise
        return registration.key

    def unregister(self, fileobj: Descriptor) -> SelectorKey:
        """Remove a file object, which may be closed by now; returns its key."""
        fd = self._fd(fileobj)
        with self._changing:  # as _replace() does it, whose frame would cost a twentieth of all this
            registration = self._registered.pop(fd, None)
        if registration is None:
            raise KeyError(f"{fileobj!r} is not registered")
        if registration:
            self._answers.forget(registration)
        self._remove(fd)
        return registration.key

    def modify(self, fileobj: Descriptor, events: int, data: Any = None, *, extra: int = 0) -> SelectorKey:
        """Change events, data and `extra` of a file object; returns the new key.

        With `extra` bits EPOLL_CTL_MOD is always called, also where nothing changes: this re-arms
        EPOLLONESHOT, and makes EPOLLET check the readiness again. If the kernel refuses, the file object is
        unregistered.
        """
        old = self._registration(fileobj)
        self._check(events, extra)
        fd = old.key.fd
        new = _registration(old.key.fileobj, fd, events, data, extra)
        if new.requested != old.requested or extra:
            try:
                self._change(fd, old.requested, new.requested)
            except BaseException:
                self._replace(fd)
                self._remove(fd)
                raise
        self._replace(fd, new)
        return new.key

    def select_ns(self, timeout_ns: int | None = None) -> list[Ready]:
        """Wait as `select` does, with a timeout in nanoseconds, and return the bits that the kernel reported.

        None waits forever; 0 and less returns at once.
        """
        words = self._wait_ns(None if timeout_ns is None else max(timeout_ns, 0))
        answers = self._answers
        return [Ready(*answer, word >> _BITS_AT) for word in words if (answer := answers[word])]

    def close(self) -> None:
        """Forget all registrations, and close what the kernel keeps of them."""
        with self._changing:
            self._registered.clear()
            self._answers.clear()
        self._map = None

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """Return the mapping from file objects to keys; None once the selector is closed."""
        return self._map  # type: ignore[return-value]

    @abstractmethod
    def _add(self, fd: int, bits: int) -> None: ...

    @abstractmethod
    def _change(self, fd: int, old_bits: int, bits: int) -> None: ...

    @abstractmethod
    def _remove(self, fd: int) -> None: ...

    @abstractmethod
    def _wait_ns(self, timeout_ns: int | None) -> list[int]:
        """Return what is ready, as words."""

    def _check(self, events: int, extra: int) -> None:
        if events & ~_BOTH or not (events or extra):
            raise ValueError(f"Invalid events: {events!r}")
        if extra & ~self._extras:
            raise ValueError(f"Invalid extra: {extra:#x} has a bit outside {self._extras:#x}")

    def _replace(self, fd: int, new: _Registration | None = None) -> None:
        """Put a registration, or none, in the place of one, and drop that one's answers."""
        with self._changing:
            if new is None:
                old = self._registered.pop(fd, None)
            else:
                old, self._registered[fd] = self._registered.get(fd), new
        if old:
            self._answers.forget(old)

    def _registration(self, fileobj: Descriptor) -> _Registration:
        registration = self._registered.get(self._fd(fileobj))
        if registration is None:
            raise KeyError(f"{fileobj!r} is not registered")
        return registration

    def _fd(self, fileobj: Descriptor) -> int:
        """Return the descriptor of a file object, also of one that was closed while registered."""
        if type(fileobj) is int and fileobj >= 0:
            return fileobj
        try:
            return _descriptor(fileobj)
        except ValueError:
            for fd, registration in self._registered.items():
                if registration.key.fileobj is fileobj:
                    return fd
            raise


def _descriptor(fileobj: Descriptor) -> int:
    try:
        fd = fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"Invalid file object: {fileobj!r}") from None
    if fd < 0:
        raise ValueError(f"Invalid file descriptor: {fd}")
    return fd


class SelectSelector(_Selector):
    """On pselect6. `extra` may be POLLPRI: the set of exceptional conditions.

    A descriptor of FD_SETSIZE or more is a `ValueError` when it is registered.
    """

    _extras = POLLPRI

    def __init__(self) -> None:
        super().__init__()
        # The bits that the three sets stand for: "Correspondence between select() and poll()
        # notifications" in select(2).
        self._sets = {POLLIN: FdSet(), POLLOUT: FdSet(), POLLPRI: FdSet()}

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for at most `timeout` seconds; returns (key, events) of each ready file object."""
        timeout_ns = None if timeout is None else ceil(timeout * NS_PER_SEC)
        return [(key, events) for key, events, _ in self.select_ns(timeout_ns)]

    def _add(self, fd: int, bits: int) -> None:
        for bit, fdset in self._sets.items():
            if bits & bit:
                fdset.add(fd)

    def _change(self, fd: int, old_bits: int, bits: int) -> None:
        self._remove(fd)
        self._add(fd, bits)

    def _remove(self, fd: int) -> None:
        for fdset in self._sets.values():
            if fd < fdset.nbits:
                fdset.discard(fd)

    def _wait_ns(self, timeout_ns: int | None) -> list[int]:
        nfds = max(self._registered, default=-1) + 1
        sets = {bit: fdset.copy() for bit, fdset in self._sets.items()}
        readfds, writefds, exceptfds = (fdset._c for fdset in sets.values())

        def pselect6(left_ns: int | None) -> int:
            timeout = calls.timespec(left_ns)
            return lib.pymux_pselect6(nfds, readfds, writefds, exceptfds, timeout, NULL, calls.SIGSETSIZE)

        reported: dict[int, int] = {}
        if wait(pselect6, timeout_ns):
            for bit, fdset in sets.items():
                for fd in fdset:
                    reported[fd] = reported.get(fd, 0) | bit
        return [bits << _BITS_AT | fd for fd, bits in reported.items()]


class PollSelector(_Selector):
    """On poll, and ppoll for nanoseconds. `extra` may be POLLPRI and POLLRDHUP."""

    _extras = POLLPRI | POLLRDHUP
    _selector_cls = poll

    def __init__(self) -> None:
        super().__init__()
        self._selector = self._selector_cls()

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for at most `timeout` seconds; returns (key, events) of each ready file object."""
        timeout_ms = None if timeout is None else ceil(timeout * 1e3) if timeout > 0 else 0
        answers = self._answers
        return [
            answer
            for fd, bits in self._selector.poll(timeout_ms)
            if (answer := answers[bits << _BITS_AT | fd])
        ]

    def _add(self, fd: int, bits: int) -> None:
        self._selector.register(fd, bits)

    def _change(self, fd: int, old_bits: int, bits: int) -> None:
        self._selector.modify(fd, bits)

    def _remove(self, fd: int) -> None:
        self._selector.unregister(fd)

    def _wait_ns(self, timeout_ns: int | None) -> list[int]:
        return [bits << _BITS_AT | fd for fd, bits in self._selector._poll_ns(timeout_ns)]


class EpollSelector(_Selector):
    """On epoll_wait, and epoll_pwait2 for nanoseconds (since Linux 5.11, else ENOSYS).

    `extra` may be EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLRDHUP, EPOLLPRI and EPOLLWAKEUP.
    """

    _extras = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLRDHUP | EPOLLPRI | EPOLLWAKEUP
    _selector_cls = epoll

    def __init__(self) -> None:
        super().__init__()
        self._selector = self._selector_cls()
        self._epfd, self._ctl = self._selector.fileno(), self._selector._ctl
        self._batches: Batches = []

    def fileno(self) -> int:
        """Return the descriptor of the epoll."""
        return self._selector.fileno()

    def close(self) -> None:
        """Close the epoll and forget all registrations."""
        self._epfd = -1
        self._selector.close()
        super().close()

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for at most `timeout` seconds; returns (key, events) of each ready file object."""
        # What wait() and take() do is spelt out here: with one event ready, which is what a loop mostly sees,
        # their frames would cost a third of it (bench/overhead.py).
        if not timeout or timeout <= 0:
            timeout_ms, deadline = -1 if timeout is None else 0, None
        else:
            timeout_ms = ceil(timeout * 1e3)
            deadline = monotonic_ns() + timeout_ms * calls.NS_PER_MS
        answers, batches = self._answers, self._batches
        most = len(self._registered) or 1
        try:
            batch = batches.pop()
        except IndexError:
            batch = Batch(most)
        ready = _epoll_wait_words(self._epfd, batch.events, most, timeout_ms)
        if ready <= most:  # else it is the word of the one event
            while ready < 0:
                batch, ready = self._again(ready, batch, most, timeout_ms, deadline)
            if ready <= most:
                answered = [*filter(None, map(answers.__getitem__, batch.words[:ready]))] if ready else []
                batches.append(batch)
                return answered
        batches.append(batch)
        answer = answers[ready]
        return [answer] if answer else []

    def _again(
        self, result: int, batch: Batch, most: int, timeout_ms: int, deadline: int | None
    ) -> tuple[Batch, int]:
        """Wait again, with more room or, after a signal, for the time left; return batch and result."""
        if result == lib.PYMUX_OUT_OF_BOUNDS:
            batch = Batch(2 * most)
        elif result != -EINTR:
            self._selector.fileno()  # a ValueError where it is closed
            calls.fail(result)
        if deadline is not None:
            timeout_ms = milliseconds(max(deadline - monotonic_ns(), 0))
        return batch, _epoll_wait_words(self._epfd, batch.events, most, timeout_ms)

    def _add(self, fd: int, bits: int) -> None:
        self._ctl(EPOLL_CTL_ADD, fd, bits)

    def _change(self, fd: int, old_bits: int, bits: int) -> None:
        if (old_bits | bits) & EPOLLEXCLUSIVE:  # which EPOLL_CTL_MOD refuses: epoll_ctl(2)
            self._selector.unregister(fd)
            self._selector.register(fd, bits)
        else:
            self._selector.modify(fd, bits)

    def _remove(self, fd: int) -> None:
        try:  # noqa: SIM105 (suppress() costs a tenth of it)
            self._ctl(EPOLL_CTL_DEL, fd, 0)
        except OSError:
            pass  # closed before it was unregistered: the kernel has forgotten it

    def _wait_ns(self, timeout_ns: int | None) -> list[int]:
        most = len(self._registered) or 1
        batch, epfd = take(self._batches, most), self.fileno()

        def epoll_pwait2(left_ns: int | None) -> int:
            timeout = calls.timespec(left_ns)
            return lib.pymux_epoll_pwait2(epfd, batch.events, most, timeout, NULL, calls.SIGSETSIZE)

        words = [bits << _BITS_AT | fd for bits, fd in batch.pairs(wait(epoll_pwait2, timeout_ns) or 0)]
        self._batches.append(batch)
        return words


DefaultSelector = EpollSelector
