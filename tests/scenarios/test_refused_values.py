"""A value that a service refuses blocks itself, not the contact: the rest travels, and an item names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync_core.domain import Action, Reason, RunMode
from tests.scenarios.world import MAILBOX, World, new_world


def _mail(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address} for address in addresses]


async def _linked(**values: Any) -> World:
    world = new_world()
    world.crm.people.add_field("cf_nick", "input")
    world.write_in_crm("Okafor", "Chidi", email1="c@acme.test", phone2="555", **values)
    await world.connect(custom_fields=[{"pipeliner": "cf_nick", "outlook": "nickName"}])
    await world.sync()
    return world


def _required(world: World) -> None:
    world.crm.people.require_fields(["phone2"])
    world.edit_in_outlook("Okafor", mobilePhone="")


def _unique(world: World) -> None:
    world.crm.people.add_field("email1")
    world.crm.people.make_unique("Contact", "email1")
    hidden = world.write_in_crm("Secret", "X", email1="dup@acme.test", owner=world.colleague_id)
    world.crm.people.hide(hidden)
    world.edit_in_outlook("Okafor", emailAddresses=_mail("dup@acme.test"))


def _read_only(world: World) -> None:
    space = world.crm.people._space
    world.crm.people._set("Fields", space.field_id("Contacts", "cf_nick"), {"system_readonly": True})
    space.learn_fields()
    world.edit_in_outlook("Okafor", nickName="Chi")


@pytest.mark.parametrize(
    ("refuse", "slot", "place"),
    [
        (_required, "phone2", "Mobile phone (mobilePhone) in Outlook"),
        (_unique, "email1", "E-mail addresses (emailAddresses) in Outlook"),
        (_read_only, "cf_nick", "cf_nick (nickName) in Outlook"),
    ],
)
async def test_the_rest_of_an_edit_travels_without_the_value_that_was_refused(
    refuse: Callable[[World], None], slot: str, place: str
) -> None:
    """In the same run; the item names field, label and place where it can be mended, the history what was written."""
    world = await _linked()
    before = world.customer("Okafor")[slot]
    refuse(world)
    world.edit_in_outlook("Okafor", jobTitle="Buyer", businessAddress={"city": "Rome"})

    await world.sync()

    row = world.customer("Okafor")
    assert (row["position"], row["city"], row[slot]) == ("Buyer", "Rome", before)
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.REFUSED, (slot,))
    assert place in item.remedy
    (updated, *_) = await world.history(Action.UPDATED)
    assert {change.field for change in updated.entry.changes} == {"job_title", "city"}
    assert (await world.sync(RunMode.FULL)).run.counts.updated_in_outlook == 0


async def test_the_value_travels_once_it_is_mended_and_the_item_goes() -> None:
    """It was still known as an edit."""
    world = await _linked()
    _unique(world)
    world.edit_in_outlook("Okafor", jobTitle="Buyer")
    await world.sync()

    world.edit_in_outlook("Okafor", emailAddresses=_mail("own@acme.test"))
    await world.sync()

    assert world.customer("Okafor")["email1"] == "own@acme.test"
    assert await world.attention() == []


async def test_two_refused_values_are_both_named_and_the_rest_travels() -> None:
    """Pipeliner may name one after the other."""
    world = await _linked()
    _required(world)
    _read_only(world)
    world.edit_in_outlook("Okafor", jobTitle="Buyer")

    await world.sync()

    assert world.customer("Okafor")["position"] == "Buyer"
    (item,) = await world.attention()
    assert set(item.fields) == {"phone2", "cf_nick"}


async def test_a_name_that_was_cleared_is_refused_and_what_else_was_edited_travels() -> None:
    """A card without a name is nobody else; Pipeliner needs the name, and keeps it."""
    world = await _linked()
    card = world.outlook()[0]["id"]
    cleared = {"givenName": None, "surname": None, "jobTitle": "Reception"}
    world.graph.edit_contact(MAILBOX, card, cleared)

    await world.sync()

    row = world.customer("Okafor")
    assert row["position"] == "Reception"
    (item,) = await world.attention()
    assert (item.reason, "last_name" in item.fields) == (Reason.REFUSED, True)
    world.graph.edit_contact(MAILBOX, card, {"surname": "Okafor", "givenName": "Chidi"})
    await world.sync()
    assert await world.attention() == []


async def test_names_whose_parts_fit_are_written_however_long_they_are_together() -> None:
    """Only the name for show is cut, which is made of them."""
    world = new_world()
    world.write_in_crm("L" * 140, "F" * 140, phone2="1")
    await world.connect()
    await world.sync()

    (card,) = world.outlook()
    assert (card["surname"], card["givenName"], len(card["displayName"])) == ("L" * 140, "F" * 140, 255)
    assert await world.attention() == []
