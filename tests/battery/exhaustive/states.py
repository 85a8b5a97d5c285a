"""Every state that fields can be in, up to the names of their values.

The merge tells values apart only by whether they are equal, blank or too long. So one representative for each way in
which the values of a field can be equal to each other, or blank, stands for every field of that state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import combinations_with_replacement, product

from sync_core.domain import Baselines, Contact, Direction, Field, FieldMap, Kind, Side, Value

WORDS: tuple[Value, ...] = ("", "Graz", "Wien", "Linz", "Bern")
LIMIT = 8
LONG = "Klagenfurt"
LATER = "Ulm"
"""What a person writes while a run is on its way."""
TRAVELLING = (Direction.BOTH, Direction.TO_OUTLOOK, Direction.TO_PIPELINER)
NAMES = ("city", "street", "notes")
LIST = "emails"
NOTE = "comments"
ENTRIES = ("a@x.test", "b@x.test")
LISTS: tuple[Value, ...] = ((), (ENTRIES[0],), (ENTRIES[1],), ENTRIES, ENTRIES[::-1])


@dataclass(frozen=True, slots=True)
class FieldState:
    """Values of one field: what both sides show, and had when they agreed (None on first sight)."""

    outlook: Value
    pipeliner: Value
    had: tuple[Value, Value] | None

    def now(self, side: Side) -> Value:
        """What a side shows."""
        return self.outlook if side is Side.OUTLOOK else self.pipeliner


@dataclass(frozen=True, slots=True)
class Placed:
    """A field's state and the directions in which the field travels."""

    state: FieldState
    direction: Direction = Direction.BOTH


State = tuple[Placed, ...]
"""One state per field of a map."""


def patterns(length: int) -> Iterator[tuple[int, ...]]:
    """Ways in which so many values can be blank (0) or equal to each other; new ones are counted up."""
    grown: list[tuple[int, ...]] = [()]
    for _ in range(length):
        grown = [(*shorter, value) for shorter in grown for value in range(max(shorter, default=0) + 2)]
    yield from grown


def agreed_states() -> list[FieldState]:
    """States of a field whose sides had the same value (15)."""
    return [FieldState(WORDS[o], WORDS[p], (WORDS[had],) * 2) for had, o, p in patterns(3)]


def all_states() -> list[FieldState]:
    """States of a field whose sides may have had different values, as after a service's own rewriting (52)."""
    return [FieldState(WORDS[o], WORDS[p], (WORDS[x], WORDS[y])) for x, y, o, p in patterns(4)]


def first_sights() -> list[FieldState]:
    """States of a field that is seen for the first time (5)."""
    return [FieldState(WORDS[o], WORDS[p], None) for o, p in patterns(2)]


def long_states() -> list[FieldState]:
    """Agreed states in which one value is longer than the other side is trusted to hold."""
    found = []
    for numbers in patterns(3):
        for long in range(1, max(numbers) + 1):
            had, o, p = (LONG if number == long else WORDS[number] for number in numbers)
            found.append(FieldState(o, p, (had, had)))
    return found


def list_states(*, agreed: bool = True) -> list[FieldState]:
    """States of a list of up to two entries, in every order; `agreed` says whether both sides had the same."""
    hads = [(had, had) for had in LISTS] if agreed else list(product(LISTS, LISTS))
    return [FieldState(o, p, had) for o, p, had in product(LISTS, LISTS, hads)]


def placed(states: Sequence[FieldState], directions: Sequence[Direction] = TRAVELLING) -> list[Placed]:
    """States in every direction."""
    return [Placed(state, direction) for state, direction in product(states, directions)]


def alike(choices: Sequence[Placed], fields: int) -> Iterator[State]:
    """Every state of so many fields of one kind; which of them has which state makes no difference."""
    yield from combinations_with_replacement(choices, fields)


class Form(StrEnum):
    """What the fields of a map are: plain ones, parts of one address, or a note before a plain one."""

    PLAIN = "plain"
    ADDRESS = "address"
    NOTE = "note"


@cache
def field_map(directions: tuple[Direction, ...], list_entries: int = 0, form: Form = Form.PLAIN) -> FieldMap:
    """Fields in these directions; with `list_entries` the first one is a list that Outlook has so much room for."""
    rows = [
        Field(name, name, Kind.TEXT if name == "notes" else Kind.LINE, name, (name,), direction, limit=LIMIT)
        for name, direction in zip(NAMES, directions, strict=False)
    ]
    if list_entries:
        slots = ("email1", "email2")
        rows[0] = Field(LIST, LIST, Kind.EMAILS, LIST, slots, directions[0], list_entries)
    if form is Form.NOTE:
        rows[0] = Field(NOTE, NOTE, Kind.NOTE, NOTE, (NOTE,), directions[0])
    if form is Form.ADDRESS:
        rows = [replace(row, outlook=f"businessAddress.{row.name}") for row in rows]
    return FieldMap(tuple(rows))


def contacts(rows: FieldMap, state: State) -> dict[Side, Contact]:
    """What both sides show."""
    return {
        side: Contact().with_values({row.name: item.state.now(side) for row, item in zip(rows, state, strict=True)})
        for side in Side
    }


def baselines(rows: FieldMap, state: State) -> Baselines | None:
    """What both sides had; None on first sight."""
    hads = [item.state.had for item in state]
    if any(had is None for had in hads):
        return None
    texts = [
        Contact().with_values({row.name: had[at] for row, had in zip(rows, hads, strict=True) if had is not None})
        for at in range(len(Side))
    ]
    return Baselines(*texts)
