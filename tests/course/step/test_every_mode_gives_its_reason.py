"""Beside each report stands the rule that it follows from."""

from __future__ import annotations

from contextlib import closing

import pytest

from pymux.course.step.parsing import parse
from pymux.course.step.session import Session

DISABLED = "EPOLLONESHOT disabled it after its report. EPOLL_CTL_MOD re-arms it."
GONE = "The registration is gone: the last descriptor of what it watched is closed."
CASES = {
    ("pipe", "write 4"): {
        "level": ("EPOLLIN", "4 bytes are unread: level-triggered epoll reports it at every wait."),
        "edge": ("EPOLLIN", "4 bytes are unread, and data arrived: an edge, reported once."),
        "one-shot": ("EPOLLIN", "4 bytes are unread: it is reported once, then disabled (EPOLLONESHOT)."),
        "poll": ("POLLIN", "4 bytes are unread."),
        "select": ("readable", "4 bytes are unread."),
    },
    ("pipe", "write 4|wait|read 3"): {
        "level": ("EPOLLIN", "1 byte is unread: level-triggered epoll reports it at every wait."),
        "edge": ("nothing", "1 byte is unread, but nothing happened since the last report."),
        "one-shot": ("nothing", DISABLED),
    },
    ("pipe", "write 4|wait|mod"): {
        "edge": ("EPOLLIN", "4 bytes are unread, and EPOLL_CTL_MOD found it ready: an edge, reported once."),
    },
    ("pipe", "write 4|read 4"): {
        "edge": ("nothing", "Data arrived, but now no byte is unread."),
        "poll": ("nothing", "No byte is unread."),
    },
    ("pipe", "write 1|close peer"): {
        "poll": ("POLLIN\nPOLLHUP", "1 byte is unread and every writer is closed."),
    },
    ("pipe", "close"): {
        "level": ("nothing", GONE),
        "poll": ("POLLNVAL", "Descriptor 3 is closed: poll reports POLLNVAL."),
        "select": ("EBADF", "Descriptor 3 is closed: select fails with EBADF."),
    },
    ("socketpair", "oneshot|write 1"): {
        "edge": (
            "EPOLLIN",
            "1 byte is unread, and data arrived: it is reported once, then disabled (EPOLLONESHOT).",
        ),
    },
    ("socketpair", "mod rdhup|write 1"): {"select": ("nothing", "select has no set for EPOLLRDHUP.")},
    ("listener", "write 2|read"): {
        "level": (
            "EPOLLIN",
            "1 connection waits for accept: level-triggered epoll reports it at every wait.",
        ),
    },
    ("eventfd", "write 2|write 3"): {
        "edge": ("EPOLLIN", "The counter is 5, and the counter was added to: an edge, reported once."),
    },
    ("timerfd", "write 3|wait|write 1"): {
        "edge": ("EPOLLIN", "The timer has expired, and the timer expired: an edge, reported once."),
    },
}


@pytest.mark.parametrize(("kind", "script"), CASES, ids=str)
def test_reasons(kind: str, script: str) -> None:
    with closing(Session(kind)) as session:
        watched = session.opening.registered[0].text.split()[1]
        for line in script.split("|"):
            outcome = session.take(parse(line))
    answers = {
        mode.name: (mode.model, mode.why.replace(f"Descriptor {watched} ", "Descriptor 3 "))
        for mode in outcome.modes
    }
    expected = CASES[kind, script]
    assert {name: answers[name] for name in expected} == expected
    assert outcome.disagreements == []
