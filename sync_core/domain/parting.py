"""What a wrong pair has mixed: the values of one contact that the sync wrote over those of the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sync_core.domain.contact import Side, Value
from sync_core.domain.records import Action, FieldChange, HistoryEntry


def crossed_values(entries: Iterable[HistoryEntry]) -> Mapping[Side, tuple[FieldChange, ...]]:
    """Return, for each side, what each field was before the sync wrote to it first, and what it wrote last.

    `entries` are those of one link, the earliest first. A field that shows its first value again is left out.
    """
    first: dict[Side, dict[str, Value]] = {side: {} for side in Side}
    last: dict[Side, dict[str, Value]] = {side: {} for side in Side}
    for entry in entries:
        if entry.action is not Action.UPDATED or entry.side is None:
            continue
        for change in entry.changes:
            first[entry.side].setdefault(change.field, change.old)
            last[entry.side][change.field] = change.new
    return {
        side: tuple(
            FieldChange(name, old, last[side][name]) for name, old in first[side].items() if old != last[side][name]
        )
        for side in Side
    }
