"""The laws of the Pipeliner mapping, on any text and against any contact that a space may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync_core.domain import Contact, FieldMap, LinkId, UserId, Value, same
from sync_core.engine.ports import PipelinerDraft
from sync_core.pipeliner.mapping import ContactView, FreeText, changed_body, does_not_fit, new_body
from tests.battery.mapping_laws.people import MAPS, law, some_values
from tests.battery.mapping_laws.pipeliner_shapes import (
    CUSTOM_TEXTS,
    ELSEWHERE,
    STANDING,
    TEXT_FIELDS,
    after_write,
    fits,
    may_refuse,
    records,
    slots_of,
)

OWNER = UserId("11111111-1111-1111-1111-111111111111")
WRITTEN_ALONE = {rows: tuple(row for row in rows if row.name not in ELSEWHERE) for rows in MAPS}
changes_of_a_map = st.one_of([st.tuples(st.just(rows), some_values(WRITTEN_ALONE[rows])) for rows in MAPS])
people_of_a_map = st.one_of([st.tuples(st.just(rows), some_values(tuple(rows))) for rows in MAPS])
names_of_a_map = st.one_of(
    [
        st.tuples(st.just(rows), st.sets(st.sampled_from([row.name for row in WRITTEN_ALONE[rows]]), min_size=1))
        for rows in MAPS
    ]
)


def read(record: Mapping[str, Any], rows: FieldMap) -> Contact:
    """Read what the service shows."""
    return ContactView(rows).contact(record).contact


def assert_arrived(rows: FieldMap, values: Mapping[str, Value], after: Mapping[str, Any]) -> None:
    """What was written reads the same."""
    seen = read(after, rows)
    for name, value in values.items():
        assert same(rows.field(name).kind, seen[name], value), name


@law(10)
@given(people_of_a_map)
def test_a_new_contact_reads_as_it_was_written(case: tuple[FieldMap, dict[str, Value]]) -> None:
    """Every field comes back in the same normal form, the company's name and the title as free text."""
    rows, values = case
    company = values.get("company", "")
    draft = PipelinerDraft(LinkId("link"), Contact(values), OWNER)
    body = new_body(draft, rows, FreeText(company if isinstance(company, str) else ""))
    if not fits(rows, values):
        assert_refused_for_its_entries(rows, values)
        return
    unset = {**STANDING, **dict.fromkeys(TEXT_FIELDS, ""), **dict.fromkeys(CUSTOM_TEXTS)}

    after = after_write(unset, body, access="c")

    if after is None:
        assert may_refuse(rows, values)
        return
    assert_arrived(rows, {name: value for name, value in values.items() if value}, after)


@law(20)
@given(changes_of_a_map, records)
def test_a_change_arrives_and_touches_nothing_else(
    case: tuple[FieldMap, dict[str, Value]], before: dict[str, Any]
) -> None:
    """Only the slots of the changed fields are sent, and all other fields are afterwards as they were."""
    rows, values = case
    if not fits(rows, values):
        assert_refused_for_its_entries(rows, values)
        return
    body = changed_body(values, rows)
    assert set(body) == slots_of(rows, values)

    after = after_write(before, body)

    if after is None:
        assert may_refuse(rows, values)
        return
    assert_arrived(rows, values, after)
    assert {name: value for name, value in after.items() if name not in body} == {
        name: value for name, value in before.items() if name not in body
    }


@law(10)
@given(names_of_a_map, records)
def test_writing_back_what_was_read_changes_nothing(case: tuple[FieldMap, set[str]], before: dict[str, Any]) -> None:
    """Texts stay as they are to the letter; a list keeps its entries and their order, gaps between slots close."""
    rows, names = case
    seen = read(before, rows)
    values: dict[str, Value] = {name: seen[name] for name in sorted(names)}

    after = after_write(before, changed_body(values, rows))

    assert after is not None
    assert read(after, rows) == seen
    lists = {name: value for name, value in values.items() if rows.field(name).kind.is_list}
    closed = slots_of(rows, lists)
    assert {name: value or "" for name, value in after.items() if name not in closed} == {
        name: value or "" for name, value in before.items() if name not in closed
    }


def assert_refused_for_its_entries(rows: FieldMap, values: Mapping[str, Value]) -> None:
    """A list that is too long for its slots is refused by name, before anything is sent."""
    refused = does_not_fit(values, rows)

    assert refused is not None
    crowded = [row for row in rows if row.kind.is_list and len(values.get(row.name, ())) > len(row.pipeliner)]
    assert refused.fields in [row.pipeliner for row in crowded]
