from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    Baselines,
    Conflict,
    Contact,
    FieldMap,
    Link,
    Merge,
    OutlookContact,
    PipelinerContact,
    Side,
    Value,
    pending_of,
    possibly_overwritten,
    with_pending_resolved,
)
from tests.unit.scenario import a_link, anna, in_outlook, in_pipeliner

ROWS = FieldMap()
OLD, NEW, LATER = anna(city="Graz"), anna(city="Wien"), anna(city="Linz")


def announced(merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact, had: Contact = OLD) -> Link:
    """Anna's link, once agreed on `had`, with a write on its way."""
    return replace(a_link(had, had), pending=pending_of(merge, outlook, pipeliner))


def to_pipeliner(**values: Value) -> Merge:
    """A merge that writes to Pipeliner only."""
    return Merge({}, values)


def cities(link: Link) -> tuple[Value, Value]:
    """The baselines of the city."""
    return link.baselines.outlook["city"], link.baselines.pipeliner["city"]


def test_what_shows_was_written() -> None:
    """Both sides are taken for agreed on the new value, so that an edit back is an edit."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))

    assert cities(with_pending_resolved(ROWS, link, in_outlook(OLD), in_pipeliner(NEW, revision=9))) == ("Wien", "Wien")


def test_what_does_not_show_was_not_written() -> None:
    """Nothing moved, so nothing was written; the edit is still one."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))

    assert cities(with_pending_resolved(ROWS, link, in_outlook(NEW), in_pipeliner(OLD))) == ("Graz", "Graz")


@pytest.mark.parametrize(("revision", "told"), [(1, ()), (9, (Conflict("city", Side.OUTLOOK, "Wien", "Graz"),))])
def test_an_old_value_in_a_contact_that_moved_since_is_told_before_it_is_written_over(
    revision: int, told: tuple[Conflict, ...]
) -> None:
    """Somebody may have put it back; where nothing moved, nobody did."""
    merge = to_pipeliner(city="Wien")
    link = announced(merge, in_outlook(NEW), in_pipeliner(OLD))

    assert possibly_overwritten(ROWS, link, merge, in_outlook(NEW), in_pipeliner(OLD, revision=revision)) == told


def test_another_value_in_a_contact_that_moved_since_is_an_edit_of_what_we_had_written() -> None:
    """It travels; what it may never have seen is told."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))
    back = Merge({"city": "Linz"}, {})
    outlook, pipeliner = in_outlook(NEW), in_pipeliner(LATER, revision=9)

    assert cities(with_pending_resolved(ROWS, link, outlook, pipeliner)) == ("Wien", "Wien")
    assert possibly_overwritten(ROWS, link, back, outlook, pipeliner) == (
        Conflict("city", Side.PIPELINER, "Linz", "Wien"),
    )


def test_our_own_value_is_written_over_without_a_word() -> None:
    """Nobody typed it there."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))
    pipeliner = in_pipeliner(NEW, revision=9)

    assert possibly_overwritten(ROWS, link, to_pipeliner(city="Linz"), in_outlook(LATER), pipeliner) == ()
    assert possibly_overwritten(ROWS, replace(link, pending=None), Merge({}, {}), in_outlook(LATER), pipeliner) == ()


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (("a@x.test", "b@x.test", "c@x.test"), ("a@x.test", "b@x.test")),
        (("b@x.test",), ("a@x.test", "b@x.test")),
        (("a@x.test", "c@x.test"), ("a@x.test",)),
    ],
)
def test_of_a_list_the_entries_that_were_to_come_count(shown: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Others may have come or gone since, by a person's hand."""
    one, two = anna(emails=("a@x.test",)), anna(emails=("a@x.test", "b@x.test"))
    link = announced(to_pipeliner(emails=two["emails"]), in_outlook(two), in_pipeliner(one), one)

    seen = with_pending_resolved(ROWS, link, in_outlook(two), in_pipeliner(anna(emails=shown), revision=9))

    assert seen.baselines.pipeliner["emails"] == expected


@pytest.mark.parametrize("has_reached_pipeliner", [True, False])
def test_a_list_that_both_sides_were_to_get_has_arrived_when_both_have_it(has_reached_pipeliner: bool) -> None:
    """Else it is merged once more, from the same baselines: what one side removed must still go on the other."""
    one, two = anna(emails=("a@x.test",)), anna(emails=("b@x.test",))
    merge = Merge({"emails": two["emails"]}, {"emails": two["emails"]})
    link = announced(merge, in_outlook(anna(emails=())), in_pipeliner(anna(emails=("a@x.test", "b@x.test"))), one)
    there = in_pipeliner(two if has_reached_pipeliner else anna(emails=("a@x.test", "b@x.test")), revision=9)

    seen = with_pending_resolved(ROWS, link, in_outlook(two, change_key="next"), there)

    expected = ("b@x.test",) if has_reached_pipeliner else ("a@x.test",)
    assert [seen.baselines.of(side)["emails"] for side in Side] == [expected] * 2


def test_only_what_was_on_its_way_is_possibly_overwritten() -> None:
    """Another field that is written over was read right before."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))
    title = to_pipeliner(job_title="CEO")

    assert possibly_overwritten(ROWS, link, title, in_outlook(NEW), in_pipeliner(NEW, revision=9)) == ()


def test_what_nobody_writes_over_is_not_told() -> None:
    """A direction may forbid it."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))

    assert possibly_overwritten(ROWS, link, Merge({}, {}), in_outlook(NEW), in_pipeliner(LATER, revision=9)) == ()


def test_a_contact_without_a_revision_has_not_moved() -> None:
    """Nothing was known of its state before."""
    merge = to_pipeliner(city="Wien")
    link = announced(merge, in_outlook(NEW), in_pipeliner(OLD, revision=-1))

    assert possibly_overwritten(ROWS, link, merge, in_outlook(NEW), in_pipeliner(OLD, revision=9)) == ()


def test_an_old_value_in_outlook_that_moved_since_was_not_written_either() -> None:
    """Each side is compared with what it showed itself."""
    link = announced(Merge({"city": "Wien"}, {}), in_outlook(OLD), in_pipeliner(NEW))

    assert cities(with_pending_resolved(ROWS, link, in_outlook(OLD, change_key="next"), in_pipeliner(NEW))) == (
        "Graz",
        "Graz",
    )


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("key-1", "key-2", (Conflict("city", Side.PIPELINER, "Wien", "Graz"),)),
        ("key-1", "key-1", ()),
        ("", "key-2", ()),
    ],
)
def test_an_old_value_that_may_have_been_put_back_in_outlook_is_told(
    before: str, now: str, told: tuple[Conflict, ...]
) -> None:
    """The same the other way round; where no key was known, nothing can have moved."""
    merge = Merge({"city": "Wien"}, {})
    link = announced(merge, in_outlook(OLD, change_key=before), in_pipeliner(NEW))

    assert possibly_overwritten(ROWS, link, merge, in_outlook(OLD, change_key=now), in_pipeliner(NEW)) == told


def test_what_was_typed_over_in_outlook_is_told_and_what_is_ours_is_not() -> None:
    """The same the other way round."""
    link = announced(Merge({"city": "Wien"}, {}), in_outlook(OLD), in_pipeliner(NEW))
    typed, ours = in_outlook(LATER, change_key="next"), in_outlook(NEW, change_key="next")

    told = possibly_overwritten(ROWS, link, to_pipeliner(city="Linz"), typed, in_pipeliner(NEW))

    assert told == (Conflict("city", Side.OUTLOOK, "Linz", "Wien"),)
    assert possibly_overwritten(ROWS, link, Merge({"city": "Linz"}, {}), ours, in_pipeliner(LATER)) == ()


def test_lists_are_never_overwritten() -> None:
    """They merge entry by entry, so nothing is written over."""
    one, two = anna(emails=("a@x.test",)), anna(emails=("a@x.test", "b@x.test"))
    merge = to_pipeliner(emails=two["emails"])
    link = announced(merge, in_outlook(two), in_pipeliner(one), one)

    assert possibly_overwritten(ROWS, link, merge, in_outlook(two), in_pipeliner(one, revision=9)) == ()


@pytest.mark.parametrize(("shown", "expected"), [(NEW, ("Wien", "Wien")), (LATER, ("Graz", "Graz"))])
def test_in_a_contact_that_has_not_moved_only_the_new_value_was_written(
    shown: Contact, expected: tuple[str, str]
) -> None:
    """A service that shows the same revision again says nothing of who wrote."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))

    assert cities(with_pending_resolved(ROWS, link, in_outlook(NEW), in_pipeliner(shown))) == expected


@pytest.mark.parametrize(
    ("name", "before", "after", "shown", "arrived"),
    [
        ("emails", ("a@x.test", "b@x.test"), ("b@x.test", "a@x.test"), ("a@x.test", "b@x.test"), False),
        ("emails", ("a@x.test", "b@x.test"), ("a@x.test",), ("a@x.test", "c@x.test"), True),
        ("business_phones", ("+43 1 11",), ("+43 1 11", "+43 2 22"), ("+43222", "+43 9 99"), True),
        ("business_phones", ("+43 1 11",), ("+43 1 11", "+43 2 22"), ("+43 1 11", "+43 9 99"), False),
    ],
)
def test_a_list_has_arrived_when_its_entries_came_and_went(
    name: str, before: tuple[str, ...], after: tuple[str, ...], shown: tuple[str, ...], arrived: bool
) -> None:
    """Whatever else is there, and however phones are grouped; a new order alone cannot be told from none."""
    had, wanted = anna(**{name: before}), anna(**{name: after})
    link = announced(Merge({}, {name: after}), in_outlook(wanted), in_pipeliner(had), had)

    seen = with_pending_resolved(ROWS, link, in_outlook(wanted), in_pipeliner(anna(**{name: shown}), revision=9))

    assert seen.baselines.pipeliner[name] == (after if arrived else before)


def test_fields_that_are_not_on_their_way_keep_their_baselines() -> None:
    """A person's edit of another field stays one."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))
    edited = NEW.with_values({"job_title": "CEO"})

    seen = with_pending_resolved(ROWS, link, in_outlook(NEW), in_pipeliner(edited, revision=9))

    assert seen.baselines == Baselines(NEW, NEW)


def test_nothing_is_concluded_of_a_contact_that_is_not_there() -> None:
    """Nor of a link that announced nothing."""
    link = announced(to_pipeliner(city="Wien"), in_outlook(NEW), in_pipeliner(OLD))

    assert with_pending_resolved(ROWS, link, None, in_pipeliner(NEW, revision=9)) == link
    assert with_pending_resolved(ROWS, replace(link, pending=None), in_outlook(NEW), in_pipeliner(NEW)) == replace(
        link, pending=None
    )
