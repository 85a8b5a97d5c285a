"""Who is who: people who look alike stay two, one who is typed twice stays one, and in doubt a person is asked."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import Action, Reason, RunMode
from sync_core.errors import InvalidRequest
from sync_core.operations import AnswerRequest, answer, disconnect, unlink_contact
from sync_core.operations.questions import item_id
from tests.scenarios.world import MAILBOX, World, new_world


def mail(*addresses: str) -> list[dict[str, str]]:
    """Return addresses as Outlook writes them."""
    return [{"address": address} for address in addresses]


async def answered(world: World, choice: str) -> None:
    """Answer the only item that there is, and let its run do what follows."""
    (item,) = await world.attention()
    await answer(world.deployment, world.record.id, AnswerRequest(item=item_id(item), choice=choice), by="ada")
    await world.drain()


async def reasons(world: World) -> list[Reason]:
    """Why anybody is asked."""
    return [item.reason for item in await world.attention()]


def sizes(world: World) -> tuple[int, int]:
    """How many contacts are in the folder, and how many are in Pipeliner."""
    return len(world.outlook()), len(world.customers())


async def connected(**settings: Any) -> World:
    """Connect an empty folder and an empty space."""
    world = new_world()
    await world.connect(**settings)
    await world.sync()
    return world


async def with_question(**settings: Any) -> World:
    """One linked pair, and a card that has the same address of an office and an initial for a name."""
    world = await connected(**settings)
    world.write_in_crm("Okafor", "Chidi", email1="info@acme.test", quick_account_name="Acme", city="Berlin")
    await world.sync()
    body = {"emailAddresses": mail("info@acme.test"), "companyName": "Acme", "jobTitle": "Buyer"}
    world.write_in_outlook("Okafor", "C.", **body)
    await world.sync()
    return world


async def at_one_office(**settings: Any) -> World:
    """The same two, of whom neither is linked."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="info@acme.test", quick_account_name="Acme")
    await world.connect(**settings)
    body = {"emailAddresses": mail("info@acme.test"), "companyName": "Acme", "jobTitle": "Buyer"}
    world.write_in_outlook("Okafor", "C.", **body)
    await world.sync()
    return world


async def test_another_first_name_at_a_familys_address_overwrites_nobody() -> None:
    """Jane and John share an address, and have a number each."""
    world = new_world()
    world.write_in_crm("Doe", "Jane", email1="doe@family.test", phone2="+49 171 5550002", comments="Buyer at Acme")
    await world.connect()
    world.write_in_outlook("Doe", "John", emailAddresses=mail("doe@family.test"), mobilePhone="+49 171 5550001")

    await world.sync()
    await world.sync()

    jane = next(row for row in world.customers() if row["first_name"] == "Jane")
    john = next(item for item in world.outlook() if item["givenName"] == "John")
    assert (jane["phone2"], jane["comments"]) == ("+49 171 5550002", "Buyer at Acme")
    assert (john["mobilePhone"], john["personalNotes"]) == ("+49 171 5550001", "")


async def test_the_address_of_an_office_is_not_enough_for_an_initial() -> None:
    """Somebody is asked, and both stay as they are."""
    world = await at_one_office()

    assert set(await reasons(world)) == {Reason.COUNTERPART_UNCLEAR}
    assert (world.customer("Okafor")["first_name"], world.customer("Okafor")["position"]) == ("Chidi", "")
    assert sizes(world) == (1, 1)


async def test_a_namesake_makes_it_unclear_who_is_meant() -> None:
    """One of the two has the number, the other lives elsewhere; nothing says that the name is enough."""
    world = new_world()
    place = {"country": "Germany", "zip_code": "10115", "city": "Berlin"}
    world.write_in_crm("Smith", "John", phone1="+49 30 5550123", **place)
    world.write_in_crm("Smith", "John", owner=world.colleague_id, country="Germany", zip_code="20095", city="Hamburg")
    await world.connect()
    address = {"countryOrRegion": "Germany", "postalCode": "10115", "city": "Berlin"}
    world.write_in_outlook("Smith", "John", businessPhones=["+49 30 5550123"], businessAddress=address)

    await world.sync()

    assert Reason.COUNTERPART_UNCLEAR in await reasons(world)
    assert not await world.history(Action.LINKED)


async def test_a_namesake_who_is_linked_counts_as_well() -> None:
    """Who has a counterpart is still somebody of that name."""
    world = new_world()
    world.write_in_crm("Smith", "John", email1="j.smith@other.test")
    await world.connect()
    await world.sync()
    world.write_in_crm("Smith", "John", owner=world.colleague_id, phone1="+49 30 5550100")
    world.write_in_outlook("Smith", "John", businessPhones=["+49 30 5550100"])

    await world.sync()

    assert await reasons(world) == [Reason.COUNTERPART_UNCLEAR]


async def test_an_address_that_others_use_fills_no_blank_name() -> None:
    """A card with a last name alone is nobody in particular of those who read that address."""
    world = new_world()
    for surname, given in (("Smith", "Ann"), ("Jones", "Bob"), ("Brown", "Cy")):
        world.write_in_crm(surname, given, email1="lobby@acme.test", city="Berlin")
    await world.connect()
    world.write_in_outlook("Smith", emailAddresses=mail("lobby@acme.test"), mobilePhone="+49 171 5550001")

    await world.sync()

    (card,) = [item for item in world.outlook() if item["surname"] == "Smith" and not item["givenName"]]
    assert card["businessAddress"].get("city") is None


async def test_signs_that_nobody_sees_make_nobody_another() -> None:
    """An address and a number as a web page gives them, with marks of direction and no width in them."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect()
    world.write_in_outlook("Oka\u00adfor", "Chidi", emailAddresses=mail("chidi@\u200bexample.test"))

    await world.sync()
    await world.sync()

    assert sizes(world) == (1, 1)


async def test_a_card_that_another_person_was_typed_into_is_not_its_stored_id() -> None:
    """While nobody watched Bob's card became Alice's; the id of Bob came along."""
    world = new_world()
    world.write_in_crm("Okafor", "Bob", email1="bob@example.test", city="Berlin")
    await world.connect()
    await world.sync()
    card = world.person("Okafor")["id"]
    await disconnect(world.deployment, world.record.id)
    alice = {"surname": "Novak", "givenName": "Alice", "emailAddresses": mail("alice@example.test")}
    world.graph.edit_contact(MAILBOX, card, alice)
    reborn = new_world(old=world)
    await reborn.connect(folder=world.folder_id)
    await reborn.sync()

    assert reborn.customer("Okafor")["email1"] == "bob@example.test"
    assert Reason.COPIED_CARD in await reasons(reborn)


async def test_people_who_were_said_to_be_two_are_created_and_stay_two() -> None:
    """Also when everything is looked at again."""
    world = await with_question()

    await answered(world, "different")
    await world.sync(RunMode.FULL)

    assert sizes(world) == (2, 2)
    assert sorted(row["position"] for row in world.customers()) == ["", "Buyer"]
    assert await world.attention() == []


async def test_an_identifier_that_is_said_to_be_shared_asks_nobody_any_more() -> None:
    """Both have it, and stay two."""
    world = await connected()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="hall.two@acme.test")
    world.write_in_outlook("Okafor", "Ada", emailAddresses=mail("hall.two@acme.test"))
    await world.sync()
    assert await reasons(world) == [Reason.COUNTERPART_UNCLEAR]

    await answered(world, "shared_identifier")

    assert await world.attention() == []
    assert sorted(row["first_name"] for row in world.customers()) == ["Ada", "Chidi"]


async def test_a_copy_that_is_left_out_is_neither_created_nor_told_again() -> None:
    """Whatever is looked at."""
    world = await connected()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.sync()
    await world.touch_in_outlook("Okafor")
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail("chidi@example.test"))
    await world.sync()
    assert await reasons(world) == [Reason.DOUBLE]

    await answered(world, "copy")
    await world.sync(RunMode.FULL)

    assert (sizes(world), await world.attention()) == ((2, 1), [])


async def test_a_pair_that_is_said_to_be_wrong_is_paired_no_more() -> None:
    """Both stay, each with a counterpart of their own."""
    world = await connected()
    customer = world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.sync()

    await unlink_contact(world.deployment, world.record.id, customer, by="ada")
    await world.drain()
    await world.sync(RunMode.FULL)

    assert await world.history(Action.ENDED)
    links = {(one.entry.outlook_id, one.entry.pipeliner_id) for one in await world.history(Action.LINKED)}
    assert links == set()


async def test_nobody_is_created_while_it_is_not_known_who_is_there() -> None:
    """The space could not be read, in which a colleague has this person."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@example.test")
    await world.connect()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail("chidi@example.test"))
    world.crm.faults.plant(Fault("GET .*Contacts", times=None, status=503))
    await world.one_run()
    assert sizes(world) == (1, 1)
    world.crm.faults.clear()

    await world.sync()

    assert sizes(world) == (1, 1)
    assert await reasons(world) == [Reason.COUNTERPART_OUT_OF_SCOPE]


async def test_the_feed_is_read_up_to_now_before_anybody_is_created() -> None:
    """A colleague has written the same person a moment ago, and no tick came since."""
    world = await connected()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@example.test")
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail("chidi@example.test"))

    await world.one_run()

    assert (sizes(world), await reasons(world)) == ((1, 1), [Reason.COUNTERPART_OUT_OF_SCOPE])


async def test_nobody_is_created_while_the_feed_cannot_be_read() -> None:
    """It waits, and is created once the feed is read again."""
    world = await connected()
    world.crm.faults.plant(Fault("GET .*Contacts.*modified", times=None, status=503))
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail("chidi@example.test"))
    await world.one_run()
    assert world.customers() == []
    world.crm.faults.clear()

    await world.sync()

    assert sizes(world) == (1, 1)


async def test_a_question_is_asked_anew_when_its_candidate_goes() -> None:
    """Nobody is left whom the newcomer could be: it is created."""
    world = await at_one_office()

    world.delete_in_crm("Okafor")
    await world.sync()
    await world.sync()

    assert await world.attention() == []
    assert [row["position"] for row in world.customers()] == ["Buyer"]


async def test_same_is_said_of_one_candidate_only() -> None:
    """With two who have that address one of them must be named."""
    world = new_world()
    for given in ("Chidi", "Carl"):
        world.write_in_crm("Okafor", given, email1="info@acme.test", quick_account_name="Acme")
    await world.connect()
    world.write_in_outlook("Okafor", "C.", emailAddresses=mail("info@acme.test"), companyName="Acme")
    await world.sync()
    item = next(item for item in await world.attention() if len(item.candidates) > 1)

    request = AnswerRequest(item=item_id(item), choice="same")
    with pytest.raises(InvalidRequest, match="only one can be"):
        await answer(world.deployment, world.record.id, request, by="ada")


async def test_a_card_that_is_gone_is_nobodys_namesake() -> None:
    """The only one of that name who is left is the counterpart."""
    world = await connected()
    world.write_in_outlook("Smith", "John", emailAddresses=mail("j.smith@other.test"))
    await world.sync()
    world.delete_in_outlook("Smith")
    await world.sync()
    world.delete_in_crm("Smith")
    await world.sync()
    world.write_in_crm("Smith", "John", phone1="+49 30 5550100", city="Berlin")
    world.write_in_outlook("Smith", "John", businessPhones=["+49 30 5550100"])

    await world.sync()

    assert await world.attention() == []
    assert world.person("Smith")["businessAddress"]["city"] == "Berlin"
