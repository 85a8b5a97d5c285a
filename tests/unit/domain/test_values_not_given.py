"""What a value of the core holds when nobody gave it: of the promised type, and nothing that was not told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from types import ModuleType, NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest

from sync_core.domain import connection, contact, decisions, lifecycle, link, merge, records
from sync_core.domain import fields as field_rows
from sync_core.domain.values import lists

MODULES: tuple[ModuleType, ...] = (
    *(connection, contact, decisions, field_rows, lifecycle, link, lists, merge, records),
)
UNTOLD: tuple[type, ...] = (
    records.HistoryEntry,
    records.AttentionItem,
    records.Run,
    contact.OutlookContact,
    contact.PipelinerContact,
    connection.PipelinerUser,
    merge.Merge,
    link.Absent,
    decisions.Update,
    merge._Verdict,
    lists.MergedEntries,
    contact.Contact,
)
"""What is not given of these is not known, or did not happen."""


def values() -> list[type]:
    """Every dataclass of the core."""
    return [
        kind
        for module in MODULES
        for kind in vars(module).values()
        if is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
    ]


def defaults(kind: type) -> Iterator[tuple[str, Any]]:
    """Return the fields that may be left out, with what they hold then."""
    rows: tuple[Field[Any], ...] = fields(kind)
    for row in rows:
        if row.default is not MISSING:
            yield row.name, row.default
        elif row.default_factory is not MISSING:
            yield row.name, row.default_factory()


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is what the annotation promises: None where that is allowed; collections are not looked into."""
    if get_origin(hint) in {Union, UnionType}:
        return value is None if NoneType in get_args(hint) else any(fits(value, part) for part in get_args(hint))
    plain: Any = hint.__supertype__ if isinstance(hint, NewType) else hint
    return isinstance(value, get_origin(plain) or plain)


@pytest.mark.parametrize("kind", values(), ids=lambda kind: kind.__name__)
def test_a_field_left_out_holds_what_its_type_promises(kind: type) -> None:
    """Whoever reads the field may rely on its annotation: no text where a side or nothing is promised."""
    hints = get_type_hints(kind)

    assert [name for name, value in defaults(kind) if not fits(value, hints[name])] == []


@pytest.mark.parametrize("kind", UNTOLD, ids=lambda kind: kind.__name__)
def test_nothing_is_known_that_nobody_told(kind: type) -> None:
    """A contact is in no folder, deleted or archived, a change has no reason and a run no end until it is told."""
    untold = [(name, value) for name, value in defaults(kind) if not isinstance(value, records.RunCounts)]

    assert [name for name, value in untold if value and value != contact.Contact()] == []
    assert untold
