# Loses holds, small: more than 100 processes and threads; a thread for each client.
import socket
import threading


def echo(connection: socket.socket) -> None:
    """Serve one client."""
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)


def main() -> None:
    """Serve until it is ended from outside."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    print(listener.getsockname()[1], flush=True)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=echo, args=(accepted,)).start()


if __name__ == "__main__":
    main()
