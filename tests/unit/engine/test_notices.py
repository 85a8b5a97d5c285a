"""What people read about a contact that waits for them: what is wrong, the way out, and never a value."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync_core.domain.contact import Contact, OutlookId, PipelinerId, Side, Value
from sync_core.domain.fields import STANDARD_FIELDS, FieldMap, field_map
from sync_core.domain.lifecycle import Fate
from sync_core.domain.merge import Excess, Overflow
from sync_core.domain.planning import LinkPlan, plan_create_in_pipeliner
from sync_core.domain.records import HELD_CHANGES_SUBJECT, HELD_REMOVALS_SUBJECT, AttentionItem, Reason
from sync_core.engine.notices import (
    changes_held_notice,
    held_notice,
    overflow_notice,
    refusal_notice,
    subject_of,
    unclear_notice,
    uncreated_notice,
    undeleted_notice,
)
from sync_core.engine.ports import Refused
from sync_core.engine.settling import Outcomes, settle
from tests.unit.scenario import LINK, OUTLOOK, PIPELINER, a_connection, a_link, in_outlook, in_pipeliner

ROWS = FieldMap()
SUBJECT = f"link:{LINK}"
CANARY = "canary-5f3a"
UNCREATED = [Reason.EMPTY_CONTACT, Reason.NAME_MISSING, Reason.TWIN_OUT_OF_SCOPE, Reason.TWIN_DELETED]


def refused(*fields: str) -> Refused:
    """A refusal that names these fields."""
    return Refused("validation", "a value is not valid", fields)


def canary_contact(*, longer_than_fits: bool) -> Contact:
    """A contact with a telling value in every field."""
    tail = "x" * 33_000 if longer_than_fits else ""
    values: dict[str, Value] = {
        row.name: tuple(f"{CANARY}-{number}{tail}" for number in range(9)) if row.kind.is_list else CANARY + tail
        for row in STANDARD_FIELDS
    }
    return Contact(values)


def every_notice() -> Iterator[AttentionItem]:
    """One notice of every kind, built from contacts full of telling values where the code sees contacts."""
    link = a_link(canary_contact(longer_than_fits=False))
    overflows = [Overflow(row.name, side, excess, 3) for row in ROWS for side in Side for excess in Excess]
    yield overflow_notice(ROWS, SUBJECT, LINK, overflows)
    for side in Side:
        for creating in (True, False):
            yield refusal_notice(ROWS, SUBJECT, LINK, side, refused("email1", "cf_size"), creating=creating)
            yield refusal_notice(ROWS, SUBJECT, None, side, refused(), creating=creating)
        yield undeleted_notice(side, refused("city"), link)
    for reason in UNCREATED:
        yield uncreated_notice(reason, OUTLOOK, PIPELINER)
    yield unclear_notice(SUBJECT, (OUTLOOK,), (PIPELINER,))
    yield held_notice(20, 100)
    yield changes_held_notice(ROWS, [(side, "city") for side in Side], 60, 80)
    yield from settled_notices()


def settled_notices() -> Iterator[AttentionItem]:
    """Notices as settling makes them of plans about contacts full of telling values."""
    for longer in (True, False):
        contact = canary_contact(longer_than_fits=longer)
        create = plan_create_in_pipeliner(a_connection(), in_outlook(contact), a_link(contact))
        plans = [
            create,
            LinkPlan(a_link(), in_outlook(contact), in_pipeliner(), Fate.MERGE, "both exist", create.merge),
        ]
        for plan in plans:
            for outcome in (refused("email1"), refused("cf_size"), None):
                yield from settle(a_connection(), plan, Outcomes(None, outcome), LINK, ()).attention


def test_no_notice_holds_a_contact_value() -> None:
    """Whatever the contacts hold, their values are in no text that people, logs or metrics see."""
    shown = list(settled_notices())

    assert {Reason.REFUSED, Reason.REQUIRED_FIELD, Reason.TOO_LONG} <= {item.reason for item in shown}
    assert not [item for item in shown if CANARY in repr(item)]


def test_every_notice_says_what_is_wrong_and_the_way_out() -> None:
    """A message and a remedy, each a sentence of its own."""
    for item in every_notice():
        for text in (item.message, item.remedy):
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")
            assert not text.endswith("..")
        assert item.message != item.remedy


def test_overflow_names_field_limit_and_where_to_act() -> None:
    """A value that does not fit is told by its label, with the limit of the side that lacks it."""
    overflows = (
        Overflow("notes", Side.PIPELINER, Excess.TOO_LONG, 32_000),
        Overflow("emails", Side.PIPELINER, Excess.TOO_MANY, 5),
    )

    item = overflow_notice(ROWS, SUBJECT, LINK, overflows)

    assert item.message == (
        "Notes: Pipeliner holds at most 32000 characters; E-mail addresses: Pipeliner holds at most 5 of them."
    )
    assert "in Outlook" in item.remedy
    assert (item.reason, item.fields, item.link_id) == (Reason.TOO_LONG, ("notes", "emails"), LINK)
    assert overflow_notice(ROWS, SUBJECT, None, overflows[1:]).reason is Reason.TOO_MANY


def test_required_field_outside_the_map_is_told_as_such() -> None:
    """A create that Pipeliner refuses for a field that the sync does not fill names the field and the setting."""
    item = refusal_notice(ROWS, SUBJECT, None, Side.PIPELINER, refused("cf_size", "city"), creating=True)

    assert (item.reason, item.fields) == (Reason.REQUIRED_FIELD, ("cf_size",))
    assert "cf_size" in item.message
    assert "required_defaults (cf_size)" in item.remedy


@pytest.mark.parametrize(
    ("side", "fields", "creating"),
    [
        (Side.PIPELINER, ("city",), True),
        (Side.PIPELINER, ("cf_size",), False),
        (Side.OUTLOOK, ("givenName",), True),
        (Side.PIPELINER, (), True),
    ],
)
def test_other_refusals_name_the_fields_and_the_other_side(
    side: Side, fields: tuple[str, ...], *, creating: bool
) -> None:
    """A refusal of what the sync does fill is mended where the value comes from."""
    item = refusal_notice(ROWS, SUBJECT, LINK, side, refused(*fields), creating=creating)

    assert (item.reason, item.fields) == (Reason.REFUSED, fields)
    assert item.message.startswith(f"Not {'created' if creating else 'updated'} in {side.value.capitalize()}")
    assert all(name in item.message for name in fields)
    assert f"in {side.other.value.capitalize()}" in item.remedy


def test_custom_field_of_the_map_is_not_taken_for_an_unfilled_one() -> None:
    """Only what the connection does not map can need a default."""
    rows = FieldMap((*field_map({}, {}, []).rows[:1],))

    item = refusal_notice(rows, SUBJECT, None, Side.PIPELINER, refused(*rows.rows[0].pipeliner), creating=True)

    assert item.reason is Reason.REFUSED


def test_notices_carry_the_ids_that_lead_to_the_contact() -> None:
    """Every notice about a contact can be opened on the side where it is."""
    link = a_link()
    undeleted = undeleted_notice(Side.PIPELINER, refused(), link)
    uncreated = uncreated_notice(Reason.TWIN_DELETED, OUTLOOK, PIPELINER)

    assert (undeleted.outlook_id, undeleted.pipeliner_id, undeleted.link_id) == (OUTLOOK, PIPELINER, LINK)
    assert (uncreated.outlook_id, uncreated.pipeliner_id, uncreated.subject) == (
        OUTLOOK,
        PIPELINER,
        f"outlook:{OUTLOOK}",
    )


def test_unclear_twins_are_counted() -> None:
    """How many may be the same person is told, and one of each side is named."""
    pair = unclear_notice(SUBJECT, (OUTLOOK,), (PIPELINER, PipelinerId("pipeliner-2")))
    doubles = unclear_notice(SUBJECT, (OUTLOOK, OutlookId("outlook-2")), ())

    assert pair.message.startswith("3 contacts")
    assert (pair.outlook_id, pair.pipeliner_id) == (OUTLOOK, PIPELINER)
    assert (doubles.outlook_id, doubles.pipeliner_id) == (OUTLOOK, None)
    assert unclear_notice(SUBJECT, (), (PIPELINER,)).outlook_id is None


def test_held_removals_are_told_of_the_connection() -> None:
    """A guard that holds removals back says how many of how many, and that nothing was removed."""
    item = held_notice(20, 100)

    assert (item.subject, item.reason) == (HELD_REMOVALS_SUBJECT, Reason.DELETES_HELD)
    assert "20 of 100" in item.message
    assert "approve" in item.remedy


def test_held_changes_are_told_by_field_and_side() -> None:
    """A brake that holds equal changes back says which field would change where, each once."""
    item = changes_held_notice(ROWS, [(Side.OUTLOOK, "city"), (Side.PIPELINER, "city"), (Side.OUTLOOK, "city")], 60, 80)

    assert (item.subject, item.reason, item.fields) == (HELD_CHANGES_SUBJECT, Reason.CHANGES_HELD, ("city",))
    assert "60 of 80" in item.message
    assert "(City (business) in Outlook, City (business) in Pipeliner)" in item.message
    assert "approve" in item.remedy


def test_subject_is_the_link_else_the_contact() -> None:
    """A notice stands under what the next pass will find again."""
    assert subject_of(LinkPlan(a_link(), in_outlook(), in_pipeliner(), Fate.MERGE, "why")) == SUBJECT
    assert subject_of(LinkPlan(None, in_outlook(), in_pipeliner(), Fate.MERGE, "why")) == f"outlook:{OUTLOOK}"
    assert subject_of(LinkPlan(None, None, in_pipeliner(), Fate.MERGE, "why")) == f"pipeliner:{PIPELINER}"
    assert subject_of(LinkPlan(None, None, None, Fate.MERGE, "why")) == ""
