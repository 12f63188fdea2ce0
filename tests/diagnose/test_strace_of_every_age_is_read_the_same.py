"""One loop, as strace 4, 5 and 6 wrote it and with each option, gives the same finding."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from pymux.diagnose.diagnosis import Diagnosis, diagnose
from pymux.diagnose.sources import read_files
from pymux.diagnose.strace import Reading

EVENTS = {
    "4": "{{EPOLLIN, {u32=7, u64=7}}}, 64, 4294967295",
    "4-brackets": "[{EPOLLIN, {u32=7, u64=7}}], 64, -1",
    "5": "[{events=EPOLLIN, data={u32=7, u64=7}}], 64, -1",
    "6": "[{events=EPOLLIN, data=0x7}], 64, -1",
}
PREFIXES = {
    "none": "",
    "pid": "[pid  4444] ",
    "bare": "4444  ",
    "clock": "21:32:44 ",
    "fraction": "4444 21:32:44.123456 ",
    "epoch": "1700000000.123456 ",
    "relative": "     0.000123 ",
    "both": "21:32:44 (+     0.000021) ",
    "number": "[ 232] ",
    "address": "[00007f3a5c1e2a47] ",
    "all": "[pid  4444] 21:32:44.123456 [ 232] [00007f3a5c1e2a47] ",
    "name": "4444<nginx> ",
}
ENDS = {"plain": "", "took": " <0.000008>", "unavailable": " <unavailable>"}
AROUND: dict[str, Callable[[str], str]] = {
    "mail": lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    "fence": lambda text: f"It spins:\n```\n{text}```\n",
    "prompt": lambda text: (
        f"$ sudo strace -p 4444\nstrace: Process 4444 attached\n{text}^Cstrace: Process 4444 detached\n"
    ),
    "html": lambda text: "<pre>" + text.replace("<", "&lt;").replace(">", "&gt;") + "</pre>\n",
    "breaks": lambda text: text.replace("<", "&lt;").replace("\n", "<br/>\n"),
    "colour": lambda text: "".join(f"\x1b[1;32m{line}\x1b[0m\n" for line in text.splitlines()),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: "".join(f"\t{line}\n" for line in text.splitlines()),
    "wrapped": lambda text: "".join(_wrapped(line) for line in text.splitlines()),
    "numbered": lambda text: "".join(f"{n}: {line}\n" for n, line in enumerate(text.splitlines(), 1)),
}


def _wrapped(line: str) -> str:
    return "".join(line[at : at + 80] + "\n" for at in range(0, len(line), 80))


def loop(events: str, prefix: str = "", end: str = "", kind: str = "7") -> str:
    wait = f"{prefix}epoll_wait(3, {events}) = 1{end}\n"
    return 6 * (wait + f'{prefix}recvfrom({kind}, "", 4096, 0, NULL, NULL) = 0{end}\n')


def the_one(diagnosis: Diagnosis) -> tuple[str, int | None]:
    (finding,) = diagnosis.findings
    assert finding.certainty != "hint"
    return finding.fault.name, finding.fd


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("events", EVENTS)
def test_styles(events: str, prefix: str, end: str, diagnosed: Callable[[str], Diagnosis]) -> None:
    text = loop(EVENTS[events], PREFIXES[prefix], ENDS[end])
    assert the_one(diagnosed(text)) == ("eof-ignored-spin", 7)


@pytest.mark.parametrize(
    "path", ["7<socket:[4044086]>", "7<TCP:[127.0.0.1:80->127.0.0.1:4000]>", "7</tmp/a = (b>"]
)
def test_annotations(path: str, diagnosed: Callable[[str], Diagnosis]) -> None:
    assert the_one(diagnosed(loop(EVENTS["5"], kind=path))) == ("eof-ignored-spin", 7)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("end", ENDS)
def test_what_is_around_it(around: str, end: str, diagnosed: Callable[[str], Diagnosis]) -> None:
    text = AROUND[around](loop(EVENTS["5"], "[pid  4444] 21:32:44.123456 ", ENDS[end]))
    diagnosis = diagnosed(text)
    assert the_one(diagnosis) == ("eof-ignored-spin", 7)
    assert diagnosis.findings[0].pid == 4444


def test_calls_cut_in_two_are_joined_across_pids(diagnosed: Callable[[str], Diagnosis]) -> None:
    text = 6 * (
        "[pid 11] epoll_wait(3, <unfinished ...>\n"
        "[pid 12] futex(0x7f, FUTEX_WAKE_PRIVATE, 1) = 0\n"
        "[pid 11] <... epoll_wait resumed>[{events=EPOLLIN, data=0x7}], 8, 500) = 1\n"
        "[pid 11] read(7,  <unfinished ...>\n"
        "[pid 12] sched_yield() = 0\n"
        '[pid 11] <... read resumed> "", 4096) = 0\n'
    )
    assert the_one(diagnosed(text)) == ("eof-ignored-spin", 7)


def test_strings_may_hold_anything(diagnosed: Callable[[str], Diagnosis]) -> None:
    text = loop(EVENTS["5"]).replace('"", 4096', '"", 4096') + 'write(1, "a) = 5 \\"(, ] }", 14) = 14\n'
    diagnosis = diagnosed(text)
    assert diagnosis.reading.undecoded == 0
    assert diagnosis.calls == 13


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_compressed(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "app.strace"
    path.write_bytes(compress(loop(EVENTS["6"]).encode()))
    reading = Reading()
    assert the_one(diagnose(read_files([str(path)], reading), "log", reading)) == ("eof-ignored-spin", 7)


def test_files_of_ff_are_put_together(tmp_path: Path) -> None:
    for pid in (5, 6):
        (tmp_path / f"app.{pid}").write_text(loop(EVENTS["6"], kind="7" if pid == 5 else "8"))
    reading = Reading()
    paths = [str(tmp_path / f"app.{pid}") for pid in (6, 5)]
    diagnosis = diagnose(read_files(paths, reading), "log", reading)
    assert [(finding.pid, finding.fd) for finding in diagnosis.findings if finding.fd == 7] == [(5, 7)]
