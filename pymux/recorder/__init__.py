"""Floor 2: the flight recorder. Every call, recorded in C while the program runs, and read in strace's words.

>>> import pymux
>>> with pymux.record() as log:
...     epfd = pymux.epoll_create1(0)
...     pymux.epoll_wait(epfd, pymux.EpollEvents(8), 8, 0)
0
>>> [record.call for record in log]
['epoll_create1', 'epoll_wait']
>>> print(log[1])  # doctest: +SKIP
epoll_wait(3, [], 8, 0)                 = 0
"""

from pymux.recorder.log import CAPTURE, RING_SIZE, Log, record
from pymux.recorder.records import Record
from pymux.recorder.totals import Total, totals

__all__ = ["CAPTURE", "RING_SIZE", "Log", "Record", "Total", "record", "totals"]
