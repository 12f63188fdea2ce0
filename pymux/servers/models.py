"""The models, by the names that people give them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.servers.service import Service


class MissingLibrary(Exception):
    """What a model builds on is not installed, or forbidden here."""


class Model(NamedTuple):
    """A way to serve many clients."""

    name: str
    what: str  # how it serves, in one line
    module: str = ""  # where it is not the name
    at_once: str = ""  # what it serves at the same time, where the model itself is the bound
    counted: bool = (
        False  # whether each call it makes for a client is pymux's or a socket's, so that `counted` sees it
    )

    def load(self) -> Callable[[Service], None]:
        """Return its `serve`; raises MissingLibrary where what it builds on is not installed or forbidden."""
        try:
            module = import_module(f"pymux.servers.{self.module or self.name.replace('-', '_')}")
        except ModuleNotFoundError as missing:
            raise MissingLibrary(
                f"the model {self.name} needs {missing.name}, which is not installed: "
                f"pip install {missing.name}"
            ) from None
        if self.name == "uring":
            module.check()
        serve: Callable[[Service], None] = module.serve
        return serve


_ALL = (
    Model("iterative", "blocking, one client after another", at_once="one client at a time"),
    Model("fork", "blocking, a process per client"),
    Model(
        "prefork",
        "blocking, processes started beforehand accept together",
        at_once="one client with each worker",
    ),
    Model("threads", "blocking, a thread per client", counted=True),
    Model(
        "threadpool",
        "blocking, threads started beforehand accept together",
        at_once="one client with each worker",
    ),
    Model("select", "select(2) with sets of any size", counted=True),
    Model("select-stdlib", "the standard library's select", at_once="descriptors below 1,024 (FD_SETSIZE)"),
    Model("poll", "poll(2)", counted=True),
    Model("epoll-lt", "epoll(7), level triggered", counted=True),
    Model("epoll-et", "epoll(7), edge triggered", counted=True),
    Model("uring", "io_uring, which accepts and receives by itself", counted=True),
    Model("callbacks", "epoll, a handler with each descriptor", counted=True),
    Model("events", "epoll fills a queue of events, each with its handler", counted=True),
    Model("yield", "epoll, coroutines made of generators", module="generators", counted=True),
    Model("greenlet", "epoll, greenlets", counted=True),
    Model("gevent", "gevent's loop and sockets"),
    Model("asyncio", "the standard library's loop, a protocol"),
    Model("uvloop", "the same protocol on libuv's loop"),
)
MODELS = {model.name: model for model in _ALL}
