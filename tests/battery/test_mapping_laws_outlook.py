"""The laws of the Outlook mapping, on any text and against any contact that a mailbox may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from emulators.graph.contact_fields import blank_fields
from sync_core.domain import Contact, Field, FieldMap, Kind, Value, entry_key, same
from sync_core.outlook.mapping import (
    NAME_PARTS,
    changed_body,
    display_name,
    member_of,
    new_body,
    property_of,
    read_contact,
    usable_emails,
)
from tests.battery.mapping_laws.graph_shapes import (
    after_write,
    comparable,
    graph_fields,
    may_refuse,
    readable,
    shown,
    touched,
)
from tests.battery.mapping_laws.people import MAPS, law, some_values

SPACE = "space"
SHOWN_NAMES = frozenset({"displayName", "fileAs"})
changes_of_a_map = st.one_of([st.tuples(st.just(rows), some_values(tuple(rows))) for rows in MAPS])

names_of_a_map = st.one_of(
    [st.tuples(st.just(rows), st.sets(st.sampled_from([row.name for row in rows]), min_size=1)) for rows in MAPS]
)


def read(fields: Mapping[str, Any], rows: FieldMap) -> Contact:
    """Read what the service shows."""
    return read_contact(shown(fields), rows, SPACE).contact


def has_room(row: Field, value: Value) -> bool:
    """Whether Outlook has room for a value; the merge never sends more."""
    return isinstance(value, str) or len(value) <= row.outlook_entries


def assert_arrived(
    rows: FieldMap, values: Mapping[str, Value], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """What was written reads the same; a longer list than there is room for is stored whole.

    A number beyond those that are synced moves up when fewer are written than are synced.
    """
    seen = read(after, rows)
    for name, value in values.items():
        row = rows.field(name)
        if has_room(row, value):
            expected = readable(row, value)
            if row.kind is Kind.PHONES:
                expected = (*expected, *before[property_of(row)][row.outlook_entries :])[: row.outlook_entries]
            assert same(row.kind, seen[name], expected), name
        elif row.kind is not Kind.EMAILS:
            assert set(value) <= set(after[property_of(row)]), name


@law(10)
@given(changes_of_a_map)
def test_a_new_contact_reads_as_it_was_written(case: tuple[FieldMap, dict[str, Value]]) -> None:
    """Every field comes back in the same normal form, or Graph refuses for a documented reason."""
    rows, values = case
    body = new_body(Contact(values), rows)
    nobody = blank_fields(by_hand=False)
    after = after_write(nobody, body)

    if after is None:
        assert may_refuse(rows, values, body)
        return
    assert_arrived(rows, {name: value for name, value in values.items() if value}, nobody, after)


@law(20)
@given(changes_of_a_map, graph_fields)
def test_a_change_arrives_and_touches_nothing_else(
    case: tuple[FieldMap, dict[str, Value]], before: dict[str, Any]
) -> None:
    """Only the changed fields are sent, and what the map does not know is there afterwards as it was."""
    rows, values = case
    body = changed_body(values, rows, before)
    assert set(body) <= touched(rows, values) | SHOWN_NAMES

    after = after_write(before, body)
    if after is None:
        assert may_refuse(rows, values, body)
        return
    assert_arrived(rows, values, before, after)
    assert_untouched(rows, values, before, after)


@law(10)
@given(names_of_a_map, graph_fields)
def test_writing_back_what_was_read_changes_nothing(case: tuple[FieldMap, set[str]], before: dict[str, Any]) -> None:
    """Every property keeps its value; a name for show is made anew only when a part of the name is written."""
    rows, names = case
    seen = read(before, rows)
    values: dict[str, Value] = {name: seen[name] for name in sorted(names)}

    after = after_write(before, changed_body(values, rows, before))

    if after is None:
        assert may_refuse(rows, values, changed_body(values, rows, before))
        return
    kept, expected = comparable(after), comparable(before)
    if touched(rows, values) & set(NAME_PARTS):
        kept.pop("displayName")
        expected.pop("displayName")
    assert kept == expected


def assert_untouched(
    rows: FieldMap, values: Mapping[str, Value], before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Whatever the changed fields do not cover is still there."""
    places = touched(rows, values)
    for name in before:
        if name not in places | SHOWN_NAMES:
            assert after[name] == before[name], name
    for name in values:
        row = rows.field(name)
        if row.kind is Kind.EMAILS:
            _assert_emails_kept(row, before, after)
        elif row.kind.is_list:
            further = before[property_of(row)][row.outlook_entries :]
            assert after[property_of(row)][-len(further) :] == further or not further
        elif member_of(row):
            _assert_members_kept(rows, values, row, before, after)
    chosen = before["displayName"] and before["displayName"].strip() != display_name(before)
    if chosen and not places & set(NAME_PARTS):
        assert after["displayName"] == before["displayName"]


def _assert_members_kept(
    rows: FieldMap, values: Mapping[str, Value], row: Field, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    place = property_of(row)
    written = {member_of(rows.field(name)) for name in values if property_of(rows.field(name)) == place}
    kept = {member: text for member, text in before[place].items() if member not in written}
    assert {member: text for member, text in after[place].items() if member not in written} == kept


def _assert_emails_kept(row: Field, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Display names stay with their addresses; an entry without a readable address stays where there is room."""
    names: dict[str, set[str | None]] = {}
    for entry in usable_emails(before["emailAddresses"]):
        names.setdefault(entry_key(Kind.EMAILS, entry["address"]), set()).add(entry.get("name"))
    for entry in usable_emails(after["emailAddresses"]):
        known = names.get(entry_key(Kind.EMAILS, entry["address"]), set()) - {None, ""}
        assert not known or entry.get("name") in known
    unreadable = [entry for entry in before["emailAddresses"] if entry not in usable_emails(before["emailAddresses"])]
    lost = [entry for entry in unreadable if entry not in after["emailAddresses"]]
    assert not lost or len(after["emailAddresses"]) == row.outlook_entries
