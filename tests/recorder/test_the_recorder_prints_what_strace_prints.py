"""One run under strace -f -ttt and under the recorder gives the same lines, call for call.

But for times and pointers, and three things printed differently on purpose: an ERESTART code, which only
strace sees, is EINTR; the ioctls of epoll have names; the C library's calls are marked as its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess

from support.strace import as_before_6_2

CALLS = "select,pselect6,poll,ppoll,/^epoll_,ioctl"
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import pymux, pymux.libc, every_call
pymux.pselect6(0, None, None, None, pymux.Timespec(0, 77), None)  # here strace's lines begin to count
with pymux.record() as log:
    every_call.everything()
pymux.pselect6(0, None, None, None, pymux.Timespec(0, 77), None)
for record in log:
    print(record.thread, record)
print(0, log.lost, "lost")
"""
MARK = "pselect6(0, NULL, NULL, NULL, {tv_sec=0, tv_nsec=77}"
NORMAL = (
    (r" += ", " = "),
    (r"\? (ERESTARTNOHAND|ERESTART_RESTARTBLOCK) \(.*\)", "-1 EINTR (Interrupted system call)"),
    (r"left \{.*?\}", "left TIME"),
    (r"0x[0-9a-f]{9,}", "POINTER"),
    (r"_IOC\(_IOC_READ, 0x8a, 0x2, 0x8\), \w+", "EPIOCGPARAMS"),
    (r"_IOC\(_IOC_WRITE, 0x8a, 0x1, 0x8\), \w+", "EPIOCSPARAMS"),
    (r"(EPIOC.PARAMS), [^)]*", r"\1"),
    (r"^libc\.", ""),
)


def test_same_lines(
    python: Callable[..., CompletedProcess[str]], strace: str, checkout: Path, tmp_path: Path
) -> None:
    output = tmp_path / "strace.txt"
    options = ["-f", "-ttt", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(output)]
    result = python(PROGRAM.format(tests=str(checkout / "tests")), strace, *options)
    assert result.returncode == 0, result.stderr
    *recorded, lost = (line.split(" ", 1) for line in result.stdout.splitlines())
    assert lost == ["0", "0 lost"]

    by_strace, by_recorder = by_thread(lines_of_strace(output)), by_thread(recorded)
    assert by_strace.keys() == by_recorder.keys()
    for thread, lines in by_strace.items():
        assert by_recorder[thread] == lines
    assert len(by_recorder) == 4
    assert len(recorded) > 390


def lines_of_strace(output: Path) -> Iterable[tuple[str, str]]:
    """Yield (thread, line) of what lies between the marks; a line cut in two by another thread is joined."""
    unfinished: dict[str, str] = {}
    counts = False
    for text in output.read_text().splitlines():
        thread, _time, line = as_before_6_2(text).split(maxsplit=2)
        if line.startswith(("+++", "---")) or re.match(r"ioctl\((?!.*_IOC\()", line):
            continue  # an end, or Python itself asking whether a file is a terminal
        if line.startswith(MARK):
            counts = not counts
            continue
        if line.endswith("<unfinished ...>"):
            unfinished[thread] = line.removesuffix("<unfinished ...>").rstrip()
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>", line):
            line = unfinished.pop(thread) + " " + line[resumed.end() :].lstrip()
            line = re.sub(r"\( ", "(", line.replace(" )", ")"))
        if counts:
            yield thread, as_before_6_2(line)


def by_thread(lines: Iterable[tuple[str, str]] | Iterable[list[str]]) -> dict[str, list[str]]:
    threads: dict[str, list[str]] = defaultdict(list)
    for thread, line in lines:
        for pattern, normal in NORMAL:
            line = re.sub(pattern, normal, line)
        threads[thread].append(line)
    return threads
