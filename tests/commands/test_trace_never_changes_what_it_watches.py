"""Where a trace can no longer be written, that is said once, and the script goes on as if all were well."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pymux
from pymux import Timespec
from pymux.recorder.records import parse

PYMUX = str(Path(sys.executable).with_name("pymux"))
THREADS, CALLS = 20, 50
SCRIPT = f"""
import sys, threading, pymux
made = []
def work():
    for _ in range({CALLS}):
        made.append(pymux.ppoll(None, 0, pymux.Timespec(), None))
threads = [threading.Thread(target=work) for _ in range({THREADS})]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(made))
sys.exit(int(sys.argv[1]))
"""
STOPPED = "pymux trace: stopped writing"

Trace = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "full.svg").symlink_to("/dev/full")

    def run(*options: str, status: int = 0, file_size: int | None = None) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            if file_size:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        return subprocess.run(
            [PYMUX, "trace", *options, "script.py", str(status)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit,
        )

    return run


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("-o", "/dev/full"), "the calls"),
        (("--json", "-o", "/dev/full"), "the calls"),
        (("-c", "-o", "/dev/full"), "the totals"),
        (("-c", "--timeline", "full.svg"), "full.svg"),
        (("-c", "--perfetto", "/dev/full"), "/dev/full"),
    ],
)
def test_a_full_disk(trace: Trace, options: tuple[str, ...], what: str) -> None:
    done = trace(*options)
    assert (done.returncode, done.stdout) == (1, f"{THREADS * CALLS}\n")
    assert done.stderr.count(STOPPED) == 1
    assert f"{STOPPED} {what}: No space left on device\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_may_not_grow(trace: Trace, tmp_path: Path) -> None:
    done = trace("-o", "calls.txt", file_size=8192)
    assert (done.returncode, done.stdout) == (1, f"{THREADS * CALLS}\n")
    assert done.stderr == f"{STOPPED} the calls: File too large\n"
    assert (tmp_path / "calls.txt").stat().st_size == 8192


def test_the_status_of_a_script_that_fails_is_its_own(
    trace: Trace,
) -> None:
    assert trace("-o", "/dev/full", status=5).returncode == 5


def test_a_file_that_cannot_be_made_is_refused_first(
    trace: Trace,
) -> None:
    done = trace("-o", "/proc/nosuch/calls.txt")
    assert (done.returncode, done.stdout) == (2, "")
    done = trace("-o", "/proc/calls.txt")
    assert (done.returncode, done.stdout) == (2, "")


def test_no_call_is_lost_among_threads(trace: Trace, tmp_path: Path) -> None:
    done = trace("-o", "calls.txt")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "calls.txt").read_text().count("ppoll(") == THREADS * CALLS
    done = trace("-c")
    (row,) = [line for line in done.stderr.splitlines() if "ppoll" in line]
    assert row.split()[1] == f"{THREADS * CALLS:,}"


def test_a_thread_takes_its_own_records(in_thread: Callable[..., object]) -> None:
    with pymux.record() as log:
        in_thread(pymux.epoll_create1, -1)
        pymux.ppoll(None, 0, Timespec(), None)
        assert [record.call for record in parse(log.take_own())] == ["ppoll"]
        assert log.take_own() == b""


@pytest.mark.parametrize("columns", ["80", "40"])
def test_totals_are_never_cut(trace: Trace, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = trace("-c")
    assert "…" not in done.stderr
    assert f"{THREADS * CALLS:,}" in done.stderr
