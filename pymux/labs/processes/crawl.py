"""What makes three downloads run at the same time?

A crawler fetches three pages in six ways: with urllib one by one, in greenlets, in greenlets whose sockets
gevent has patched, in threads; with asyncio; and with non-blocking sockets on an epoll. Its parent process
is the server, which counts the requests that are open at one moment. The server holds its responses until
all three requests have arrived, or until the crawler is blocked in the read of a single one.

Predict:
    Three greenlets fetch the pages with urllib. How many requests are open at once?
        - 1
        - 3
    The same after gevent.monkey.patch_all(). How many are open at once?
        - 1
        - 3
    How many threads does the crawler on an epoll need for three requests at once?
        - 1
        - 3

Claims:
    C38  gevent does not make urllib concurrent until monkey-patched; patched, it does
    THREAD  three requests at the same time need no more than one thread
            [Kegel, The C10K problem http://www.kegel.com/c10k.html]

Sources:
    gevent https://www.gevent.org/
    Python, asyncio streams https://docs.python.org/3/library/asyncio-stream.html
    epoll(7)
    Kegel, The C10K problem http://www.kegel.com/c10k.html
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic_ns
from urllib.request import ProxyHandler, build_opener

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, epoll_ctl
from pymux.labs.kit import (
    Answer,
    Bar,
    Finding,
    Lane,
    Note,
    Results,
    Table,
    Timeline,
    Undecided,
    Workbench,
    experiment,
    is_blocked_in,
    library,
    main,
    reported,
    verdict,
)

MS = 1_000_000
PAGES = ("/120", "/80", "/40")  # each is named for the ms that the server takes for it
RESPONSE = b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\npage"
ROOM = 65_536  # for a request or a response, which are far smaller
HOST = "127.0.0.1"
DEADLINE_NS = 10_000 * MS  # reached only if something is wrong

Span = tuple[int, int]  # from the request to the end of the response, in ns
Crawler = Callable[[int], list[Span]]  # fetches PAGES from the server at a port


def fetch(port: int, page: str) -> Span:
    """Fetch a page with urllib, without the proxies that the environment may name."""
    start = monotonic_ns()
    with build_opener(ProxyHandler({})).open(f"http://{HOST}:{port}{page}") as response:
        response.read()
    return start, monotonic_ns()


def one_by_one(port: int) -> list[Span]:
    """Fetch each page after the one before."""
    return [fetch(port, page) for page in PAGES]


def greenlets(port: int) -> list[Span]:
    """Fetch each page in a greenlet of its own."""
    gevent = library("gevent")
    jobs = [gevent.spawn(fetch, port, page) for page in PAGES]
    return [job.get() for job in jobs]


def patched_greenlets(port: int) -> list[Span]:
    """The same, after gevent has replaced the sockets that urllib uses by its own."""
    library("gevent.monkey").patch_all(ssl=False)  # ssl is loaded already, and http does not need it
    return greenlets(port)


def threads(port: int) -> list[Span]:
    """Fetch each page in a thread of its own."""
    with ThreadPoolExecutor(len(PAGES)) as pool:
        return list(pool.map(partial(fetch, port), PAGES))


def with_asyncio(port: int) -> list[Span]:
    """Fetch each page in a coroutine of its own."""

    async def download(page: str) -> Span:
        start = monotonic_ns()
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(request(page))
        await reader.read()
        writer.close()
        return start, monotonic_ns()

    async def download_all() -> list[Span]:
        return await asyncio.gather(*map(download, PAGES))

    return asyncio.run(download_all())


def on_an_epoll(port: int) -> list[Span]:
    """Fetch all pages in one loop: send when a connection is made, read when a response arrives."""
    starts, ends = list[int](), dict[int, int]()
    with Workbench() as bench:
        epfd, connections = bench.epoll(), [bench.keep(socket.socket()) for _ in PAGES]
        for place, connection in enumerate(connections):
            starts.append(monotonic_ns())
            connection.setblocking(False)
            connection.connect_ex((HOST, port))
            epoll_ctl(epfd, EPOLL_CTL_ADD, connection, EPOLLOUT, place)
        while len(ends) < len(PAGES):
            for place, events in reported(epfd, -1):
                connection = connections[place]
                if events & EPOLLOUT:
                    connection.send(request(PAGES[place]))
                    epoll_ctl(epfd, EPOLL_CTL_MOD, connection, EPOLLIN, place)
                else:
                    connection.recv(ROOM)  # a response as short as this arrives in one piece
                    ends[place] = monotonic_ns()
                    connection.close()
    return [(start, ends[place]) for place, start in enumerate(starts)]


def request(page: str) -> bytes:
    """Return the request for a page."""
    return f"GET {page} HTTP/1.0\r\n\r\n".encode()


CRAWLERS: dict[str, Crawler] = {  # compared with one_by_one
    "greenlets": greenlets,
    "patched": patched_greenlets,
    "threads": threads,
    "asyncio": with_asyncio,
    "epoll": on_an_epoll,
}


@dataclass
class Visit:
    """What a crawler did by its own clock, and what the server counted."""

    bars: list[Bar]  # one for each page, in ms since the first request
    at_once: int  # requests open at the same moment
    threads: int  # of the crawler, at that moment

    @property
    def ms(self) -> float:
        """How long it took until the last page had arrived."""
        return max(bar.end for bar in self.bars)


def visit(bench: Workbench, crawler: Crawler) -> Visit:
    """Let a crawler run in a child, and be its server."""
    listener = bench.listener()
    child = bench.child(partial(crawler, listener.getsockname()[1]))
    at_once, threads = serve(bench, listener, child.pid)
    spans = child.result()
    first = min(start for start, _ in spans)
    bars = [Bar((start - first) / MS, (end - first) / MS) for start, end in spans]
    return Visit(bars, at_once, threads)


def serve(bench: Workbench, listener: socket.socket, crawler: int) -> tuple[int, int]:
    """Respond until the crawler has ended; return how many requests were open at once, and its threads."""
    epfd, ended = bench.epoll(), bench.own(os.pidfd_open(crawler))
    for fd in (listener.fileno(), ended):
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    held: dict[socket.socket, int] = {}  # the open requests, and when the response is due
    arrived = at_once = threads = 0
    while ended not in (ready := dict(reported(epfd, 1))):
        if listener.fileno() in ready:
            connection = bench.keep(listener.accept()[0])
            page = connection.recv(ROOM).split()[1]
            held[connection] = monotonic_ns() + int(page[1:]) * MS
            arrived += 1
            seen = len(held), len(os.listdir(f"/proc/{crawler}/task"))
            at_once, threads = max((at_once, threads), seen)
        for connection in [it for it, due in held.items() if due < monotonic_ns()]:
            late = monotonic_ns() - held[connection] > DEADLINE_NS
            if arrived == len(PAGES) or late or is_blocked_in(crawler, "recvfrom"):
                del held[connection]  # first: the next request may arrive at once
                connection.sendall(RESPONSE)
                connection.close()
    return at_once, threads


@experiment("C38", "THREAD")
def three_pages(bench: Workbench) -> Results:
    """Let each crawler fetch the three pages, and count its open requests in the server."""
    visits = {"one by one": visit(bench, one_by_one)}
    missing = None
    for name, crawler in CRAWLERS.items():
        try:
            visits[name] = visit(bench, crawler)
        except Undecided as reason:
            missing = reason
    lanes = (
        Lane(f"{name} {page}", (bar,))
        for name, it in visits.items()
        for page, bar in zip(PAGES, it.bars, strict=True)
    )
    yield Timeline("From the request to the response", "ms", tuple(lanes))
    alone = visits["one by one"].ms
    yield Table(
        f"{len(PAGES)} pages",
        ("crawler", "requests at once", "threads", "ms", "of one by one"),
        tuple((name, it.at_once, it.threads, it.ms, it.ms / alone) for name, it in visits.items()),
    )
    seen = {name: (visits[name].at_once, visits[name].threads) for name in ("asyncio", "epoll", "threads")}
    yield Answer(3, str(seen["epoll"][1]))
    yield Finding(
        "THREAD",
        verdict(seen["asyncio"] == seen["epoll"] == (len(PAGES), 1)),
        "the server had "
        + ", ".join(
            f"{n} requests at once from {threads} thread{'s' * (threads > 1)} of the crawler ({name})"
            for name, (n, threads) in seen.items()
        ),
    )
    if missing:
        raise missing
    yield Note(
        "The patched greenlets share one thread; the other threads are gevent's, in which it looks up "
        "addresses."
    )
    counts = [visits[name].at_once for name in ("one by one", "greenlets", "patched")]
    yield Answer(1, str(counts[1]))
    yield Answer(2, str(counts[2]))
    yield Finding(
        "C38",
        verdict(counts == [1, 1, len(PAGES)]),
        f"the server had at most {counts[0]} request at once from the crawler that fetches one by one, "
        f"{counts[1]} from {len(PAGES)} greenlets, and {counts[2]} from {len(PAGES)} greenlets on patched "
        "sockets",
    )


if __name__ == "__main__":
    main()
