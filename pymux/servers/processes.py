"""Child processes that serve: started, stopped, counted."""

from __future__ import annotations

import gc
import os
import signal
import time
import traceback
from contextlib import suppress
from dataclasses import astuple
from struct import Struct
from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN
from pymux.raw.poll import poll
from pymux.raw.pollfds import PollFds
from pymux.servers.service import Counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.servers.service import Service

_REPORT = Struct("=5q")  # the counts of one child: less than PIPE_BUF, so that no two of them mix (pipe(7))
_AGAIN_S = 0.1
_AGAIN_EACH_S = 0.001  # and for each child: ten thousand need some time to handle it


class Children:
    """The processes that serve for this one, and the pipe through which each leaves its counts."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pids: set[int] = set()
        self._reports, self._report = os.pipe()
        os.set_blocking(self._reports, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # read from service.signals
        gc.freeze()  # a collection would write to pages that parent and children share

    def start(self, work: Callable[[], None]) -> None:
        """Do `work` in a new process; raises OSError (EAGAIN, ENOMEM) where there can be no more."""
        pid = os.fork()
        if pid:
            self.pids.add(pid)
            return
        try:
            self._become_child()
            work()
            os.write(self._report, _REPORT.pack(*astuple(self.service.counts)))
        except BaseException:  # whatever it is, a child must not return into the parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def _become_child(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl-C reaches the whole group; the parent stops its children
        signal.signal(signal.SIGTERM, self._stop_once)
        signal.signal(signal.SIGALRM, lambda *_: self.service.cut())
        self.service.counts = Counts()

    def _stop_once(self, *_: object) -> None:
        if not self.service.stopping:
            self.service.stop()

    def handle_signal(self) -> None:
        """Read the signals from `service.signals`: children ended, or the server is to stop."""
        numbers = os.read(self.service.signals, 4096)  # the C handler writes each signal's number
        self.reap()
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self.service.stop()

    def reap(self) -> None:
        """Add the counts of the children that ended, and reap them."""
        with suppress(BlockingIOError):
            while reports := os.read(self._reports, 100 * _REPORT.size):
                for report in _REPORT.iter_unpack(reports):
                    self._add(Counts(*report))
        with suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self.pids.discard(pid)

    def _add(self, counts: Counts) -> None:
        for name, value in vars(counts).items():
            setattr(self.service.counts, name, getattr(self.service.counts, name) + value)

    def stop(self) -> None:
        """Send SIGTERM to every child until none is left.

        Repeatedly: a child that gets the signal right before it blocks in recv runs its handler
        only when the next signal interrupts that recv.
        """
        while self.pids:
            for pid in self.pids:
                os.kill(pid, signal.SIGTERM)
            self._reap_for(_AGAIN_S + _AGAIN_EACH_S * len(self.pids))
        self.reap()

    def _reap_for(self, seconds: float) -> None:
        """Reap children as they end, until none is left or the time is over."""
        signals, end = PollFds([(self.service.signals, POLLIN)]), time.monotonic() + seconds
        while self.pids and (left_s := end - time.monotonic()) > 0:
            with suppress(InterruptedError):
                if poll(signals, 1, int(left_s * 1000) + 1):
                    os.read(self.service.signals, 4096)
            self.reap()
