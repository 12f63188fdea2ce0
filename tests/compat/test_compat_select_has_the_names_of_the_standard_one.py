"""pymux.compat.select exports the names of the standard `select`, its constants with the same values."""

from __future__ import annotations

import select as standard

from pymux.compat import select as ours


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_compat_select_has_the_names_of_the_standard_one() -> None:
    assert set(ours.__all__) == public(dir(standard))
    for name in ours.__all__:
        if name.isupper():
            assert getattr(ours, name) == getattr(standard, name), name
    assert ours.error is standard.error


def test_the_objects_have_no_public_attribute_of_their_own() -> None:
    assert public(dir(ours.epoll)) == public(dir(standard.epoll))
    assert public(dir(ours.poll())) == public(dir(standard.poll()))
