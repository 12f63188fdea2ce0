"""interest() shows what the kernel has registered: descriptor, mask in force, data and inode."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    Interest,
    epoll_ctl,
    epoll_wait,
    interest,
)

if TYPE_CHECKING:
    from conftest import Keep

ALWAYS = EPOLLERR | EPOLLHUP


def test_registrations(keep: Keep) -> None:
    (reader, writer), (ours, theirs) = keep.pipe(), map(keep, socket.socketpair())
    epfd = keep.epoll()
    assert interest(epfd) == []
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET)
    epoll_ctl(epfd, EPOLL_CTL_ADD, ours, 0, 2**64 - 1)
    assert sorted(interest(epfd)) == sorted(
        [
            Interest(reader, EPOLLIN | EPOLLET | ALWAYS, reader, os.fstat(reader).st_ino),
            Interest(ours.fileno(), ALWAYS, 2**64 - 1, os.fstat(ours.fileno()).st_ino),
        ]
    )
    epoll_ctl(epfd, EPOLL_CTL_DEL, reader)
    theirs.close()
    assert [entry.fd for entry in interest(epfd)] == [ours.fileno()]
    ours.close()
    assert interest(epfd) == []
    os.close(writer)


def test_one_shot_leaves_no_event_bits(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLONESHOT)
    assert epoll_wait(epfd, EpollEvents(1), 1, 0) == 1
    assert [entry.events for entry in interest(epfd)] == [EPOLLONESHOT]


def test_a_closed_descriptor_whose_file_lives_stays(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    keep(os.dup(reader))
    os.close(reader)
    assert [(entry.fd, entry.data) for entry in interest(epfd)] == [(reader, reader)]
