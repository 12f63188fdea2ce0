"""poll reports POLLHUP, and only POLLIN is looked at."""

import os
import select
import sys

FIXED = "fixed" in sys.argv


reader, writer = os.pipe()
poll = select.poll()
poll.register(reader, select.POLLIN)
os.close(writer)
for _ in range(20):
    for fd, events in poll.poll(10):
        if events & select.POLLIN:
            os.read(fd, 512)
        elif FIXED:
            poll.unregister(fd)
