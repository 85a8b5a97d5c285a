"""Edits of a contact that its user may not edit in Pipeliner: none is sent, and each is told once."""

from __future__ import annotations

import pytest

from sync_core.domain import (
    Baselines,
    Conflict,
    Contact,
    Direction,
    FieldMap,
    Merge,
    MergeRules,
    Side,
    SyncType,
    Value,
    chosen_values,
    field_map,
    merge_contacts,
)

BOTH_WAYS = field_map({}, {}, [])
NO_RIGHT = MergeRules(may_edit=False)
MAILS = "emails"


def _merged(
    outlook: Value, pipeliner: Value, base: Value, rules: MergeRules = NO_RIGHT, name: str = "city", **directions: str
) -> Merge:
    """Merge one field that both sides had alike."""
    fields = field_map({key: Direction(value) for key, value in directions.items()}, {}, [])
    before = Contact().with_values({name: base})
    ours, theirs = (Contact().with_values({name: one}) for one in (outlook, pipeliner))
    return merge_contacts(fields, ours, theirs, Baselines(before, before), rules)


def test_an_edit_without_the_right_is_withheld_and_agreed() -> None:
    """It is not sent, and both baselines may move: nothing is left that a later right would send."""
    assert _merged("Wien", "Graz", "Graz") == Merge({}, {}, withheld=frozenset({"city"}))
    assert _merged("", "Graz", "Graz") == Merge({}, {}, withheld=frozenset({"city"}))
    assert _merged("Wien", "Graz", "Graz", MergeRules()).to_pipeliner == {"city": "Wien"}


def test_what_pipeliner_changed_travels_all_the_same() -> None:
    """Where both changed, Pipeliner's value takes the place of what was typed, which stands as the loser."""
    assert _merged("Graz", "Linz", "Graz") == Merge({"city": "Linz"}, {})
    won = Conflict("city", Side.PIPELINER, "Linz", "Wien")
    assert _merged("Wien", "Linz", "Graz") == Merge({"city": "Linz"}, {}, (won,))
    assert _merged("Linz", "Linz", "Graz").withheld == frozenset()


def test_only_what_would_have_travelled_is_withheld() -> None:
    """A field or a connection that never writes to Pipeliner has nothing to tell: its edit is one-way, as ever."""
    one_way = Merge({}, {}, not_agreed=frozenset({"city"}))

    assert _merged("Wien", "Graz", "Graz", city="to_outlook") == one_way
    assert _merged("Wien", "Graz", "Graz", MergeRules(SyncType.TO_OUTLOOK, may_edit=False)) == one_way


def test_one_way_to_pipeliner_withholds_and_writes_nothing() -> None:
    """Whatever Pipeliner has, Outlook is only read; what only Pipeliner changed is no edit of the user's."""
    rules = MergeRules(SyncType.TO_PIPELINER, may_edit=False)

    assert _merged("Wien", "Graz", "Graz", rules) == Merge({}, {}, withheld=frozenset({"city"}))
    assert _merged("Wien", "Linz", "Graz", rules) == Merge({}, {}, withheld=frozenset({"city"}))
    assert _merged("Graz", "Linz", "Graz", rules) == Merge({}, {}, not_agreed=frozenset({"city"}))


@pytest.mark.parametrize(
    ("outlook", "pipeliner", "shown", "is_withheld"),
    [
        (("a@x", "b@x"), ("a@x",), None, True),
        ((), ("a@x",), None, True),
        (("a@x",), ("a@x",), None, False),
        (("a@x", "b@x"), ("a@x", "c@x"), {"a@x", "b@x", "c@x"}, True),
        (("a@x", "b@x"), ("a@x", "b@x"), None, False),
        (("a@x",), ("a@x", "c@x"), {"a@x", "c@x"}, False),
        ((), ("a@x", "c@x"), {"a@x", "c@x"}, False),
        (("b@x",), ("a@x", "c@x"), {"a@x", "b@x", "c@x"}, True),
    ],
)
def test_a_list_keeps_what_was_typed_and_takes_what_pipeliner_adds(
    outlook: Value, pipeliner: Value, shown: set[str] | None, *, is_withheld: bool
) -> None:
    """Of a list that both had as `a`: additions stay in Outlook, and nothing is sent."""
    merge = _merged(outlook, pipeliner, ("a@x",), name=MAILS)

    assert merge.to_pipeliner == {}
    assert (set(merge.to_outlook[MAILS]) if merge.to_outlook else None) == shown
    assert merge.withheld == (frozenset({MAILS}) if is_withheld else frozenset())
    assert merge.not_agreed == frozenset()


def test_another_order_alone_is_withheld_as_well() -> None:
    """Else it would be sent as soon as the right returns."""
    merge = _merged(("b@x", "a@x"), ("a@x", "b@x"), ("a@x", "b@x"), name=MAILS)

    assert merge == Merge({}, {}, withheld=frozenset({MAILS}))


def test_what_a_person_chose_agrees_on_nothing_else() -> None:
    """Every other field of the map is left to the next look."""
    fields: FieldMap = BOTH_WAYS
    merge = chosen_values(fields, {"city": "Graz"}, {"surname": "Berg"})

    assert (merge.to_outlook, merge.to_pipeliner) == ({"city": "Graz"}, {"surname": "Berg"})
    assert merge.not_agreed == frozenset(field.name for field in fields) - {"city", "surname"}
