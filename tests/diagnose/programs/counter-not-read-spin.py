"""An eventfd wakes the loop, and is not read."""

import os
import select
import sys

FIXED = "fixed" in sys.argv

if not hasattr(os, "eventfd"):
    sys.exit(77)
counter = os.eventfd(1, os.EFD_NONBLOCK)
for _ in range(12):
    readable = select.select([counter], [], [], 0.005)[0]
    if readable and FIXED:
        os.eventfd_read(counter)
