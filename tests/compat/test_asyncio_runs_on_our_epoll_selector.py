"""asyncio runs on our EpollSelector: an echo over TCP, a timer, a subprocess and a thread."""

from __future__ import annotations

import asyncio
import sys

from pymux.compat.selectors import EpollSelector

BLOCK = b"x" * 300_000  # more than a socket buffers: both sides wait


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readexactly(len(BLOCK)))
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _main() -> tuple[bytes, bytes, int]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(BLOCK)
        echoed = await reader.read(-1)
        writer.close()
        await writer.wait_closed()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print('child')", stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await child.communicate()
    await asyncio.sleep(0.001)
    loop = asyncio.get_running_loop()
    return echoed, printed, await loop.run_in_executor(None, sum, (1, 2))


def test_asyncio_runs_on_our_epoll_selector() -> None:
    loop = asyncio.SelectorEventLoop(EpollSelector())
    asyncio.set_event_loop(loop)
    try:
        assert loop.run_until_complete(_main()) == (BLOCK, b"child\n", 3)
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
