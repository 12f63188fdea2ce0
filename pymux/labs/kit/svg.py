"""A picture inside an HTML page: the SVG document of matplotlib, made fit to stand among others."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_UNWANTED = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}
_REFERENCE = re.compile(r"(?<=url\(#)|(?<=^#)")
# What matplotlib says in a <style>, which would hold for the whole page.
_STROKES = "stroke-linejoin: round; stroke-linecap: butt"

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)


def inline(document: str, name: str, words: str) -> str:
    """Return an SVG element: its ids begin with `name`, which no other picture has; `words` describe it.

    It has no background of its own and no fixed size: both are the page's.
    """
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _UNWANTED or _is_background(child):
                parent.remove(child)
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == "id":
                element.set(attribute, f"{name}-{value}")
            else:
                element.set(attribute, _REFERENCE.sub(f"{name}-", value))
    for attribute in ("width", "height", "version"):
        del root.attrib[attribute]
    root.attrib |= {"role": "img", "aria-label": words, "style": _STROKES}
    return ElementTree.tostring(root, encoding="unicode")


def _is_background(element: ElementTree.Element) -> bool:
    """Return whether this is the white patch behind a figure or its axes."""
    return element.get("id", "").startswith("patch_") and element[0].get("style") == "fill: #ffffff"
