"""Each of the 157 claims has a test or a reason why there can be none, and docs/claims.md says which."""

from __future__ import annotations

from claims.generate import DIFFERS, HOLDS, OUT_OF_REACH, PAGE, claims, evidence, page


def test_all_claims_are_there() -> None:
    assert [claim.id for claim in claims()] == [f"M{number:03}" for number in range(1, 158)]


def test_a_test_decides_what_holds_or_differs_and_nothing_else() -> None:
    assert {claim.id for claim in claims() if claim.verdict in (HOLDS, DIFFERS)} == set(evidence())


def test_a_difference_and_what_is_out_of_reach_are_explained() -> None:
    assert [claim.id for claim in claims() if claim.verdict != HOLDS and not claim.note] == []
    assert {claim.verdict for claim in claims()} == {HOLDS, DIFFERS, OUT_OF_REACH}


def test_docs_claims_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: make claims"
