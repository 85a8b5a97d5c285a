"""Bodies and keys of a connection's rows."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Baselines,
    Contact,
    FieldChange,
    HistoryEntry,
    Link,
    LinkId,
    OutlookId,
    PipelinerId,
    Side,
)
from sync_core.state.record_rows import entry_text, history_body, recorded_of
from sync_core.state.rows import body, history_key, link_body, link_of, parsed
from sync_core.storage import MAX_BODY_BYTES, Row, body_bytes
from tests.connection_scenario import START, link

TEXTS = st.text(st.characters(), max_size=20)
VALUES = st.one_of(TEXTS.filter(bool), st.lists(TEXTS, min_size=1, max_size=3).map(tuple))
CONTACTS = st.dictionaries(st.sampled_from(["surname", "emails", "notes"]), VALUES).map(Contact)
LINKS = st.builds(
    Link,
    st.just(LinkId("l1")),
    TEXTS.map(OutlookId),
    TEXTS.map(PipelinerId),
    st.builds(Baselines, CONTACTS, CONTACTS),
    TEXTS,
    st.integers(-1, 9),
    st.sampled_from([None, *Side]),
    absent=st.none()
    | st.builds(
        Absent, st.sampled_from(Side), st.sampled_from(AbsentBy), st.sampled_from([None, START]), TEXTS, CONTACTS
    ),
)
ENTRIES = st.builds(
    HistoryEntry,
    st.sampled_from(Action),
    st.sampled_from([None, *Side]),
    st.just(LinkId("l1")),
    st.sampled_from([None, OutlookId("o1")]),
    st.sampled_from([None, PipelinerId("p1")]),
    st.lists(st.builds(FieldChange, st.just("notes"), VALUES, VALUES), max_size=3).map(tuple),
    TEXTS,
)


@given(LINKS)
@settings(max_examples=60)
def test_a_link_is_read_back_as_it_was_written(one: Link) -> None:
    """Whatever characters it holds; equal baselines come back equal."""
    assert link_of(Row("5.link.l1", link_body(one), "etag")) == one


@given(st.lists(ENTRIES, min_size=1, max_size=4))
@settings(max_examples=60)
def test_history_is_read_back_as_it_was_written(entries: list[HistoryEntry]) -> None:
    """In the opposite order: newest first."""
    row = Row(history_key(START, 1, 0), history_body(START, 'run "1"', [entry_text(entry) for entry in entries]), "")
    assert [item.entry for item in recorded_of(row)] == entries[::-1]
    assert {(item.at, item.run_id) for item in recorded_of(row)} == {(START, 'run "1"')}


def test_equal_baselines_are_stored_once() -> None:
    """Which halves the row of most links."""
    assert link_body(link(1)).count("person1@example.com") == 1


def test_a_body_that_is_too_large_is_compressed() -> None:
    """Only then: other rows can be read by eye."""
    small, large = {"notes": "plain"}, {"notes": "paragraph ж " * 100_000}
    assert body(small) == '{"notes":"plain"}'
    assert body_bytes(body(large)) < MAX_BODY_BYTES
    assert (parsed(body(small)), parsed(body(large))) == (small, large)


def test_history_keys_sort_the_newest_first() -> None:
    """By time, then by transaction, then by row; a time's range starts at its first row."""
    second = timedelta(seconds=1)
    newest_first = [
        history_key(START + second, 1, 0),
        history_key(START, 12, 0),
        history_key(START, 9, 1),
        history_key(START, 9, 0),
        history_key(START - second, 20, 0),
    ]
    assert newest_first == sorted(newest_first)
    assert newest_first[0] < history_key(START) < newest_first[1]
