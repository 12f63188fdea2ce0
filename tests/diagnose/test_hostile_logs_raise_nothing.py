"""A log that was cut, shuffled or changed at random is read without an exception, and in time."""

from __future__ import annotations

import random
from io import StringIO

from diagnose.corpus import diagnosed
from diagnose.fuzz import damaged, kept_logs
from rich.console import Console

from pymux.report.diagnosis import page, show

ROUNDS = 300


def test_damage() -> None:
    dice = random.Random(20261126)
    logs = kept_logs()
    for _ in range(ROUNDS):
        diagnosis = diagnosed(damaged(dice.choice(logs), dice))
        assert diagnosis.status in (0, 1, 2)


def test_no_escape_and_no_markup_reaches_terminal_or_page() -> None:
    evil = "\x1b]0;owned\x07\x1b[31m<script>alert(1)</script>[bold]\u202e\x9b"
    text = 6 * (
        f'epoll_wait(3, [{{events=EPOLLIN, data={{u32=7, u64=7}}}}], 64, -1) = 1\nread(7, "{evil}", 9) = 0\n'
        f"{evil} junk\n"
    )
    diagnosis = diagnosed(text)
    assert diagnosis.findings
    out = StringIO()
    show(diagnosis, Console(file=out, width=80))
    html = page(diagnosis, {})
    for shown in (out.getvalue(), html):
        assert not set(shown) & set("\x1b\x07\x9b\u202e")
    assert "<script>" not in html


def test_one_line_without_an_end_takes_time_in_proportion() -> None:
    for text in ("(" * 200_000, "read(5, " + '"' * 60_000, "a(" * 30_000, "x) = " * 12_000, "<" * 60_000):
        diagnosed(text)
        diagnosed("epoll_wait(3, " + text)
