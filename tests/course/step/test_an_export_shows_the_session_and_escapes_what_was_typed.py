"""`--export` writes the session as SVG or HTML that is well formed and loads nothing, whatever was typed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest

PYMUX = str(Path(sys.executable).with_name("pymux"))
HOSTILE = "# </text></svg><script>alert(1)</script> & [bold] \x1b[31m \x00 \u202e\nwrite 4\n<b>\nwait\n"


@pytest.fixture
def exported(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    file = tmp_path / f"session.{request.param}"
    done = subprocess.run(
        [PYMUX, "step", "--export", str(file)],
        input=HOSTILE.encode(),
        capture_output=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 1  # of the line that is no step
    assert f"written: {file}" in done.stderr.decode()
    return file.read_text(encoding="utf-8")


def assert_shown(text: str) -> None:
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert "</text></svg><script>alert(1)</script> & [bold]" in text
    assert "4 bytes are unread (FIONREAD)." in text
    assert "data arrived: an edge," in text
    assert not re.search("[\x00-\x08\x1b\u202e]", text)


@pytest.mark.parametrize("exported", ["svg"], indirect=True)
def test_svg(exported: str) -> None:
    picture = ElementTree.fromstring(exported)
    assert {element.tag for element in picture.iter() if "script" in element.tag} == set()
    assert "url(http" not in exported
    assert "url(&quot;http" not in exported
    assert 'url("http' not in exported
    assert_shown(" ".join(picture.itertext()))


@pytest.mark.parametrize("exported", ["html"], indirect=True)
def test_html(exported: str) -> None:
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(exported)
    assert page.find(".//script") is None
    assert not re.search(r"(?:src|href)=", exported)
    assert_shown("".join(page.itertext()))
