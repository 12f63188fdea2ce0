"""What is sent to a submission and received from it, every byte compared."""

from __future__ import annotations

import os
import select
import socket
import struct
from typing import TYPE_CHECKING

from pymux.course.grader.check import Lost

if TYPE_CHECKING:
    from pymux.course.grader.program import Program

_CHUNK = 65_536
_CONNECT_S = 5.0  # the kernel connects at once, unless the backlog is full


class Channel:
    """A descriptor to read from and one to write to; they may be the same."""

    def __init__(self, program: Program, reader: int, writer: int) -> None:
        self._program, self._reader, self._writer = program, reader, writer
        self._ended = False  # the end of file was received
        for fd in {reader, writer}:
            os.set_blocking(fd, False)

    def send(self, data: bytes) -> None:
        """Send all of it; Lost where the program takes no more."""
        sent = self.fill(data)
        if sent < len(data):
            raise Lost(f"It took {sent:,} of {len(data):,} bytes and no more: it is {self._program.state}.")

    def fill(self, data: bytes) -> int:
        """Send until the program takes no more; return how many bytes it took."""
        view, sent = memoryview(data), 0
        while sent < len(data):
            try:
                sent += os.write(self._writer, view[sent : sent + _CHUNK])
            except BlockingIOError:
                if not self._program.wait(self._writer, select.POLLOUT):
                    break
            except (BrokenPipeError, ConnectionResetError):
                raise Lost(f"It closed its side after {sent:,} of {len(data):,} bytes.") from None
        return sent

    def receive(self, n: int) -> bytes:
        """Receive `n` bytes, or as many as come before the end or before the program stops moving."""
        received = bytearray()
        while len(received) < n:
            some = self._some(n - len(received))
            if not some:
                self._ended = some is not None
                break
            received += some
        return bytes(received)

    def receive_line(self, most: int) -> str:
        """Receive up to the end of a line."""
        line = bytearray()
        while not line.endswith(b"\n") and len(line) < most:
            some = self._some(1)
            if not some:
                raise Lost(f"No line came: it is {self._program.state}.")
            line += some
        return line.decode(errors="replace").rstrip("\n")

    def expect(self, data: bytes) -> None:
        """Receive exactly these bytes."""
        received = self.receive(len(data))
        if received == data:
            return
        same = next((i for i, (a, b) in enumerate(zip(received, data)) if a != b), len(received))  # noqa: B905
        if same == len(received):
            rest = "then the end of file" if self._ended else f"and no more: it is {self._program.state}"
            raise Lost(f"{same:,} of {len(data):,} bytes came, {rest}.")
        raise Lost(f"The first {same:,} of {len(data):,} bytes came back right; the next one is wrong.")

    def expect_end(self) -> None:
        """Receive the end of file, and nothing before it."""
        some = self._some(1)
        if some is None:
            raise Lost(f"The end of file did not come: it is {self._program.state}.")
        if some:
            raise Lost("It sent back more bytes than it had received.")

    def close_writer(self) -> None:
        """Let the program see the end of file."""
        os.close(self._writer)
        self._writer = -1

    def close(self) -> None:
        """Close both descriptors."""
        for fd in {self._reader, self._writer} - {-1}:
            os.close(fd)
        self._reader = self._writer = -1

    def _some(self, most: int) -> bytes | None:
        """Return some bytes, b"" at the end of file, None where the program stops moving."""
        while True:
            try:
                return os.read(self._reader, min(most, _CHUNK))
            except BlockingIOError:
                if not self._program.wait(self._reader, select.POLLIN):
                    return self._last_look(most)
            except ConnectionResetError:
                raise Lost("It reset the connection.") from None

    def _last_look(self, most: int) -> bytes | None:
        """Read once more: what a program wrote just before it stopped or ended is there now."""
        try:
            return os.read(self._reader, min(most, _CHUNK))
        except BlockingIOError:
            return None


class Client(Channel):
    """A TCP connection to a server."""

    def __init__(self, server: Program, port: int, receive_buffer: int | None) -> None:
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(_CONNECT_S)
        try:
            self._socket.connect(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise Lost(f"No connection to its port {port}: {error.strerror}.") from None
        super().__init__(server, self._socket.fileno(), self._socket.fileno())

    def close_writer(self) -> None:
        """Shut down the sending side: the server reads the end of file and can still send."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()
        self._reader = self._writer = -1

    def reset(self) -> None:
        """Close it so that the server gets ECONNRESET."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()
