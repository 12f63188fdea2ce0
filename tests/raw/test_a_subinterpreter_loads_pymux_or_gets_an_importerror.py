"""A subinterpreter that shares the GIL can use pymux; any other gets an ImportError, never a crash."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from ast import literal_eval
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(
    not (find_spec("_interpreters") or find_spec("_xxsubinterpreters")),
    reason="this Python has no module for subinterpreters",
)

SCRIPT = '''
import sys
from importlib.util import find_spec

USE = """
import os, pymux
from pymux.raw.made_by import made
reader, writer = os.pipe()
epfd, events = pymux.epoll_create1(0), pymux.EpollEvents(2)
pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, reader, pymux.EPOLLIN)
os.write(writer, b"x")
with pymux.record() as log:
    assert pymux.epoll_wait(epfd, events, 2, -1) == 1
assert events.ready(1) == [(reader, pymux.EPOLLIN)]
assert [record.call for record in log] == [made("epoll_wait")]
try:
    pymux.epoll_wait(-1, events, 2, 0)
except OSError:
    pass
for fd in (reader, writer, epfd):
    os.close(fd)
"""

def use_in_subinterpreter(kind):
    """Return what USE raised in a new subinterpreter, as "ImportError: ...", or "" where it worked."""
    if find_spec("_interpreters"):
        import _interpreters
        made = _interpreters.create(_interpreters.new_config(kind))
        raised = _interpreters.exec(made, USE)
        _interpreters.destroy(made)
        return raised.formatted if raised else ""
    import _xxsubinterpreters
    made = _xxsubinterpreters.create(isolated=kind == "isolated")
    try:
        _xxsubinterpreters.run_string(made, USE)
    except _xxsubinterpreters.RunFailedError as error:
        return str(error).replace("<class 'ImportError'>", "ImportError")
    else:
        return ""
    finally:
        _xxsubinterpreters.destroy(made)

kind, order = sys.argv[1:]
if order == "main first":
    exec(USE)
print([use_in_subinterpreter(kind) for _ in range(3)])
exec(USE)
'''


def outcomes(kind: str, order: str) -> list[str]:
    """Return what three subinterpreters raised; the main one uses pymux after them, or before as well."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, kind, order], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return list(literal_eval(done.stdout))


FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
REFUSED = "does not support loading in subinterpreters"


@pytest.mark.parametrize("order", ["main first", "main last"])
def test_one_that_shares_the_gil_works(order: str) -> None:
    for outcome in outcomes("legacy", order):
        if FREE_THREADED:  # there is none to share
            assert outcome.startswith("ImportError: ")
            assert REFUSED in outcome
        else:
            assert outcome == ""


@pytest.mark.parametrize("order", ["main first", "main last"])
def test_one_with_a_gil_of_its_own_gets_an_importerror(order: str) -> None:
    # Before 3.12 no interpreter has one: "isolated" forbids threads and processes, but shares the GIL.
    own_gil = sys.version_info >= (3, 12)
    for outcome in outcomes("isolated", order):
        assert outcome.startswith("ImportError: ") is own_gil
        assert (REFUSED in outcome) is own_gil
