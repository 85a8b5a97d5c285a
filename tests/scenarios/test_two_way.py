"""Contacts travel both ways: the story of a salesman's day."""

from __future__ import annotations

from sync_core.domain import Action
from tests.scenarios.world import new_world


async def test_the_first_sync_fills_the_new_folder() -> None:
    """Every contact that the user owns is in the folder afterwards, and nothing of anyone else."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test", phone1="+49 30 1", city="Berlin")
    world.write_in_crm("Stranger", owner=world.colleague_id)
    await world.connect()

    result = await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    person = world.person("Okafor")
    assert (person["givenName"], person["businessPhones"]) == ("Chidi", ["+49 30 1"])
    assert person["emailAddresses"][0]["address"] == "chidi@example.test"
    assert person["businessAddress"]["city"] == "Berlin"
    assert result.run.counts.created_in_outlook == 1


async def test_a_contact_created_in_outlook_appears_in_pipeliner() -> None:
    """It gets the connection's user as owner, and its company as text."""
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_outlook("Novak", "Eva", companyName="Novak Ltd", jobTitle="Owner", mobilePhone="123")

    await world.sync()

    customer = world.customer("Novak")
    assert (customer["owner_id"], customer["quick_account_name"]) == (world.user_id, "Novak Ltd")
    assert (customer["position"], customer["phone2"]) == ("Owner", "123")


async def test_a_contact_created_in_pipeliner_appears_in_outlook() -> None:
    """The feed brings it into the folder at the next tick."""
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_crm("Haddad", "Lina")

    await world.tick()

    assert world.person("Haddad")["givenName"] == "Lina"


async def test_edits_of_different_fields_on_both_sides_merge() -> None:
    """Both edits are on both sides afterwards."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect()
    await world.sync()
    world.edit_in_outlook("Okafor", mobilePhone="555")
    world.edit_in_crm("Okafor", city="Kyoto")

    await world.sync()

    assert world.person("Okafor")["businessAddress"]["city"] == "Kyoto"
    assert world.customer("Okafor")["phone2"] == "555"
    assert (world.person("Okafor")["mobilePhone"], world.customer("Okafor")["city"]) == ("555", "Kyoto")


async def test_a_conflict_is_decided_by_the_rule_and_its_loser_is_in_the_history() -> None:
    """Pipeliner wins here; what Outlook said can be read in the history."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect(conflict_rule="pipeliner")
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.edit_in_crm("Okafor", first_name="Chidi B.")

    await world.sync()

    assert (world.person("Okafor")["givenName"], world.customer("Okafor")["first_name"]) == ("Chidi B.", "Chidi B.")
    (conflict,) = await world.history(Action.CONFLICT)
    (change,) = conflict.entry.changes
    assert (change.field, change.old, change.new) == ("given_name", "Chidiebere", "Chidi B.")


async def test_delete_protection_keeps_the_contact_in_pipeliner() -> None:
    """It stays there and is not put back into Outlook, also when it is edited later."""
    world = new_world()
    world.write_in_crm("Okafor")
    await world.connect()
    await world.sync()
    world.delete_in_outlook("Okafor")

    await world.sync()
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()

    assert world.outlook() == []
    assert world.customer("Okafor")["city"] == "Oslo"


async def test_without_protection_a_delete_in_outlook_reaches_pipeliner() -> None:
    """And every value that the contact had is in the history."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect(delete_protection=False)
    await world.sync()
    world.delete_in_outlook("Okafor")

    await world.sync()

    assert world.customers() == []
    (deleted,) = await world.history(Action.DELETED)
    assert {change.field: change.old for change in deleted.entry.changes} == {
        "given_name": "Chidi",
        "surname": "Okafor",
    }


async def test_a_delete_in_pipeliner_reaches_outlook() -> None:
    """The contact goes from the folder."""
    world = new_world()
    world.write_in_crm("Okafor")
    await world.connect()
    await world.sync()
    world.delete_in_crm("Okafor")

    await world.sync()

    assert world.outlook() == []


async def test_an_idle_run_costs_one_graph_request_and_four_storage_operations() -> None:
    """Whatever the number of contacts, nothing is read of Pipeliner and nothing written."""
    world = new_world()
    for number in range(30):
        world.write_in_crm(f"Person{number}")
    await world.connect()
    await world.sync()
    await world.sync()
    world.graph.reset_requests()
    crm_before, store_before = world.crm.total_requests, world.store.counts

    result = await world.one_run()

    used = world.store.counts - store_before
    assert (world.graph.total_requests, world.crm.total_requests - crm_before) == (1, 0)
    assert used.operations <= 4
    assert result.run.counts.writes == 0


async def test_own_writes_cause_no_further_writes() -> None:
    """After the first sync two more runs write nothing on either side."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="a@example.test", email4="d@example.test", quick_account_name="Acme")
    await world.connect()
    world.write_in_outlook("Novak", "Eva", birthday="1990-01-02T00:00:00Z")
    await world.sync()

    second, third = await world.sync(), await world.sync()

    assert (second.run.counts.writes, third.run.counts.writes) == (0, 0)
