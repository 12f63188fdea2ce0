"""Sphinx's settings for the documentation site; `build.py` puts the pages together and starts it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pygments.lexers.special import TextLexer
from site_pages.markdown import is_documented

from pymux import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "pymux"
copyright = "2026 The pymux authors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
smartquotes = False  # "--" is how options begin
exclude_patterns = [".doctrees"]
# Types of the standard library and of C are described elsewhere, and no page needs the network.
nitpick_ignore_regex = [("py:.*", r"(?!pymux\.).*|pymux\.raw\..*")]
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
toc_object_entries = False
highlight_language = "text"

html_theme = "furo"
html_title = f"pymux {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_search_summary = False  # it fetches each page found, which a browser forbids a page that is a file
html_theme_options: dict[str, Any] = {"top_of_page_buttons": []}  # they lead to a page's source

_CODE = re.compile(r"`([^`]+)`(?=(\w?))")


def setup(app: Sphinx) -> None:
    """Connect what is below."""
    app.add_lexer("strace", TextLexer)  # Pygments has none
    app.connect("autodoc-process-docstring", _as_restructured_text)


def _as_restructured_text(
    app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]
) -> None:
    """Docstrings have names in single backticks: references where the site describes them, else code."""
    lines[:] = _CODE.sub(_reference, "\n".join(lines)).split("\n")


def _reference(found: re.Match[str]) -> str:
    name = found[1].removeprefix("pymux.")
    markup = f":py:obj:`pymux.{name}`" if is_documented(name) else f"``{found[1]}``"
    return markup + ("\\ " if found[2] else "")  # as in `FdSet`s
