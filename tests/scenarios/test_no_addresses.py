"""What is no e-mail address is never sent, never blocks the rest and is never lost: it stays where it is."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.graph.contact import ContactWrite
from emulators.pipeliner import PipelinerSwitches
from sync_core.domain import RunMode
from tests.scenarios.world import MAILBOX, World, new_world

X500 = "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=9c8a-ann"
SLOTS = tuple(f"email{number}" for number in range(1, 6))


def _mail(*addresses: str) -> list[dict[str, str]]:
    return [{"name": address, "address": address} for address in addresses]


def _in_outlook(world: World) -> list[str]:
    (card,) = world.outlook()
    return [entry.get("address", entry["name"]) for entry in card["emailAddresses"]]


def _in_crm(world: World) -> list[str]:
    (row,) = world.customers()
    return [row[slot] for slot in SLOTS]


async def _written(entries: list[dict[str, str]], *, is_checked: bool) -> World:
    """A card as another program left it in the mailbox."""
    world = new_world(crm=PipelinerSwitches(email_format_checked=is_checked))
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    body = {"surname": "Okafor", "givenName": "Chidi", "mobilePhone": "555"}
    card = world.graph.create_contact(MAILBOX, body, folder_id)
    mailbox = world.graph._mailbox(MAILBOX)
    mailbox.update(mailbox.find(card), ContactWrite({"emailAddresses": entries}, {}))
    await world.connect(folder=folder_id)
    await world.sync()
    return world


@pytest.mark.parametrize("is_checked", [False, True])
@pytest.mark.parametrize("text", [X500, "IMCEAEX-_o=Ex_cn=ann@acme.test", "mailto:c@acme.test"])
async def test_what_is_no_address_in_outlook_stays_there_and_the_rest_travels(text: str, *, is_checked: bool) -> None:
    """Whether Pipeliner would take it or not; later edits of the list leave it in its place."""
    entries: list[dict[str, str]] = [{"name": "A", "address": text}, {"name": "Ann in the list"}, *_mail("c@acme.test")]
    world = await _written(entries, is_checked=is_checked)
    assert _in_crm(world) == ["c@acme.test", "", "", "", ""]
    assert world.customer("Okafor")["phone2"] == "555"

    world.edit_in_crm("Okafor", email1="new@acme.test", email2="more@acme.test")
    await world.sync()

    assert _in_outlook(world) == [text, "Ann in the list", "new@acme.test"]
    assert _in_crm(world)[:3] == ["new@acme.test", "more@acme.test", ""]
    assert await world.attention() == []
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def _from_crm(**emails: str) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", **emails)
    await world.connect()
    await world.sync()
    return world


@pytest.mark.parametrize("text", ["n/a", "Ann <ann@acme.test>", "a@acme.test; b@acme.test", "ann@acme.test,", X500])
async def test_what_is_no_address_in_pipeliner_keeps_its_slot(text: str) -> None:
    """Addresses go around it, also when the first one is removed."""
    world = await _from_crm(email1="one@acme.test", email2=text, email3="two@acme.test")
    assert _in_outlook(world) == ["one@acme.test", "two@acme.test"]

    world.edit_in_outlook("Okafor", emailAddresses=_mail("two@acme.test", "new@acme.test"))
    await world.sync()

    assert _in_crm(world) == ["two@acme.test", text, "new@acme.test", "", ""]
    assert _in_outlook(world) == ["two@acme.test", "new@acme.test"]
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_pipeliner_s_own_addresses_go_before_new_ones_where_room_is_short() -> None:
    """What is no address takes the room of one; nothing that is there gives way to it or to what comes."""
    world = await _from_crm(email1="n/a", email2="2@acme.test", email3="3@acme.test", email4="-", email5="?")
    await world.sync()

    world.edit_in_outlook("Okafor", emailAddresses=_mail("new@acme.test", "2@acme.test", "3@acme.test"))
    await world.sync()

    assert set(_in_crm(world)) == {"n/a", "2@acme.test", "3@acme.test", "-", "?"}
    assert "new@acme.test" in _in_outlook(world)


@pytest.mark.parametrize("entries", [[], [{"name": "Ann in the list"}]])
async def test_a_list_that_holds_no_address_is_as_good_as_blank(entries: list[dict[str, Any]]) -> None:
    """Addresses of the other side come beside it, and clearing them leaves it."""
    world = await _written(entries, is_checked=True)
    world.edit_in_crm("Okafor", email1="c@acme.test")
    await world.sync()
    names = [entry["name"] for entry in entries]
    assert _in_outlook(world) == [*names, "c@acme.test"]

    world.edit_in_crm("Okafor", email1="")
    await world.sync()

    assert _in_outlook(world) == names
