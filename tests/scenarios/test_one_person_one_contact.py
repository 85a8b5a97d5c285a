"""One person, one contact: halves that are replaced, cards that became somebody else, doubles, and shared addresses."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Reason
from sync_core.operations import AnswerRequest, answer
from sync_core.operations.questions import item_id
from tests.scenarios.world import MAILBOX, World, new_world

DELAY_S = 15 * 60.0
KEPT = ("givenName", "surname", "companyName", "emailAddresses", "businessPhones", "mobilePhone", "personalNotes")
"""What a tool copies that knows nothing of our stored id."""


def _mail(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address} for address in addresses]


async def _linked(count: int = 1, **settings: Any) -> World:
    world = new_world()
    for number in range(count):
        more = {
            "email1": f"ann{number}@acme.test",
            "email4": f"a{number}@home.test",
            "phone2": f"+43 664 123 45 {number:02}",
        }
        world.write_in_crm(f"Person{number:02}", "Ann", quick_account_name="Acme", comments=f"deal {number}", **more)
    await world.connect(**settings)
    await world.sync()
    assert len(world.outlook()) == count
    return world


def _names(world: World) -> tuple[list[str], list[str]]:
    """First and last names on both sides."""
    cards = [f"{item['givenName'] or ''} {item['surname'] or ''}".strip() for item in world.outlook()]
    return sorted(cards), sorted(f"{row['first_name']} {row['last_name']}".strip() for row in world.customers())


async def _reply(world: World, reason: Reason, choice: str, candidate: str = "") -> None:
    """Answer the one item of a reason, and let the run come that the answer asks for."""
    (item,) = [item for item in await world.attention() if item.reason is reason]
    request = AnswerRequest(item=item_id(item), choice=choice, candidate=candidate)
    await answer(world.deployment, world.record.id, request, by="somebody")
    await world.sync()


def _type_anew(world: World, card: dict[str, Any], **changes: Any) -> str:
    """Create a card as another tool does, without our stored id."""
    body = {name: card[name] for name in KEPT if card.get(name)} | changes
    return world.graph.create_contact(MAILBOX, body, world.folder_id)


def _type_over(world: World, **changes: Any) -> None:
    world.graph.edit_contact(MAILBOX, world.person("Person00")["id"], changes)


# Two people who share something


async def test_a_couple_with_one_address_is_never_made_one() -> None:
    """Jane in the CRM, John in Outlook: nothing of either is overwritten."""
    world = new_world()
    world.write_in_crm("Doe", "Jane", email1="doe@family.test", phone2="+1 212 555 0102", comments="buyer at Acme")
    await world.connect()
    await world.sync()
    world.write_in_outlook("Doe", "John", emailAddresses=_mail("doe@family.test"), mobilePhone="+1 212 555 0101")

    await world.sync()

    assert "Jane Doe" in _names(world)[1]
    assert next(row for row in world.customers() if row["first_name"] == "Jane")["comments"] == "buyer at Acme"
    assert {"John Doe", "Jane Doe"} <= set(_names(world)[0])


@pytest.mark.parametrize(
    ("card", "customer"),
    [
        ({"surname": "Mueller", "given": "Peter"}, {"surname": "Schmidt", "given": "Peter"}),
        ({"surname": "Mueller", "given": "Peter"}, {"surname": "Novak", "given": "Eva"}),
    ],
    ids=["one first name", "other names"],
)
async def test_colleagues_behind_a_role_address_are_two_people(card: dict[str, str], customer: dict[str, str]) -> None:
    """Both are on both sides afterwards, and nobody is asked."""
    world = new_world()
    world.write_in_crm(**customer, email1="info@acme.test", position="Warehouse")
    await world.connect()
    await world.sync()
    world.write_in_outlook(**card, emailAddresses=_mail("info@acme.test"), jobTitle="CEO")

    await world.sync()

    both = sorted(f"{one['given']} {one['surname']}" for one in (card, customer))
    assert _names(world) == (both, both)
    assert await world.attention() == []
    assert sorted(str(row["position"]) for row in world.customers()) == ["CEO", "Warehouse"]


async def test_a_companys_card_does_not_become_a_person() -> None:
    """The address is the office's; the card keeps its blank name."""
    world = new_world()
    world.write_in_crm("Novak", "Eva", email1="info@acme.test", quick_account_name="Acme GmbH")
    await world.connect()
    await world.sync()
    world.write_in_outlook("", "", companyName="Acme GmbH", emailAddresses=_mail("info@acme.test"))

    await world.sync()

    assert _names(world) == (["", "Eva Novak"], ["Eva Novak"])
    assert [item.reason for item in await world.attention()] == [Reason.NAME_MISSING]


async def test_namesakes_of_whom_nothing_else_is_known_are_asked_about() -> None:
    """Two John Smiths without a company: no value travels before somebody answers; then they are one."""
    world = new_world()
    world.write_in_crm("Smith", "John", phone1="+44 20 7946 0001", comments="golf")
    await world.connect()
    world.write_in_outlook("Smith", "John", personalNotes="chess")

    await world.sync()

    assert {item.reason for item in await world.attention()} == {Reason.COUNTERPART_UNCLEAR}
    assert (world.person("Smith")["personalNotes"], world.customer("Smith")["comments"]) == ("chess", "golf")
    items = await world.attention()
    await answer(world.deployment, world.record.id, AnswerRequest(item=item_id(items[0]), choice="same"), by="somebody")
    await world.sync()
    assert _names(world) == (["John Smith"], ["John Smith"])
    assert (world.person("Smith")["personalNotes"], world.customer("Smith")["comments"]) == ("chess\n-----\ngolf",) * 2
    assert await world.attention() == []


async def test_namesakes_whom_a_person_told_apart_stay_two_for_good() -> None:
    """After the answer both are on both sides; edits and full syncs ask nothing any more."""
    world = new_world()
    world.write_in_crm("Smith", "John", phone1="+44 20 7946 0001")
    await world.connect()
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    items = await world.attention()

    await answer(
        world.deployment, world.record.id, AnswerRequest(item=item_id(items[0]), choice="different"), by="somebody"
    )
    await world.sync()

    assert _names(world) == (["John Smith"] * 2, ["John Smith"] * 2)
    assert await world.attention() == []


# One person, written in two ways


async def test_a_card_without_a_first_name_finds_its_counterpart() -> None:
    """Everything is equal, with a company and a phone."""
    world = new_world()
    world.write_in_crm("Müller", "", quick_account_name="Acme GmbH", phone1="+49 30 123456")
    await world.connect()
    world.write_in_outlook("Müller", "", companyName="Acme GmbH", businessPhones=["+49 30 123456"])

    await world.sync()

    assert _names(world) == (["Müller"], ["Müller"])


async def test_invisible_characters_make_nobody_another_person() -> None:
    """They came along with a copied text."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@acme.test", phone2="+43 664 1234567")
    await world.connect()
    mail, phone = _mail("chidi\u200b@acme.test"), "\u202a+43 664 1234567\u202c"
    world.write_in_outlook("Oka\u00adfor", "Chidi", emailAddresses=mail, mobilePhone=phone)

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)


async def test_a_contact_created_on_both_sides_within_one_run_is_one() -> None:
    """Neither side's listing had told of the other when the run began."""
    world = await _linked()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("chidi@acme.test"))
    world.write_in_crm("Okafor", "Chidi", email1="chidi@acme.test")

    await world.one_run()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (2, 2)


# Half of a pair replaced


@pytest.mark.parametrize("delay", [0, 15])
@pytest.mark.parametrize("protected", [True, False])
async def test_a_folder_whose_cards_were_all_created_anew_is_linked_as_before(delay: int, protected: bool) -> None:
    """A tool deletes and re-creates every card each night: no create, no delete, no item, and no value is lost."""
    world = await _linked(20, deletion_delay_minutes=delay, delete_protection=protected)
    before = world.customers()
    for _ in range(2):
        for card in world.outlook():
            world.graph.delete_contact(MAILBOX, card["id"])
            _type_anew(world, card)
        result = await world.sync()
        await world.deployment.clock.sleep(DELAY_S + 60)
        await world.sync()

        assert (result.run.counts.created_in_pipeliner, result.run.counts.linked) == (0, 20)
        assert await world.attention() == []
        assert len(world.outlook()) == 20

    compared = ("id", "email1", "email4", "phone2", "comments", "first_name", "last_name", "quick_account_name")
    assert [[row[name] for name in compared] for row in world.customers()] == [
        [row[name] for name in compared] for row in before
    ]


async def test_copies_that_come_before_their_originals_go_take_their_links() -> None:
    """A copy beside the original is told; once the original is gone, the copy is who it was."""
    world = await _linked(3, deletion_delay_minutes=15, delete_protection=False)
    originals = world.outlook()
    for card in originals:
        _type_anew(world, card)
    await world.sync()
    assert {item.reason for item in await world.attention()} == {Reason.DOUBLE}
    assert len(world.customers()) == 3

    for card in originals:
        world.graph.delete_contact(MAILBOX, card["id"])
    await world.sync()
    await world.deployment.clock.sleep(DELAY_S + 60)
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (3, 3)
    assert await world.attention() == []


async def test_a_card_typed_again_takes_the_link_and_what_it_lacks_is_filled() -> None:
    """Deleted by mistake and typed anew from memory: with its name and address alone."""
    world = await _linked()
    card = world.person("Person00")
    world.delete_in_outlook("Person00")
    await world.sync()
    world.write_in_outlook("Person00", "Ann", emailAddresses=_mail("ann0@acme.test"), jobTitle="CFO")

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    again, customer = world.person("Person00"), world.customer("Person00")
    assert (again["personalNotes"], again["mobilePhone"]) == ("deal 0", card["mobilePhone"])
    assert (customer["position"], customer["comments"], customer["email4"]) == ("CFO", "deal 0", "a0@home.test")


async def test_a_contact_created_anew_in_pipeliner_takes_the_link_too() -> None:
    """Deleted and imported again there; the card in Outlook stays the one that it was."""
    world = await _linked(deletion_delay_minutes=15)
    card = world.person("Person00")
    world.delete_in_crm("Person00")
    await world.sync()
    again = world.write_in_crm("Person00", "Ann", email1="ann0@acme.test", position="CFO")

    await world.sync()
    await world.deployment.clock.sleep(DELAY_S + 60)
    await world.sync()

    assert (world.person("Person00")["id"], world.person("Person00")["jobTitle"]) == (card["id"], "CFO")
    assert (world.customer("Person00")["id"], world.customer("Person00")["comments"]) == (again, "deal 0")


@pytest.mark.parametrize("delay", [0, 15])
async def test_the_survivor_of_a_merge_in_pipeliner_takes_link_and_edit(delay: int) -> None:
    """The loser was linked, and is edited in Outlook before the sync knows of the merge."""
    world = await _linked(deletion_delay_minutes=delay)
    survivor = world.write_in_crm("Person00", "Ann", owner=world.colleague_id, email1="ann0@acme.test")
    world.edit_in_outlook("Person00", jobTitle="CFO")
    world.crm.people.delete_contact(next(row["id"] for row in world.customers() if row["id"] != survivor))
    world.crm.people.reassign_contact(survivor, world.user_id)

    await world.sync()
    await world.deployment.clock.sleep(DELAY_S + 60)
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert (world.customer("Person00")["id"], world.customer("Person00")["position"]) == (survivor, "CFO")


async def test_a_survivor_that_is_linked_already_leaves_the_other_card_to_a_person() -> None:
    """Neither is the loser created again, nor its card deleted, nor the survivor touched."""
    world = new_world()
    for number in range(2):
        world.write_in_crm("Okafor", "Chidi", email1=f"chidi{number}@acme.test", phone2=f"+43 664 111 22 3{number}")
    await world.connect(deletion_delay_minutes=15)
    await world.sync()
    cards = world.outlook()
    assert len(cards) == 2
    survivor, loser = (row["id"] for row in world.customers())
    rows = {row["id"]: row for row in world.customers()}
    world.crm.people.edit_contact(survivor, email2=rows[loser]["email1"], phone3=rows[loser]["phone2"])
    world.crm.people.delete_contact(loser)

    await world.sync()
    await world.deployment.clock.sleep(DELAY_S + 60)
    await world.sync()

    assert len(world.outlook()) == 2
    assert len(world.customers()) == 1
    assert [item.reason for item in await world.attention()] == [Reason.MERGED_ELSEWHERE]


async def test_a_mass_delete_that_is_restored_leaves_everything_as_it_was() -> None:
    """Two of the deleted contacts were edited in Outlook meanwhile: nobody is doubled, and the edits arrive."""
    world = await _linked(20, deletion_delay_minutes=15)
    deleted = [row["id"] for row in world.customers()]
    for key in deleted:
        world.crm.people.delete_contact(key)
    await world.sync()
    for number in range(2):
        world.edit_in_outlook(f"Person{number:02}", jobTitle="CFO")
    await world.sync()
    await world.deployment.clock.sleep(DELAY_S + 60)
    await world.sync()
    assert len(world.outlook()) == 20

    for key in deleted:
        world.crm.people.restore_contact(key)
    await world.sync()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (20, 20)
    assert [row["position"] for row in world.customers()[:3]] == ["CFO", "CFO", ""]
    assert await world.attention() == []


# Cards that became somebody else


async def test_a_copied_card_typed_over_with_another_person_is_two_people() -> None:
    """The hidden id came along with the copy; it is written anew."""
    world = await _linked()
    card = world.person("Person00")
    copy = world.graph.copy_contact(MAILBOX, card["id"], world.folder_id)
    world.graph.edit_contact(
        MAILBOX,
        copy,
        {"givenName": "Bob", "surname": "Stone", "emailAddresses": _mail("bob@acme.test"), "mobilePhone": ""},
    )

    await world.sync()
    await world.sync()

    assert _names(world) == (["Ann Person00", "Bob Stone"],) * 2
    assert world.customer("Person00")["email1"] == "ann0@acme.test"
    assert await world.attention() == []


async def test_a_card_typed_over_in_place_waits_for_a_person_and_neither_half_is_deleted() -> None:
    """Nothing travels either way meanwhile."""
    world = await _linked(deletion_delay_minutes=0, delete_protection=False)
    _type_over(world, givenName="Bob", surname="Stone", emailAddresses=_mail("bob@acme.test"))
    await world.sync()
    world.edit_in_crm("Person00", position="CFO")
    await world.sync()

    assert [item.reason for item in await world.attention()] == [Reason.TYPED_OVER]
    assert (world.customer("Person00")["first_name"], world.person("Stone")["jobTitle"]) == ("Ann", None)

    world.delete_in_outlook("Stone")
    await world.sync()
    assert _names(world)[1] == ["Ann Person00"]


async def test_a_renamed_card_travels_once_a_person_says_that_it_is_the_same() -> None:
    """And is not asked about again."""
    world = await _linked()
    _type_over(world, givenName="Maria", surname="Stone")
    await world.sync()
    assert world.customer("Person00")["first_name"] == "Ann"

    await _reply(world, Reason.TYPED_OVER, "same")
    world.edit_in_outlook("Stone", jobTitle="CFO")
    await world.sync()

    assert (world.customer("Stone")["first_name"], world.customer("Stone")["position"]) == ("Maria", "CFO")
    assert await world.attention() == []


async def test_a_card_that_is_another_person_gets_a_contact_of_its_own() -> None:
    """The one it was stays in Pipeliner, and comes back into the folder."""
    world = await _linked()
    changes = {"givenName": "Bob", "surname": "Stone", "emailAddresses": _mail("bob@acme.test"), "mobilePhone": ""}
    _type_over(world, **changes)
    await world.sync()

    await _reply(world, Reason.TYPED_OVER, "different")
    await world.sync()

    assert _names(world) == (["Ann Person00", "Bob Stone"],) * 2
    assert world.customer("Person00")["email1"] == "ann0@acme.test"


# Doubles


async def test_a_double_that_is_told_to_be_another_person_is_created() -> None:
    """Father and son of one name: the answer is enough, and outlives a full sync."""
    world = await _linked()
    await world.touch_in_outlook("Person00")
    world.write_in_outlook("Person00", "Ann", emailAddresses=_mail("ann0@acme.test"))
    await world.sync()
    assert len(world.customers()) == 1

    await _reply(world, Reason.DOUBLE, "different")

    assert (len(world.outlook()), len(world.customers())) == (2, 2)
    assert await world.attention() == []


async def test_a_double_that_is_left_out_stays_where_it_is() -> None:
    """No item, no contact, whatever is edited in it."""
    world = await _linked()
    await world.touch_in_outlook("Person00")
    copy = world.write_in_outlook("Person00", "Ann", emailAddresses=_mail("ann0@acme.test"))
    await world.sync()

    await _reply(world, Reason.DOUBLE, "copy")
    world.graph.edit_contact(MAILBOX, copy, {"jobTitle": "CFO"})
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (2, 1)
    assert await world.attention() == []
