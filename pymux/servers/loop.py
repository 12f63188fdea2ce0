"""A loop over epoll that keeps a handler for each descriptor, as selectors and every event loop do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.servers.service import Service

    Handler = Callable[[], object]

_AT_ONCE = 1024


class Loop:
    """Waits, and calls the handler of each descriptor that is ready. A wish is what a handler waits for."""

    def __init__(self) -> None:
        self.epfd, self._events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
        self._handlers: dict[int, Handler] = {}
        self._wishes: dict[int, int] = {}

    def watch(self, fd: int, events: int, handler: Handler) -> None:
        """Call `handler` whenever `fd` is ready for `events`."""
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, events)
        self._handlers[fd], self._wishes[fd] = handler, events

    def wish(self, fd: int, events: int) -> None:
        """From now on wait for `events` of `fd`; the system call is made only where that is a change."""
        if self._wishes[fd] != events:
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, fd, events)
            self._wishes[fd] = events

    def forget(self, fd: int) -> None:
        """Drop the handler of `fd`, which is closed, and by that out of the interest list."""
        del self._handlers[fd], self._wishes[fd]

    def run(self, service: Service, on_arrival: Handler) -> None:
        """Wait and call, until the service has nothing left to do."""

        def on_signal() -> None:
            service.heed()
            service.listener.close()

        service.listener.setblocking(False)
        self.watch(service.listener.fileno(), EPOLLIN, on_arrival)
        self.watch(service.signals, EPOLLIN, on_signal)
        while service.working:
            for fd in self.ready():
                self._handlers[fd]()

    def ready(self) -> list[int]:
        """Return the descriptors that are ready, once there are any."""
        try:
            n = epoll_wait(self.epfd, self._events, _AT_ONCE, -1)
        except InterruptedError:
            return []  # what interrupted stands in service.signals
        return [fd for fd, _ in self._events.ready(n)]
