"""What a service refuses of an edit: the value blocks itself, not the contact, so the rest is sent without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sync_core.domain import FieldMap, LinkId, Side
from sync_core.engine.ports import NOTHING_REFUSED, OutlookEdit, PipelinerEdit, Refused, Written

MOST_TRIES = 4
"""A service may name one field after the other."""
Edit = TypeVar("Edit", OutlookEdit, PipelinerEdit)
Outcome = TypeVar("Outcome")


def refused_names(field_map: FieldMap, side: Side, refused: Refused, changes: Mapping[str, object]) -> frozenset[str]:
    """Name the changed fields that a refusal is about; an address is refused as a whole."""
    told = frozenset(refused.fields)
    names = {
        field.name
        for field in field_map
        if not told.isdisjoint(field.pipeliner if side is Side.PIPELINER else {field.outlook.partition(".")[0]})
    }
    for parts in field_map.wholes:
        whole = {part.name for part in parts}
        names |= whole if names & whole else set()
    return frozenset(names & changes.keys())


async def send_rest(
    field_map: FieldMap,
    side: Side,
    edits: Mapping[LinkId, Edit],
    outcomes: dict[LinkId, Outcome],
    update: Callable[[Sequence[Edit]], Awaitable[Sequence[Outcome]]],
) -> None:
    """Send edits again without the values that the service refused; `outcomes` say what was left out then.

    A refusal that names none of the edited values stays as it is.
    """
    left: dict[LinkId, Refused] = {}
    sent = dict(edits)
    for _ in range(MOST_TRIES):
        again: dict[LinkId, Edit] = {}
        for key, edit in sent.items():
            told = outcomes[key]
            if not isinstance(told, Refused):
                continue
            refused: Refused = told
            names = refused_names(field_map, side, refused, edit.changes)
            rest = {name: value for name, value in edit.changes.items() if name not in names}
            if names and rest:
                known: Refused = left.get(key, NOTHING_REFUSED)
                fields, names = (*known.fields, *refused.fields), known.names | names
                left[key] = Refused(refused.code, refused.message, fields, names)
                again[key] = replace(edit, changes=rest)
        if not again:
            break
        outcomes.update(zip(again, await update(list(again.values())), strict=True))
        sent = again
    for key, left_out in left.items():
        outcome = outcomes[key]
        if isinstance(outcome, Written):
            outcomes[key] = replace(outcome, left_out=left_out)
