"""POLLPRI: a pty in packet mode changed its state, a cgroup its population, the mount table its mounts."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import in_child
from support.rights import mount, private_mounts
from support.waiters import POLLS, PollWaiter, over

from pymux import POLLERR, POLLPRI, PollFds, poll

if TYPE_CHECKING:
    from conftest import Keep

TIOCPKT = 0x5420  # asm-generic/ioctls.h


@over(*POLLS)
def test_m053_a_pty_in_packet_mode(keep: Keep, waiter: PollWaiter) -> None:
    master, slave = (keep(fd) for fd in os.openpty())
    fcntl.ioctl(master, TIOCPKT, struct.pack("i", 1))
    assert waiter.wait({master: "x"}) == set()

    termios.tcflow(slave, termios.TCOOFF)

    assert waiter.wait({master: "x"}) == {(master, "x")}


def with_private_mounts(function: Callable[[], list[int]], directory: Path) -> list[int]:
    """Run `function` in a child whose mounts no other process sees, with a file system of its own there."""

    def unshared() -> list[int] | None:
        try:
            private_mounts()
            mount("none", str(directory), "tmpfs")
        except OSError:
            return None
        return function()

    answer = in_child(unshared)
    if answer is None:
        pytest.skip("no right to mount anything here")
    return answer


def revents(fds: PollFds) -> int:
    poll(fds, 1, 0)
    return fds[0].revents


def test_m157_the_mount_table(tmp_path: Path) -> None:
    def mount_one_more() -> list[int]:
        with open("/proc/self/mounts") as mounts:
            fds = PollFds([(mounts.fileno(), POLLPRI)])
            before = revents(fds)
            mount("none", str(tmp_path), "tmpfs")
            return [before, revents(fds), revents(fds)]

    assert with_private_mounts(mount_one_more, tmp_path) == [0, POLLPRI | POLLERR, 0]


def test_m054_the_events_of_a_cgroup(tmp_path: Path) -> None:
    own = [line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if not own:
        pytest.skip("this process is in no cgroup of version 2")

    def populate_a_group() -> list[int]:
        mount("none", str(tmp_path), "cgroup2")
        home = tmp_path / own[0].removeprefix("0::/")
        group = home / f"pymux-test-{os.getpid()}"
        group.mkdir()
        try:
            with open(group / "cgroup.events") as events:
                fds = PollFds([(events.fileno(), POLLPRI)])
                events.read()
                before = revents(fds)
                (group / "cgroup.procs").write_text(str(os.getpid()))
                poll(fds, 1, 10_000)  # the kernel reports it from a timer
                after = fds[0].revents
        finally:
            (home / "cgroup.procs").write_text(str(os.getpid()))
            group.rmdir()
        return [before, after]

    assert with_private_mounts(populate_a_group, tmp_path) == [0, POLLPRI | POLLERR]
