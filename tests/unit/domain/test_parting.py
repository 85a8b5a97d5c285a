"""What a wrong pair has mixed, read from its history."""

from __future__ import annotations

from sync_core.domain import Action, FieldChange, HistoryEntry, LinkId, Side, crossed_values

LINK = LinkId("l")


def wrote(side: Side | None, *changes: tuple[str, str, str], action: Action = Action.UPDATED) -> HistoryEntry:
    """An entry of one write: field, old and new value of each change."""
    return HistoryEntry(action, side, LINK, changes=tuple(FieldChange(*change) for change in changes))


def test_the_first_old_value_and_the_last_new_one_count() -> None:
    """Each side by itself, each field by itself."""
    told = [
        wrote(Side.OUTLOOK, ("city", "Rome", "Oslo"), ("title", "", "Dr")),
        wrote(Side.PIPELINER, ("city", "Bern", "Rome")),
        wrote(Side.OUTLOOK, ("city", "Oslo", "Wien")),
    ]

    assert crossed_values(told) == {
        Side.OUTLOOK: (FieldChange("city", "Rome", "Wien"), FieldChange("title", "", "Dr")),
        Side.PIPELINER: (FieldChange("city", "Bern", "Rome"),),
    }


def test_a_field_that_shows_its_first_value_again_has_lost_nothing() -> None:
    """There is nothing to offer."""
    told = [wrote(Side.OUTLOOK, ("city", "Rome", "Oslo")), wrote(Side.OUTLOOK, ("city", "Oslo", "Rome"))]
    assert crossed_values(told) == {Side.OUTLOOK: (), Side.PIPELINER: ()}


def test_only_what_was_written_counts() -> None:
    """A conflict tells of values that were written elsewhere, or not at all."""
    told = [
        wrote(Side.OUTLOOK, ("city", "Rome", "Oslo"), action=Action.CONFLICT),
        wrote(Side.OUTLOOK, ("city", "Rome", "Oslo"), action=Action.DELETED),
        wrote(None, ("city", "Rome", "Oslo")),
    ]
    assert crossed_values(told) == {Side.OUTLOOK: (), Side.PIPELINER: ()}
