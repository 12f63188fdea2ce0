"""The peer has closed, and the program writes on."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
theirs.close()
for _ in range(8):
    select.select([], [ours], [], 0.01)
    try:
        ours.send(b"tick")
    except BrokenPipeError:
        if FIXED:
            break
ours.close()
