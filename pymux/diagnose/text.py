"""Lines as people paste them, made into those that strace wrote; and text of a log, made fit to be shown.

Around a log there may be quote marks of mail, fences, list marks, HTML, terminal colours, prompts. Nothing
in a log is trusted: what is shown of it passes `printable` first.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST = 1 << 16  # characters of a line that are read; strace's own longest with -s 32 and -v is far below
_ESCAPES = re.compile(r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TAGS = re.compile(
    r"</?(?:pre|code|p|div|span|tt|samp|kbd|blockquote|li|ul|ol|td|tr|table|tbody|font|b|i|em|strong|a|html|body|head)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_AROUND = re.compile(r"^(?:\s*(?:>|&gt;|\||`{1,3}|~{3}|[*•]|- (?!-)|\d+[:|] ))+\s?")
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\uffff\ud800-\udfff]"
)


def lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of each line, from 1; of a line that is too long, its beginning."""
    number = 0
    while raw := file.readline(LONGEST):
        number += 1
        rest = raw
        while rest and not rest.endswith(b"\n") and len(rest) == LONGEST:
            rest = file.readline(LONGEST)
        text = raw.decode("utf-8", "replace")
        # A terminal's log ends lines with \r\n; a progress bar has \r in the middle.
        yield number, text.rstrip("\r\n")


def cleaned(text: str) -> list[str]:
    """Return the line without what was put around it: one, or several where HTML broke it."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    text = _CONTROLS.sub("", text)
    parts = _BREAK.split(text) if "<" in text else [text]
    found = []
    for part in parts:
        if "<" in part:
            part = _TAGS.sub("", part)
        if "&" in part and ";" in part:
            part = html.unescape(html.unescape(part) if "&amp;" in part else part)
        part = _CONTROLS.sub("", part)
        found.append(_AROUND.sub("", part).replace("```", "").rstrip("`\\ "))
    return found


def printable(text: str, most: int = 200) -> str:
    """Return text of a log that changes no terminal and no page: controls become �, the end is cut."""
    text = _UNPRINTABLE.sub("\ufffd", text.replace("\t", " "))
    return text if len(text) <= most else text[: most - 1] + "…"
