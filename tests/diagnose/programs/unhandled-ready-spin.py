"""Readable, and nothing reads it."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
theirs.send(b"x")
for _ in range(20):
    readable = select.select([ours], [], [], 0.005)[0]
    if readable and FIXED:
        ours.recv(512)
