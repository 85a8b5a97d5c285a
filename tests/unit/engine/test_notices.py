"""What people read about a contact that waits for them: what is wrong, the remedy, and never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from sync_core.domain import (
    AWAITING_CHANGES_SUBJECT,
    AWAITING_REMOVALS_SUBJECT,
    CHOICES,
    STANDARD_FIELDS,
    AttentionItem,
    Choice,
    Contact,
    Decision,
    Excess,
    FieldMap,
    Overflow,
    Reason,
    Recreate,
    Side,
    Update,
    Value,
    decide_create,
    decide_pair,
    field_map,
    first_subjects,
)
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.notices import (
    changes_held_notice,
    held_notice,
    overflow_notice,
    question_notice,
    refusal_notice,
    uncreated_notice,
    undeleted_notice,
)
from sync_core.engine.ports import Refused
from tests.unit.scenario import LINK, NOON, OUTLOOK, PIPELINER, a_connection, a_link, in_outlook, in_pipeliner

ROWS = FieldMap()
SUBJECT = f"link:{LINK}"
CANARY = "canary-5f3a"
UNCREATED = [Reason.EMPTY_CONTACT, Reason.NAME_MISSING, Reason.COUNTERPART_OUT_OF_SCOPE]
QUESTIONS = [
    Reason.COUNTERPART_UNCLEAR,
    Reason.COUNTERPART_DELETED,
    Reason.DOUBLE,
    Reason.TYPED_OVER,
    Reason.MERGED_ELSEWHERE,
    Reason.COPIED_CARD,
]


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
    for reason in QUESTIONS:
        yield question_notice(reason, SUBJECT, candidates=(PIPELINER,), outlook_id=OUTLOOK)
    yield held_notice(20, 100)
    yield changes_held_notice(ROWS, [(side, "city") for side in Side], 60, 80)
    yield from recorded_notices()


def recorded_notices() -> Iterator[AttentionItem]:
    """Notices of decisions about contacts full of telling values, as they are recorded."""
    for longer in (True, False):
        contact = canary_contact(longer_than_fits=longer)
        create = decide_create(a_connection(), in_outlook(contact))
        decisions: list[Decision] = [
            create,
            Recreate(a_link(contact), create.side, create.source, create.merge, "the edit wins"),
            Update(a_link(), in_outlook(contact), in_pipeliner(), create.merge, "both exist"),
        ]
        for decision in decisions:
            for outcome in (refused("email1"), refused("cf_size"), None):
                outcomes = Outcomes(None, outcome)
                yield from to_change_set(a_connection(), decision, outcomes, LINK, (), NOON).attention


def test_no_notice_holds_a_contact_value() -> None:
    """Whatever the contacts hold, their values are in no text that people, logs or metrics see."""
    shown = list(recorded_notices())

    assert {Reason.REFUSED, Reason.REQUIRED_FIELD, Reason.TOO_LONG} <= {item.reason for item in shown}
    assert not [item for item in shown if CANARY in repr(item)]


def test_every_notice_says_what_is_wrong_and_the_remedy() -> None:
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
    """A refusal of what the sync does fill is fixed where the value comes from."""
    item = refusal_notice(ROWS, SUBJECT, LINK, side, refused(*fields), creating=creating)

    assert (item.reason, item.fields) == (Reason.REFUSED, fields)
    assert item.message.startswith(f"Not {'created' if creating else 'updated'} in {side.value.capitalize()}")
    assert all(name in item.message for name in fields)
    assert f"in {side.other.value.capitalize()}" in item.remedy


def test_custom_field_of_the_map_is_not_taken_for_an_unfilled_one() -> None:
    """Only what the connection does not map can need a default."""
    rows = FieldMap((*field_map({}, {}, []).fields[:1],))

    item = refusal_notice(rows, SUBJECT, None, Side.PIPELINER, refused(*rows.fields[0].pipeliner), creating=True)

    assert item.reason is Reason.REFUSED


def test_notices_have_the_ids_that_lead_to_the_contact() -> None:
    """Every notice about a contact can be opened on the side where it is."""
    link = a_link()
    undeleted = undeleted_notice(Side.PIPELINER, refused(), link)
    uncreated = uncreated_notice(Reason.COUNTERPART_OUT_OF_SCOPE, OUTLOOK, PIPELINER)

    assert (undeleted.outlook_id, undeleted.pipeliner_id, undeleted.link_id) == (OUTLOOK, PIPELINER, LINK)
    assert (uncreated.outlook_id, uncreated.pipeliner_id, uncreated.subject) == (
        OUTLOOK,
        PIPELINER,
        f"outlook:{OUTLOOK}",
    )


@pytest.mark.parametrize("reason", QUESTIONS)
def test_a_question_lists_its_choices_candidates_and_evidence(reason: Reason) -> None:
    """And names every answer but *later* in its remedy, so that nobody has to guess what a code means."""
    item = question_notice(
        reason, SUBJECT, candidates=("p-2", "p-1"), evidence=("birthday", "name"), pipeliner_id=PIPELINER
    )

    assert (item.choices, item.candidates, item.evidence) == (CHOICES[reason], ("p-1", "p-2"), ("birthday", "name"))
    assert (item.pipeliner_id, item.outlook_id, item.link_id) == (PIPELINER, None, None)
    assert [choice for choice in item.choices if choice not in item.remedy and choice is not Choice.LATER] == []


def test_what_cannot_be_created_for_another_contact_is_a_question() -> None:
    """What lacks a name or a value is none: there is nothing to choose."""
    items = {reason: uncreated_notice(reason, OUTLOOK, PIPELINER) for reason in UNCREATED}

    assert {reason: bool(item.choices) for reason, item in items.items()} == {
        Reason.EMPTY_CONTACT: False,
        Reason.NAME_MISSING: False,
        Reason.COUNTERPART_OUT_OF_SCOPE: True,
    }
    assert all(item.choices == CHOICES.get(reason, ()) for reason, item in items.items())


def test_held_removals_are_told_of_the_connection() -> None:
    """A limit that holds removals back says how many of how many, and that nothing was removed."""
    item = held_notice(20, 100)

    assert (item.subject, item.reason) == (AWAITING_REMOVALS_SUBJECT, Reason.DELETES_AWAIT_APPROVAL)
    assert "20 of 100" in item.message
    assert "approve" in item.remedy


def test_held_changes_are_told_by_field_and_side() -> None:
    """A limit that holds equal changes back says which field would change where, each once."""
    item = changes_held_notice(ROWS, [(Side.OUTLOOK, "city"), (Side.PIPELINER, "city"), (Side.OUTLOOK, "city")], 60, 80)

    assert (item.subject, item.reason, item.fields) == (
        AWAITING_CHANGES_SUBJECT,
        Reason.CHANGES_AWAIT_APPROVAL,
        ("city",),
    )
    assert "60 of 80" in item.message
    assert "(City (business) in Outlook, City (business) in Pipeliner)" in item.message
    assert "approve" in item.remedy


def test_subject_is_the_link_else_the_contact() -> None:
    """A notice stands under what the next run will find again."""
    connection = a_connection()
    first = [decide_create(connection, source) for source in (in_outlook(), in_pipeliner())]
    linked: list[Decision] = [
        Recreate(a_link(), create.side, create.source, create.merge, "the edit wins") for create in first
    ]
    merged = Update(a_link(), in_outlook(), in_pipeliner(), first[0].merge, "both exist")

    def subjects(decisions: Iterable[Decision]) -> list[str]:
        outcomes = Outcomes(refused(), refused())
        change_sets = [to_change_set(connection, it, outcomes, LINK, (), NOON) for it in decisions]
        return [item.subject for change_set in change_sets for item in change_set.attention]

    assert subjects(first) == [f"outlook:{OUTLOOK}", f"pipeliner:{PIPELINER}"]
    assert subjects([*linked, merged]) == [SUBJECT] * 3


def test_subjects_of_a_first_sight_are_its_contacts() -> None:
    """What either of them stood under is resolved once they are linked."""
    connection = a_connection()

    assert first_subjects(decide_pair(connection, in_outlook(), in_pipeliner())) == (
        f"outlook:{OUTLOOK}",
        f"pipeliner:{PIPELINER}",
    )
    assert first_subjects(decide_create(connection, in_outlook())) == (f"outlook:{OUTLOOK}",)
    assert first_subjects(decide_create(connection, in_pipeliner())) == (f"pipeliner:{PIPELINER}",)
