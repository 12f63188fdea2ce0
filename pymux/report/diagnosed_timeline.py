"""The timeline around the first occurrence of each finding, drawn from the log."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import matplotlib as mpl

from pymux.diagnose.call import Call
from pymux.diagnose.records import as_records
from pymux.diagnose.sources import read_files
from pymux.diagnose.strace import Reading
from pymux.labs.kit.style import STYLE
from pymux.report.timeline import draw

if TYPE_CHECKING:
    from pymux.diagnose.diagnosis import Diagnosis

_FINDINGS = 6  # pictures of a page
_BEFORE, _AFTER = 40, 60  # lines of the log around the first occurrence
_CALLS = 80  # in a picture, after which no mark is seen any more


def pictures(diagnosis: Diagnosis, paths: list[str]) -> dict[int, str]:
    """Return SVG documents by the finding's place; none where the log cannot be read a second time."""
    if "-" in paths:
        return {}
    wanted = {
        place: finding.first
        for place, finding in enumerate(diagnosis.findings[:_FINDINGS])
        if finding.first is not None
    }
    near: dict[int, list[Call]] = {place: [] for place in wanted}
    for item in read_files(paths, Reading()):
        if not isinstance(item, Call):
            continue
        for place, first in wanted.items():
            close = first.line - _BEFORE <= item.line <= first.line + _AFTER and item.source == first.source
            if close and item.pid == first.pid and len(near[place]) < _CALLS:
                near[place].append(item)
    drawn = {}
    for place, calls in near.items():
        records, closed = as_records(calls)
        if records:
            file = StringIO()
            with mpl.rc_context(STYLE):
                draw(records, file, closed, diagnosis.findings[place].fault.name)
            drawn[place] = file.getvalue()
    return drawn
