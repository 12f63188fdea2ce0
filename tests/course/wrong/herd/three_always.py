# Loses processes: processes waited with epoll; the argument is ignored.
import os
import signal
import socket
import sys

from pymux import EPOLL_CTL_ADD, EPOLLEXCLUSIVE, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait


def listen(port: int) -> socket.socket:
    """Listen on a port of the loopback interface, 0 for a free one, which other sockets may share."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    listener.setblocking(False)
    return listener


def work(listener: socket.socket, flags: int) -> None:
    """Serve for ever: send this process's id to each client."""
    epfd, events = epoll_create1(0), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN | flags)
    while True:
        epoll_wait(epfd, events, 1, -1)
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            continue  # another process was faster
        connection.sendall(b"%d\n" % os.getpid())
        connection.close()


def main() -> None:
    """Start the children, and end them at SIGTERM."""
    cure, workers = sys.argv[1], 8
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    first = listen(0)
    port = first.getsockname()[1]
    # Each child's own listener is there before the port is printed: no connection meets too few of them.
    others = [listen(port) for _ in range(workers - 1)] if cure == "reuseport" else []
    children = []
    for number in range(workers):
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            if cure == "reuseport":
                mine = [first, *others].pop(number)
                for other in [first, *others]:
                    if other is not mine:
                        other.close()
                work(mine, 0)
            work(first, EPOLLEXCLUSIVE)
        children.append(child)
    for listener in others:
        listener.close()
    first.close()
    print(port, flush=True)
    signal.sigwait([signal.SIGTERM])
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
