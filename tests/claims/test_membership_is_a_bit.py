"""FD_SET, FD_CLR and FD_ISSET: adding twice and removing what is not there change nothing."""

from __future__ import annotations

from pymux import FdSet


def test_m004_adding_a_member_twice_is_a_no_op() -> None:
    once, twice = FdSet(fds=[5]), FdSet(fds=[5, 5])

    assert bytes(once.memory) == bytes(twice.memory)
    assert list(twice) == [5]


def test_m005_removing_a_non_member_is_a_no_op() -> None:
    fds = FdSet(fds=[5])
    before = bytes(fds.memory)

    fds.discard(6)

    assert bytes(fds.memory) == before


def test_m006_isset_is_true_exactly_for_members() -> None:
    fds = FdSet(fds=[0, 63, 64, 1023])

    assert [fd for fd in range(1024) if fd in fds] == [0, 63, 64, 1023]
    fds.discard(63)
    assert 63 not in fds
