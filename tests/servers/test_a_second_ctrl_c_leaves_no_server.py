"""Interrupted again while a server does not end, a trial kills it: no server outlives `pymux c10k`."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from pymux.servers.trial import Trial, _stop

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(flush=True)
time.sleep(60)
"""


def test_the_server_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        server.stdout.readline()
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            _stop(server, Trial("threads", 1, 1))
        assert server.wait(10) == -signal.SIGKILL
