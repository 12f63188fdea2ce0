"""A diagnosis as a person reads it: the loops, each finding with its evidence; on a terminal or as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pymux.diagnose.text import printable
from pymux.labs.kit.svg import inline

if TYPE_CHECKING:
    from rich.console import Console

    from pymux.diagnose.diagnosis import Diagnosis
    from pymux.diagnose.finding import Finding
    from pymux.diagnose.summary import Loop

_STYLES = {"proved": "bold red", "suspected": "bold yellow", "hint": "cyan"}
_SHOWN = 5  # lines of evidence of one finding
_FINDINGS = 20


def show(diagnosis: Diagnosis, out: Console) -> None:
    """Print the answer."""
    out.print(Text(headline(diagnosis)))
    for sentence in remarks(diagnosis):
        out.print(Text(sentence))
    loops = diagnosis.summary.busiest()
    if loops:
        out.print()
        out.print(loops_table(loops))
    if not diagnosis.findings:
        out.print()
        out.print(Text("No fault found."))
    for finding in diagnosis.findings[:_FINDINGS]:
        out.print()
        _show_finding(finding, out)
    if len(diagnosis.findings) > _FINDINGS:
        out.print(Text(f"\n{len(diagnosis.findings) - _FINDINGS:,} more findings: see --json."))


def headline(diagnosis: Diagnosis) -> str:
    """Return how much was read."""
    return (
        f"{printable(diagnosis.source, 60)}: {diagnosis.calls:,} calls, {diagnosis.waits:,} waits, "
        f"{diagnosis.processes:,} {'thread' if diagnosis.processes == 1 else 'threads'}"
    )


def remarks(diagnosis: Diagnosis) -> list[str]:
    """Return what else there is to know of the log: lines that could not be read, totals alone."""
    said = []
    if diagnosis.reading.undecoded:
        said.append(f"{diagnosis.reading.undecoded:,} lines could not be read as strace's, among them:")
        said += [f"  {number}: {printable(text, 70)}" for number, text in diagnosis.reading.samples]
    if diagnosis.reading.table:
        said.append(
            "The log has totals of strace -c: they show which calls there were, not what led to which."
        )
    return said


def loops_table(loops: list[Loop]) -> Table:
    """Return the numbers of the loops."""
    table = Table(title="Loops", title_justify="left")
    table.add_column("wait", overflow="fold")
    for name in ("waits", "per second", "events per wait", "empty", "calls per event", "longest away"):
        table.add_column(name, justify="right")
    for loop in loops:
        numbers = loop.as_dict()
        pid = "" if loop.pid is None else f" in {loop.pid}"
        table.add_row(
            printable(f"{loop.wait}{pid}"),
            f"{loop.waits:,}",
            _number(numbers["waits_per_second"]),
            _number(numbers["events_per_wait"]),
            f"{100 * numbers['empty_share']:.0f} %",
            _number(numbers["calls_per_event"]),
            away(loop),
        )
    return table


def away(loop: Loop) -> str:
    """Return the longest time between two waits, and the call that took most of it."""
    if loop.seconds <= 0 or not loop.away_line:
        return "-"
    call = f" ({loop.away_call.name}, line {loop.away_call.line})" if loop.away_call else ""
    return f"{loop.away * 1000:,.3g} ms" + printable(call)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def place(finding: Finding) -> str:
    """Return where: "descriptor 5 of process 4242, TCP connection, EPOLLET"."""
    parts = []
    if finding.fd is not None:
        parts.append(f"descriptor {finding.fd}")
    if finding.pid is not None:
        parts.append(f"process {finding.pid}")
    where = " of ".join(parts)
    return ", ".join(part for part in (where, printable(finding.what, 100)) if part)


def _show_finding(finding: Finding, out: Console) -> None:
    out.print(
        Text.assemble(
            (finding.fault.name, "bold"),
            "  ",
            (finding.certainty, _STYLES[finding.certainty]),
            f"  {finding.times:,} time{'' if finding.times == 1 else 's'}",
        )
    )
    out.print(Padding(Text(place(finding)), (0, 0, 0, 2)))
    width = max(20, out.width - 12)
    for number in finding.lines[:_SHOWN]:
        text = printable(finding.evidence[number], width)
        out.print(Text.assemble((f"  {number:>7}  ", "dim"), text), no_wrap=True, overflow="ellipsis")
    fault = finding.fault
    because = f"{fault.because} {finding.note}".strip()
    for label, words in (
        ("Why", because),
        ("Mend", fault.fix),
        ("See", f"pymux lab run {fault.lab}; {fault.sources[0]}"),
    ):
        out.print(Padding(Text.assemble((f"{label}: ", "bold"), words), (0, 0, 0, 2)))


def page(diagnosis: Diagnosis, pictures: dict[int, str]) -> str:
    """Return the answer as one HTML page; `pictures` are SVG documents by the finding's place in the list."""
    environment = Environment(
        loader=PackageLoader("pymux.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"printable": printable, "place": place, "away": away, "number": _number}
    shown = {
        number: Markup(
            inline(document, f"picture{number}", "Timeline: the calls around the first occurrence")
        )
        for number, document in pictures.items()
    }
    return environment.get_template("diagnosis.html").render(
        diagnosis=diagnosis,
        headline=headline(diagnosis),
        remarks=remarks(diagnosis),
        findings=diagnosis.findings[: 5 * _FINDINGS],
        loops=diagnosis.summary.busiest(),
        pictures=shown,
    )
