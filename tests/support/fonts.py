"""Matplotlib keeps the fonts it has drawn with open: that is no leak of a test's."""

from __future__ import annotations

from matplotlib.figure import Figure

from pymux.labs.kit.pictures import as_svg


def open_fonts() -> None:
    """Draw with the fonts that pictures use, before any test begins."""

    def draw() -> Figure:
        figure = Figure()
        figure.text(0, 0, "plain, and mathematics: $10^x$")
        figure.text(0, 0, "bold", fontweight="bold")
        return figure

    as_svg(draw)
