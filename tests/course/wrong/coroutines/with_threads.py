# Loses many, its-own: It imports threading; a thread for each client.
import socket
import threading
import time


def answer(connection: socket.socket) -> None:
    """Answer the lines of one client."""
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            command, _, rest = line.partition(b" ")
            if command == b"sleep":
                milliseconds, _, rest = rest.partition(b" ")
                time.sleep(int(milliseconds) / 1000)
            connection.sendall(rest)


def main() -> None:
    """Serve until the process is ended from outside."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    print(listener.getsockname()[1], flush=True)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=answer, args=(accepted,)).start()


if __name__ == "__main__":
    main()
