"""Watch a descriptor with a large number, three ways. See the handout."""

import sys


def by_select(fd: int) -> bool:
    """Return whether select reports `fd` readable."""
    return False  # TODO


def by_poll(fd: int) -> bool:
    """Return whether poll reports `fd` readable."""
    return False  # TODO


def by_epoll(fd: int) -> bool:
    """Return whether epoll_wait reports `fd` readable."""
    return False  # TODO


def main() -> None:
    """Answer commands until the end of file."""
    fd = int(sys.argv[1])
    ways = {"select": by_select, "poll": by_poll, "epoll": by_epoll}
    for line in sys.stdin:
        print("ready" if ways[line.strip()](fd) else "not ready", flush=True)


if __name__ == "__main__":
    main()
