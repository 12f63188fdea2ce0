"""Page faults of an asyncio echo, standard library alone: docs/asyncio-recv.md says what they show."""

import asyncio
import resource
import socket

ECHOES = 5_000  # on each of three connections, one after another


def send_and_receive(address: tuple[str, int]) -> None:
    """Be the client of one connection."""
    with socket.create_connection(address) as connection:
        for _ in range(ECHOES):
            connection.sendall(b"x")
            connection.recv(1)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Return what arrives, until the client closes."""
    while data := await reader.read(4096):
        writer.write(data)
    writer.close()


async def main() -> None:
    """Serve one connection after another, and count."""
    server = await asyncio.start_server(echo, "127.0.0.1")
    for number in (1, 2, 3):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        await asyncio.to_thread(send_and_receive, server.sockets[0].getsockname())
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        print(f"connection {number}: {faults / ECHOES:.2f} page faults per echo")


asyncio.run(main())
