"""How fast `pymux diagnose` reads, and what memory it takes: it may not grow with the log.

    python bench/diagnose.py [LINES]

The log is that of a server which accepts, reads, writes and closes, with strace's times and ten connections
at once. The target is 100,000 lines in 5 s, and the same peak of memory after ten times as many lines.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator

from pymux.diagnose.diagnosis import diagnose
from pymux.diagnose.strace import Reader, Reading

_TARGET_SECONDS, _TARGET_LINES = 5.0, 100_000
_AT_ONCE = 10


def log(lines: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a server's log."""
    number, now = 0, 1_700_000_000.0
    while True:
        for call in _round():
            number += 1
            now += 0.0001
            if number > lines:
                return
            yield number, f"4242  {now:.6f} {call} <0.000012>"


def _round() -> Iterator[str]:
    wait = "epoll_wait(5<anon_inode:[eventpoll]>, [{}], 64, 1000) = {}"
    event = "{{events=EPOLLIN, data={{u32={0}, u64={0}}}}}"
    for fd in range(10, 10 + _AT_ONCE):
        yield wait.format(event.format(4), 1)
        yield (
            "accept4(4<TCP:[127.0.0.1:80]>, {sa_family=AF_INET, sin_port=htons(40021)}, [128 => 16], "
            f"SOCK_NONBLOCK) = {fd}"
        )
        yield f"epoll_ctl(5, EPOLL_CTL_ADD, {fd}, {event.format(fd)}) = 0"
    fds = range(10, 10 + _AT_ONCE)
    yield wait.format(", ".join(event.format(fd) for fd in fds), _AT_ONCE)
    for fd in fds:
        yield f'recvfrom({fd}, "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"..., 4096, 0, NULL, NULL) = 78'
        yield f'sendto({fd}, "HTTP/1.1 200 OK\\r\\n"..., 157, 0, NULL, 0) = 157'
        yield f"epoll_ctl(5, EPOLL_CTL_DEL, {fd}, NULL) = 0"
        yield f"close({fd}) = 0"


def _seconds(lines: int) -> float:
    reading = Reading()
    before = time.perf_counter()
    diagnosis = diagnose(Reader(reading).read(log(lines)), "bench", reading)
    taken = time.perf_counter() - before
    assert diagnosis.calls == lines
    assert not diagnosis.findings
    return taken


def _peak(lines: int) -> int:
    tracemalloc.start()
    _seconds(lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> int:
    """Measure; return 1 where a target was missed."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else _TARGET_LINES
    taken = _seconds(lines)
    print(f"{lines:,} lines in {taken:.2f} s, {lines / taken:,.0f} lines a second")
    small, large = _peak(lines // 10), _peak(lines)
    print(
        f"peak of memory: {small / 1e6:.2f} MB for {lines // 10:,} lines, {large / 1e6:.2f} MB for {lines:,}"
    )
    missed = taken > _TARGET_SECONDS * lines / _TARGET_LINES or large > 1.1 * small
    print("missed its target" if missed else "within its targets")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
