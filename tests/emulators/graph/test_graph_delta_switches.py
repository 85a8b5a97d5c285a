"""The unpleasant habits of change tracking, each behind its switch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.graph.graph_client import IMMUTABLE, GraphCaller, a_caller


def with_contacts(count: int, **switches: Any) -> tuple[GraphCaller, list[str]]:
    """Caller of a service with contacts, and their immutable ids."""
    caller = a_caller(**switches)
    return caller, [caller.create(IMMUTABLE)["id"] for _ in range(count)]


def told(caller: GraphCaller, link: str | None = None) -> tuple[list[str], str]:
    """Ids of a first round, or of the round after a link, and the link after it."""
    page = caller.delta(prefer=IMMUTABLE) if link is None else caller.follow(link, IMMUTABLE)
    entries, after = caller.round(page, IMMUTABLE)
    return [entry["id"] for entry in entries], after


def test_empty_pages_come_with_a_next_link() -> None:
    """Every page is preceded by an empty one, and the round still ends."""
    caller, ids = with_contacts(12, delta_empty_pages=True)

    first = caller.delta(prefer=IMMUTABLE).json()

    assert first["value"] == []
    assert "@odata.nextLink" in first
    entries, link = told(caller)
    assert entries == ids
    assert "@odata.nextLink" in caller.follow(link).json()
    assert told(caller, link)[0] == []


def test_duplicates_repeat_contacts_within_a_round() -> None:
    """Each contact may be told twice in a round."""
    caller, ids = with_contacts(3, delta_duplicate_share=1.0)

    assert told(caller)[0] == ids * 2


def test_order_can_be_shuffled() -> None:
    """All are told, in another order."""
    caller, ids = with_contacts(30, delta_shuffled=True)

    entries, _ = told(caller)

    assert sorted(entries) == sorted(ids)
    assert entries != ids


def test_replays_tell_earlier_changes_again() -> None:
    """A later round repeats the last changes, as they are now, and the next one too."""
    caller, ids = with_contacts(4, delta_replays=2)
    _, link = told(caller)
    caller.patch(ids[3], surname="B")

    assert told(caller, link)[0] == [ids[2], ids[3]]


def test_removals_of_contacts_nobody_has_seen_are_told() -> None:
    """Unknown ids come as removed in every round."""
    caller, ids = with_contacts(1, delta_phantom_removals=2)

    entries, link = told(caller)

    assert entries[:1] == ids
    assert len(set(entries)) == 3
    assert len(told(caller, link)[0]) == 2


@pytest.mark.parametrize(("shown", "expected"), [(True, 1), (False, 0)])
def test_short_lived_contact_is_told_as_removed_or_not_at_all(shown: bool, expected: int) -> None:
    """Both habits are seen on the real service."""
    caller, _ = with_contacts(0, delta_short_lived_told=shown)
    _, link = told(caller)
    caller.model.delete_contact(caller.user, caller.create(IMMUTABLE)["id"])

    assert len(told(caller, link)[0]) == expected


def test_changes_become_visible_after_the_delay_and_are_never_lost() -> None:
    """A round tells the state of a while ago; what it hides comes later."""
    caller, ids = with_contacts(2, delta_visibility_delay_s=30.0)
    hidden, link = told(caller)
    caller.model.clock.advance(31)
    caller.patch(ids[0], surname="B")
    caller.model.delete_contact(caller.user, ids[1])

    first, link = told(caller, link)
    fresh, _ = told(caller)
    caller.model.clock.advance(31)
    later, _ = told(caller, link)

    assert hidden == []
    assert first == fresh == ids
    assert later == ids


def test_a_lying_service_leaves_contacts_out_of_the_first_round() -> None:
    """The omitted ones are there when read, but not told."""
    caller, ids = with_contacts(40, delta_omitted_share=0.5)

    entries, link = told(caller)

    assert 0 < len(entries) < len(ids)
    assert told(caller, link)[0] == []
    assert len(caller.model.contacts(caller.user)) == 40
