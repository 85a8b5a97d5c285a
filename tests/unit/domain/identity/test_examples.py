from __future__ import annotations

import pytest

from sync_core.domain.identity import (
    TABLE,
    Chosen,
    Finding,
    Nobody,
    Traits,
    Unsure,
    Verdict,
    compare,
    counterpart_of,
    held_of,
)
from tests.unit.domain.identity.examples import EXAMPLES, Example
from tests.unit.domain.identity.holding_sides import holders_of, token

ACROSS = "27"
"""The row that looks at several candidates."""


def sides(example: Example) -> tuple[dict[str, Traits], dict[str, Traits]]:
    """All cards of an example by their ids; the two in question are the first."""
    outlook = (example.outlook, *example.more_in_outlook)
    pipeliner = (example.pipeliner, *example.more_in_pipeliner)
    return {f"o{at}": card.traits for at, card in enumerate(outlook)}, {
        f"p{at}": card.traits for at, card in enumerate(pipeliner)
    }


def of_the_two(example: Example, *, is_reversed: bool = False) -> Finding:
    """What is found on the two cards of an example, with all that its sides hold."""
    outlook, pipeliner = sides(example)
    one, other = (pipeliner["p0"], outlook["o0"]) if is_reversed else (outlook["o0"], pipeliner["p0"])
    held = held_of(one, other, frozenset({"o0", "p0"}), holders_of(outlook, pipeliner), token)
    return compare(one, other, held, has_stored_id=example.has_stored_id)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.number)
def test_example_is_decided_as_written(example: Example) -> None:
    """Each worked example has its verdict, from both sides, by the row that the document names."""
    found = of_the_two(example)

    if example.rule != ACROSS:
        assert (found.verdict, found.rule) == (example.verdict, example.rule)
    assert of_the_two(example, is_reversed=True) == found


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.number)
def test_choice_among_all_follows_the_example(example: Example) -> None:
    """With all cards of both sides in view, the pair is chosen, asked about, or left alone, whoever looks."""
    outlook, pipeliner = sides(example)
    stored = {"o0": "p0"} if example.has_stored_id else {}
    holders = holders_of(outlook, pipeliner)

    chosen = counterpart_of("o0", outlook, pipeliner, holders, token, stored)
    back = counterpart_of("p0", pipeliner, outlook, holders, token, stored)

    match example.verdict:
        case Verdict.SAME:
            assert isinstance(chosen, Chosen)
            assert (chosen.id, isinstance(back, Chosen) and back.id) == ("p0", "o0")
        case Verdict.ASK:
            assert isinstance(chosen, Unsure)
            assert "p0" in chosen.ids
            assert isinstance(back, Unsure)
        case Verdict.DIFFERENT:
            assert isinstance(chosen, Nobody) or (isinstance(chosen, Chosen) and chosen.id != "p0")
            assert isinstance(back, Nobody) or (isinstance(back, Chosen) and back.id != "o0")


def test_every_row_has_an_example() -> None:
    """No row is only words; each decides an example."""
    assert {example.rule for example in EXAMPLES} - {ACROSS} == {row.id for row in TABLE}
    numbers = [example.number for example in EXAMPLES]
    assert len(set(numbers)) == len(numbers)
