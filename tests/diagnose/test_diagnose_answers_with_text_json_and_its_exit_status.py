"""`pymux diagnose` prints the finding, or JSON in the documented form; its exit status is 0, 1 or 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPIN = 6 * (
    'epoll_wait(3, [{EPOLLIN, {u32=7, u64=7}}], 64, -1) = 1\nrecvfrom(7, "", 4096, 0, NULL, NULL) = 0\n'
)
HEALTHY = (
    "epoll_wait(3, [{EPOLLIN, {u32=7, u64=7}}], 64, -1) = 1\n"
    'recvfrom(7, "x", 4096, 0, NULL, NULL) = 1\nepoll_wait(3, [], 64, 1000) = 0\n'
)
PYMUX = str(Path(sys.executable).parent / "pymux")


def run(*arguments: str, text: str = "", columns: int = 80) -> subprocess.CompletedProcess[str]:
    environment = {"COLUMNS": str(columns), "PATH": "/usr/bin:/bin"}
    command = [PYMUX, "diagnose", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, env=environment, check=False)


def test_a_finding_is_status_1_and_text_without_colours() -> None:
    done = run("-", text=SPIN)
    assert done.returncode == 1
    assert "eof-ignored-spin" in done.stdout
    assert "recvfrom(7" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("columns", [80, 40])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    assert max(map(len, run("-", text=SPIN, columns=columns).stdout.splitlines())) <= columns


def test_nothing_found_is_status_0() -> None:
    assert run("-", text=HEALTHY).returncode == 0


def test_nothing_read_is_status_2_and_one_line() -> None:
    for done in (run("-", text="Dear all,\nit spins.\n"), run("/no/such/log")):
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_json_has_the_documented_form(tmp_path: Path) -> None:
    log = tmp_path / "app.strace"
    log.write_text(SPIN)
    answer = json.loads(run(str(log), "--json").stdout)
    assert (answer["source"], answer["format"], answer["calls"], answer["waits"]) == (
        str(log),
        "strace",
        12,
        6,
    )
    assert (answer["processes"], answer["undecoded"]) == (1, 0)
    (finding,) = answer["findings"]
    assert (finding["fault"], finding["fd"], finding["pid"]) == ("eof-ignored-spin", 7, None)
    assert finding["lines"][:2] == [1, 2]
    assert set(finding) == {
        *("fault", "certainty", "pid", "fd", "what", "times", "lines", "because", "fix", "lab", "sources")
    }


def test_the_page_has_a_timeline_and_needs_nothing_else(tmp_path: Path) -> None:
    log, page = tmp_path / "app.strace", tmp_path / "page.html"
    log.write_text(SPIN)
    assert run(str(log), "--html", str(page)).returncode == 1
    text = page.read_text()
    assert "<svg" in text
    assert "eof-ignored-spin" in text
    assert "http-equiv" in text
    assert "<script" not in text


def test_every_lab_that_is_named_exists() -> None:
    from pymux.diagnose.rules import RULES
    from pymux.labs.kit.lab import labs

    assert {rule.fault.lab for rule in RULES} <= set(labs())
    assert len({rule.fault.name for rule in RULES}) == 24
