"""The process that holds the other ends, so that N watched descriptors cost the watcher N.

Run as a script with the number of an inherited AF_UNIX SOCK_SEQPACKET socket; one JSON command a
message, each answered by "done" or by the error. It ends when that socket is closed at the other end.
It imports the standard library alone, so it needs no installed pymux.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys

_MESSAGE = 1 << 20
_MOST_FDS = 253  # SCM_MAX_FD: descriptors one message can carry (unix(7))


def serve(control: socket.socket) -> None:
    """Obey commands until the other side closes its end."""
    held: list[int] = []
    while True:
        try:
            message, fds, _, _ = socket.recv_fds(control, _MESSAGE, _MOST_FDS)
        except ConnectionError:
            return
        held.extend(fds)
        if not message:
            return
        command = json.loads(message)
        try:
            _obey(command, held)
            answer = "done"
        except OSError as error:
            answer = str(error)
        try:
            control.send(answer.encode())
        except ConnectionError:  # the watcher was interrupted and waits for no answer
            return


def _obey(command: dict[str, list[int]], held: list[int]) -> None:
    for port in command.get("connect", ()):
        client = socket.create_connection(("127.0.0.1", port))
        held.append(client.detach())
    for i in command.get("write", ()):
        os.write(held[i], b"x")


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with socket.socket(fileno=int(sys.argv[1])) as inherited:
        serve(inherited)
