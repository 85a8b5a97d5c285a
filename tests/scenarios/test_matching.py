"""First sight: existing contacts on both sides become one, and nothing is guessed."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.domain import Action, Reason
from sync_core.errors import InvalidRequest
from sync_core.operations import check_health
from tests.scenarios.world import MAILBOX, World, new_world


def _mail(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address} for address in addresses]


async def _existing_folder(world: World, **settings: str) -> None:
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    await world.connect(folder=folder_id, **settings)


async def test_the_same_address_makes_counterparts_and_each_side_gets_what_it_lacks() -> None:
    """Nobody is doubled; the phone of one side and the city of the other are on both."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="Chidi@Example.test", city="Berlin")
    await _existing_folder(world)
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("chidi@example.test"), mobilePhone="555")

    result = await world.sync()

    assert world.person("Okafor")["businessAddress"]["city"] == "Berlin"
    assert world.customer("Okafor")["phone2"] == "555"
    assert (result.run.counts.linked, result.run.counts.created_in_outlook) == (1, 0)
    assert (await world.sync()).run.counts.writes == 0


async def test_the_same_name_and_company_makes_counterparts_without_an_address() -> None:
    """People without e-mail addresses are matched too."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", quick_account_name="Acme")
    await _existing_folder(world)
    world.write_in_outlook("Okafor", "Chidi", companyName="ACME")

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)


async def test_an_address_that_people_of_other_names_share_makes_nobody_the_same() -> None:
    """Everybody behind the office's address is somebody of their own, on both sides."""
    world = new_world()
    world.write_in_crm("Front", "CommandContext", email1="office@example.test")
    await _existing_folder(world)
    world.write_in_outlook("Smith", "Ann", emailAddresses=_mail("office@example.test"))
    world.write_in_outlook("Jones", "Bob", emailAddresses=_mail("office@example.test"))

    await world.sync()

    assert await world.attention() == []
    assert [row["last_name"] for row in world.customers()] == ["Front", "Jones", "Smith"]
    assert [item["surname"] for item in world.outlook()] == ["Front", "Jones", "Smith"]


async def test_a_colleagues_contact_is_not_doubled() -> None:
    """The same person belongs to somebody else in Pipeliner: the item says so."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@example.test")
    await world.connect()
    await world.sync()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("chidi@example.test"))

    await world.sync()

    (item,) = await world.attention()
    assert item.reason is Reason.COUNTERPART_OUT_OF_SCOPE
    assert len(world.customers()) == 1


async def test_a_contact_created_on_both_sides_at_once_becomes_one() -> None:
    """Create against create between two runs."""
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("chidi@example.test"), mobilePhone="1")
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test", city="Oslo")

    await world.sync()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert (world.person("Okafor")["businessAddress"]["city"], world.customer("Okafor")["phone2"]) == ("Oslo", "1")


async def test_connecting_again_with_all_state_lost_links_by_the_stored_ids_and_writes_nothing() -> None:
    """Also contacts that no address or name could match."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    world.write_in_crm("Okafor", "Chidi")
    world.write_in_crm("", "Solo")
    await world.connect()
    world.write_in_outlook("Novak", "Eva")
    await world.sync()
    before = world.graph.contacts(MAILBOX, world.folder_id), world.customers()

    reborn = new_world(old=world)
    await reborn.connect()
    result = await reborn.one_run()

    assert (reborn.graph.contacts(MAILBOX, reborn.folder_id), reborn.customers()) == before
    assert (result.run.counts.writes, result.run.counts.linked) == (0, 4)


async def test_a_copy_made_in_outlook_is_told_and_not_created() -> None:
    """The copy carries the stored id too; its original keeps the link, and nobody is in Pipeliner twice."""
    world = new_world()
    customer = world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect()
    await world.sync()
    original = world.person("Okafor")["id"]
    world.graph.copy_contact(MAILBOX, original, world.folder_id)

    await world.sync()

    assert len(world.customers()) == 1
    assert [item.reason for item in await world.attention()] == [Reason.DOUBLE]
    links = [item.entry for item in await world.history(Action.CREATED)]
    assert (original, customer) in {(entry.outlook_id, entry.pipeliner_id) for entry in links}
    assert (await world.sync()).run.counts.writes == 0


async def test_many_new_outlook_contacts_are_matched_against_one_listing_of_the_space() -> None:
    """Look-ups one by one would cost more requests than reading the space."""
    world = new_world()
    for number in range(40):
        world.write_in_crm(f"Person{number}", "Ann", owner=world.colleague_id)
    await world.connect()
    await world.sync()
    for number in range(60):
        world.write_in_outlook(f"New{number}", "Eva", emailAddresses=_mail(f"new{number}@example.test"))
    before = world.crm.requests.copy()

    await world.sync()

    lists = world.crm.requests["GET Contacts list"] - before["GET Contacts list"]
    assert (len(world.customers()), lists < 20) == (100, True)


async def test_a_contact_without_a_name_or_without_anything_waits_for_a_person() -> None:
    """Pipeliner needs a name; once it has one, it is created."""
    world = new_world()
    await world.connect()
    await world.sync()
    nameless = world.graph.create_contact(MAILBOX, {"companyName": "Acme"}, world.folder_id)
    world.graph.create_contact(MAILBOX, {}, world.folder_id)

    await world.sync()
    first = {item.reason for item in await world.attention()}
    world.graph.edit_contact(MAILBOX, nameless, {"surname": "Found"})
    await world.sync()

    assert first == {Reason.NAME_MISSING, Reason.EMPTY_CONTACT}
    assert {item.reason for item in await world.attention()} == {Reason.EMPTY_CONTACT}
    assert world.customer("Found")["quick_account_name"] == "Acme"


async def test_a_contact_that_waits_is_linked_when_its_counterpart_appears() -> None:
    """The colleague hands the contact over: the waiting Outlook contact becomes its counterpart."""
    world = new_world()
    theirs = world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@example.test")
    await world.connect()
    await world.sync()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("chidi@example.test"))
    await world.sync()

    world.crm.people.reassign_contact(theirs, world.user_id)
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert await world.attention() == []


async def test_the_mailboxes_own_folder_can_be_connected_although_graph_does_not_list_it() -> None:
    """Its id is known from a contact in it; an empty one cannot be told, and the message says so."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    with pytest.raises(InvalidRequest, match="default folder is empty"):
        await world.connect(folder="default")
    world.graph.create_contact(MAILBOX, {"surname": "Novak", "givenName": "Eva"})

    await world.connect(folder="default")
    await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Novak", "Okafor"]
    assert [row["last_name"] for row in world.customers()] == ["Novak", "Okafor"]


async def test_an_app_that_may_not_read_the_directory_can_still_connect() -> None:
    """Access limited to contacts (RBAC for Applications) is enough."""
    world = new_world()
    world.graph.faults.plant(Fault(r"GET /v1.0/users/[^/?]*(\?|$)", times=None, status=403))
    world.write_in_crm("Okafor", "Chidi")

    await world.connect()
    await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    assert all(check.ok for check in await check_health(world.deployment))
