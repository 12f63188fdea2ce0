"""The entry of a socket that was closed."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
poll = select.poll()
poll.register(ours, select.POLLIN)
fd = ours.fileno()
poll.poll(1)
ours.close()
if FIXED:
    poll.unregister(fd)
for _ in range(10):
    poll.poll(5)
