"""select is asked for a writable socket, and nothing is written."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
for _ in range(20):
    select.select([ours], [] if FIXED else [ours], [], 0.005)
