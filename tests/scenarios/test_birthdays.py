"""A birthday is a day, whatever moment stands for it, and a year that means none is not sent."""

from __future__ import annotations

import pytest

from emulators.graph.contact import ContactWrite
from sync_core.domain import RunMode
from tests.scenarios.world import MAILBOX, World, new_world

CUSTOM = [{"pipeliner": "cf_birthday", "outlook": "birthday"}]


async def _paired(outlook: str, crm: str) -> World:
    world = new_world()
    world.crm.people.add_field("cf_birthday", "date")
    values = {"cf_birthday": crm} if crm else {}
    world.write_in_crm("Okafor", "Chidi", email1="c@acme.test", **values)
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    body = {"surname": "Okafor", "givenName": "Chidi", "emailAddresses": [{"address": "c@acme.test"}]}
    card = world.graph.create_contact(MAILBOX, body, folder_id)
    mailbox = world.graph._mailbox(MAILBOX)
    mailbox.update(mailbox.find(card), ContactWrite({"birthday": outlook or None}, {}))  # as another program left it
    await world.connect(folder=folder_id, custom_fields=CUSTOM)
    await world.sync()
    return world


@pytest.mark.parametrize(
    "moment",
    [
        "1980-07-18T11:59:00Z",
        "1980-07-18T00:00:00Z",
        "1980-07-17T22:00:00Z",
        "1980-07-17T12:00:00Z",
        "1980-07-18T04:00:00Z",
        "1980-07-18T00:00:00+02:00",
    ],
)
@pytest.mark.parametrize("crm", ["", "1980-07-18"])
async def test_a_birthday_is_the_day_that_its_moment_means(moment: str, crm: str) -> None:
    """Whatever zone the program was in that wrote it; where Pipeliner has that day already, nothing is written."""
    world = await _paired(moment, crm)

    assert world.customer("Okafor")["cf_birthday"] == "1980-07-18"
    assert world.person("Okafor")["birthday"] == moment
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


@pytest.mark.parametrize(
    "moment", ["1604-07-18T11:59:00Z", "4501-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1900-01-01T00:00:00Z"]
)
async def test_a_year_that_means_none_is_not_sent(moment: str) -> None:
    """It stays in Outlook, until a real day comes."""
    world = await _paired(moment, "")
    assert (world.customer("Okafor")["cf_birthday"], world.person("Okafor")["birthday"]) == (None, moment)

    world.edit_in_crm("Okafor", cf_birthday="1980-07-18")
    await world.sync()

    assert world.person("Okafor")["birthday"] == "1980-07-18T11:59:00Z"


async def test_a_blank_date_of_pipeliner_does_not_reach_outlook() -> None:
    """What a converter wrote for no date is none here either; the 29th of February is a day."""
    assert (await _paired("", "1900-01-01")).person("Okafor")["birthday"] is None
    assert (await _paired("", "1984-02-29")).person("Okafor")["birthday"] == "1984-02-29T11:59:00Z"
