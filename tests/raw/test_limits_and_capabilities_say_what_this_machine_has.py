"""limits(), raise_nofile() and capabilities() return what is in force, also under lowered limits."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import capabilities, limits, raise_nofile
from pymux.raw.limits import CALLS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


def test_limits() -> None:
    got = limits()
    assert (got.nofile_soft, got.nofile_hard) == resource.getrlimit(resource.RLIMIT_NOFILE)
    assert got.fd_setsize == pymux.FD_SETSIZE == 1024
    assert got.nr_open == int(Path("/proc/sys/fs/nr_open").read_text())
    assert got.file_max == int(Path("/proc/sys/fs/file-max").read_text())
    assert got.max_user_watches == int(Path("/proc/sys/fs/epoll/max_user_watches").read_text())
    assert got.sizeof_epoll_event in (12, 16)
    assert got.kernel == Path("/proc/sys/kernel/osrelease").read_text().strip()
    assert got.libc


def test_raise_nofile_raises_as_far_as_it_may_and_never_lowers() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    assert raise_nofile(150) == 150
    assert raise_nofile(120) == 150
    assert raise_nofile(hard + 1) == hard
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_raise_nofile_refuses_what_is_no_count() -> None:
    with pytest.raises(ValueError, match="n=-1 is negative"):
        raise_nofile(-1)
    with pytest.raises(OverflowError, match="does not fit a C rlim_t"):
        raise_nofile(2**64)
    with pytest.raises(TypeError, match="must be an int"):
        raise_nofile(1.5)  # type: ignore[arg-type]


def test_capabilities_are_names_of_calls() -> None:
    got = capabilities()
    assert type(got) is frozenset
    assert got <= set(CALLS)
    assert {"pselect6", "ppoll", "epoll_create1", "epoll_ctl", "epoll_pwait"} <= got


LOWERED = """
import json, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 30))
from pymux import limits, raise_nofile
print(json.dumps([limits()[:2], raise_nofile(10**6), limits()[:2]]))
"""


def test_under_lowered_limits(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert json.loads(python(LOWERED).stdout) == [[20, 30], 30, [30, 30]]


def test_raise_nofile_takes_more_than_any_limit() -> None:
    assert raise_nofile(2**40) == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


MISSING = """
from pymux import capabilities
print(sorted(capabilities()))
"""


def test_a_call_that_the_kernel_lacks_is_not_among_them(
    strace: str, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    absent = "inject=epoll_pwait2,poll,epoll_create:error=ENOSYS"
    done = python(MISSING, strace, "-o", "/dev/null", "-e", absent)
    assert done.stdout.strip() == str(sorted(capabilities() - {"epoll_pwait2", "poll", "epoll_create"}))


def test_without_an_epoll_its_ioctls_are_not_among_them(
    strace: str, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = python(MISSING, strace, "-o", "/dev/null", "-e", "inject=epoll_create1:error=ENOSYS")
    absent = {"epoll_create1", "epoll_get_params", "epoll_set_params"}
    assert done.stdout.strip() == str(sorted(capabilities() - absent))
