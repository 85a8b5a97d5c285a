"""Scenarios: first syncs, matching, and people created on either side."""

from __future__ import annotations

from typing import Any

from sync_core.operations import disconnect
from tests.battery.sweep.scenario import (
    Said,
    Scenario,
    colleagues_in_crm,
    mail,
    new_in_crm,
    new_in_outlook,
    synced,
)
from tests.scenarios.world import MAILBOX, World

CHIDI: dict[str, Any] = {"emailAddresses": mail("abel@example.test")}
BAKER = (new_in_crm("Baker"),)
ABEL_AND_BAKER = (new_in_crm("Abel", phone2="1", city="Oslo"), new_in_crm("Baker"))


def _folder(world: World) -> None:
    world.graph.add_folder(MAILBOX, "Customers")


def _in_folder(surname: str, given: str = "Ann", **properties: Any) -> Any:
    def act(world: World) -> None:
        (folder,) = [one for one in world.graph.state()["mailboxes"][0]["folders"] if one["name"] == "Customers"]
        world.graph.create_contact(MAILBOX, {"surname": surname, "givenName": given, **properties}, folder["id"])

    return act


def _key_field(world: World) -> None:
    world.crm.people.add_field("cf_link", "input")
    world.crm.people.make_unique("Contact", "cf_link")


def _required_field(world: World) -> None:
    world.crm.people.add_field("cf_source", "input")
    world.crm.people.require_fields(["cf_source"])


def _nameless(world: World) -> None:
    world.graph.create_contact(MAILBOX, {"companyName": "Acme"}, world.folder_id)


def _empty(world: World) -> None:
    world.graph.create_contact(MAILBOX, {}, world.folder_id)


def _copy(world: World) -> None:
    world.graph.copy_contact(MAILBOX, world.person("Abel")["id"], world.folder_id)


async def _connected_anew(world: World) -> None:
    """Disconnect, and connect the same folder again."""
    await disconnect(world.deployment, world.record.id)
    world.records.clear()
    await world.connect()


async def _state_lost(world: World) -> None:
    """All rows of the store are gone; the administrator connects again."""
    store: Any = world.store
    store._store.clear()
    world.records.clear()
    await world.connect()


def _existing(name: str, *before: Any, **rest: Any) -> Scenario:
    """A first sync into a folder that has contacts already."""
    settings = {"folder": "Customers", **rest.pop("settings", {})}
    return Scenario(name, before=(_folder, *before), starts_synced=False, settings=settings, **rest)


FIRST_SYNCS = (
    Scenario("first_from_pipeliner", before=ABEL_AND_BAKER, starts_synced=False),
    Scenario("first_to_outlook", before=ABEL_AND_BAKER, starts_synced=False, settings={"sync_type": "to_outlook"}),
    _existing("first_from_outlook", _in_folder("Abel", **CHIDI), _in_folder("Baker")),
    _existing("first_from_both", _in_folder("Abel"), new_in_crm("Baker")),
    _existing(
        "first_to_pipeliner",
        _in_folder("Abel"),
        new_in_crm("Baker"),
        outlook="Abel",
        settings={"sync_type": "to_pipeliner"},
    ),
    _existing(
        "first_counterparts_by_address",
        new_in_crm("Abel", email1="Abel@Example.test", city="Rome"),
        new_in_crm("Baker"),
        _in_folder("Abel", mobilePhone="555", **CHIDI),
        said=(Said("Abel", ("555", "Rome"), ("555", "Rome")),),
    ),
    _existing(
        "first_counterparts_by_name",
        new_in_crm("Abel", quick_account_name="Acme", city="Rome"),
        new_in_crm("Baker"),
        _in_folder("Abel", mobilePhone="555", companyName="ACME"),
        said=(Said("Abel", ("555", "Rome"), ("555", "Rome")),),
    ),
    _existing(
        "first_counterparts_unclear",
        new_in_crm("Abel", email1="office@example.test", quick_account_name="Acme"),
        _in_folder("Abel", "A.", emailAddresses=mail("office@example.test"), companyName="Acme"),
        _in_folder("Cole", "Cid", emailAddresses=mail("office@example.test")),
        outlook="Abel Cole",
        customers="Abel Cole",
    ),
    Scenario("connected_anew", before=ABEL_AND_BAKER, between=(_connected_anew,)),
    Scenario(
        "connected_anew_after_edits",
        before=ABEL_AND_BAKER,
        between=(_connected_anew, new_in_outlook("Cole")),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
    ),
    Scenario(
        "state_lost",
        before=(*ABEL_AND_BAKER, new_in_crm("Abel")),
        between=(_state_lost,),
        outlook="Abel Abel Baker",
        customers="Abel Abel Baker",
    ),
)

CREATES = (
    Scenario("born_in_outlook", before=BAKER, acts=(new_in_outlook("Abel", **CHIDI),)),
    Scenario("born_in_outlook_without_address", before=BAKER, acts=(new_in_outlook("Abel", ""),)),
    Scenario(
        "three_born_in_outlook",
        acts=(new_in_outlook("Abel"), new_in_outlook("Baker"), new_in_outlook("Cole", "Cid", **CHIDI)),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
    ),
    Scenario(
        "two_equal_born_in_outlook",
        before=BAKER,
        acts=(new_in_outlook("Abel"), new_in_outlook("Abel")),
        outlook="Abel Abel Baker",
        customers="Abel Abel Baker",
    ),
    Scenario("born_in_pipeliner", before=BAKER, acts=(new_in_crm("Abel", city="Oslo"),)),
    Scenario(
        "three_born_in_pipeliner",
        acts=(new_in_crm("Abel"), new_in_crm("Baker"), new_in_crm("Cole", "Cid")),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
    ),
    Scenario(
        "two_namesakes_born_in_pipeliner",
        before=BAKER,
        acts=(
            new_in_crm("Abel", email1="abel@acme.test", quick_account_name="Acme"),
            new_in_crm("Abel", email1="a.abel@globex.test", quick_account_name="Globex"),
        ),
        outlook="Abel Abel Baker",
        customers="Abel Abel Baker",
    ),
    Scenario("born_on_both_sides", acts=(new_in_crm("Abel"), new_in_outlook("Baker"))),
    Scenario(
        "the_same_person_born_on_both_sides",
        before=BAKER,
        acts=(
            new_in_outlook("Abel", mobilePhone="555", **CHIDI),
            new_in_crm("Abel", email1="abel@example.test", city="Rome"),
        ),
        said=(Said("Abel", ("555", "Rome"), ("555", "Rome")),),
    ),
    Scenario(
        "born_in_outlook_a_colleagues_contact",
        before=(*BAKER, colleagues_in_crm("Abel", email1="abel@example.test")),
        acts=(new_in_outlook("Abel", **CHIDI),),
    ),
    Scenario(
        "born_with_a_key",
        before=(_key_field, *BAKER),
        acts=(new_in_outlook("Abel"),),
        settings={"key_field": "cf_link"},
    ),
    Scenario(
        "three_born_with_keys",
        before=(_key_field,),
        acts=(new_in_outlook("Abel"), new_in_outlook("Abel"), new_in_outlook("Baker")),
        settings={"key_field": "cf_link"},
        outlook="Abel Abel Baker",
        customers="Abel Abel Baker",
    ),
    Scenario(
        "born_without_a_required_field",
        between=(_required_field,),
        before=BAKER,
        acts=(new_in_outlook("Abel"),),
        customers="Baker",
    ),
    Scenario(
        "born_with_a_default",
        before=(_required_field,),
        acts=(new_in_outlook("Abel"), new_in_outlook("Baker")),
        settings={"required_defaults": {"cf_source": "outlook"}},
    ),
    Scenario("born_nameless", before=ABEL_AND_BAKER, acts=(_nameless,), outlook="- Abel Baker"),
    Scenario("born_empty", before=ABEL_AND_BAKER, acts=(_empty,), outlook="- Abel Baker"),
    Scenario(
        "copied_in_outlook",
        before=ABEL_AND_BAKER,
        acts=(_copy,),
        outlook="Abel Abel Baker",
        customers="Abel Baker",
    ),
    Scenario(
        "born_while_the_other_is_edited",
        before=ABEL_AND_BAKER,
        between=(synced,),
        acts=(
            new_in_outlook("Cole", "Cid"),
            new_in_crm("Dahl", "Dag"),
            lambda world: world.edit_in_crm("Abel", city="Rome"),
        ),
        outlook="Abel Baker Cole Dahl",
        customers="Abel Baker Cole Dahl",
        said=(Said("Abel", ("1", "Rome"), ("1", "Rome")),),
    ),
)
