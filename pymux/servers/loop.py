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
    """Waits, and calls the handler of each ready descriptor."""

    def __init__(self) -> None:
        self.epfd, self._events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
        self._handlers: dict[int, Handler] = {}
        self._wanted: dict[int, int] = {}

    def watch(self, fd: int, events: int, handler: Handler) -> None:
        """Call `handler` whenever `fd` is ready for `events`."""
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, events)
        self._handlers[fd], self._wanted[fd] = handler, events

    def wait_for(self, fd: int, events: int) -> None:
        """Wait for `events` of `fd` from now on; epoll_ctl is called only if that is a change."""
        if self._wanted[fd] != events:
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, fd, events)
            self._wanted[fd] = events

    def forget(self, fd: int) -> None:
        """Drop the handler of `fd`, which was closed and so left the interest list."""
        del self._handlers[fd], self._wanted[fd]

    def run(self, service: Service, on_connection: Handler) -> None:
        """Wait and call handlers until the service has stopped."""

        def on_signal() -> None:
            service.handle_signal()
            service.listener.close()

        service.listener.setblocking(False)
        self.watch(service.listener.fileno(), EPOLLIN, on_connection)
        self.watch(service.signals, EPOLLIN, on_signal)
        while service.running:
            for fd in self.ready():
                self._handlers[fd]()

    def ready(self) -> list[int]:
        """Wait for ready descriptors and return them."""
        try:
            n = epoll_wait(self.epfd, self._events, _AT_ONCE, -1)
        except InterruptedError:
            return []  # the signal's number is in service.signals
        return [fd for fd, _ in self._events.ready(n)]
