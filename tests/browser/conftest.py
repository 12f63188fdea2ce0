"""A real Chromium with the report's page, or those of the documentation site, in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.page import html

from pymux.labs.kit.runs import Run

ARGUMENTS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
GRAVE = ("error", "warning", "assert")  # Furo logs each change of its colours


@pytest.fixture(scope="session")
def playwright() -> Any:
    """The library that drives the browser, or skip where it is missing."""
    return pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make browser")


@pytest.fixture(scope="session")
def page_file(
    playwright: Any, run_lab: Callable[[str], list[Run]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The report of all labs, as a file."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html(run_lab))
    return file


@pytest.fixture(scope="module")
def chromium(playwright: Any, page_file: Path) -> Iterator[Any]:
    """Debian's Chromium, running; after the labs, since Playwright keeps an event loop in this thread."""
    yield from _running(playwright)


@pytest.fixture(scope="module")
def chromium_for_site(playwright: Any, site: Path) -> Iterator[Any]:
    """The same, where no lab is run: after the site was built."""
    yield from _running(playwright)


def _running(playwright: Any) -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        # Its sandbox refuses to run as root, which continuous integration often is.
        arguments = [*ARGUMENTS.split(), *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = started.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, page_file: Path) -> Iterator[Callable[..., Any]]:
    """Open the page in a window of its own; at the end, it must have asked for itself alone."""
    with _windows(chromium) as (window, requests):
        yield lambda width=1440, scheme="light": window(page_file, width, scheme)
    assert set(requests) == {page_file.as_uri()}


@pytest.fixture
def visited(chromium_for_site: Any, site: Path) -> Iterator[Callable[..., Any]]:
    """Open a page of the site in a window of its own; at the end, all that was loaded is of the site."""
    with _windows(chromium_for_site) as (window, requests):
        yield lambda name, width=1440, scheme="light": window(site / f"{name}.html", width, scheme)
    assert [url for url in requests if not url.startswith((site.as_uri(), "data:"))] == []


@contextmanager
def _windows(chromium: Any) -> Iterator[tuple[Callable[[Path, int, str], Any], list[str]]]:
    """Yield a function that opens a file, and what is requested; no page may cause a warning."""
    contexts, requests, messages = [], list[str](), list[str]()

    def window(file: Path, width: int, scheme: str) -> Any:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: messages.extend([message.text] if message.type in GRAVE else []))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield window, requests
    for context in contexts:
        context.close()
    assert messages == []
