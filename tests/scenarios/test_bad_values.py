"""Values, ids and times that cannot be: whoever has them is set aside or passed over; everybody else goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync_core.domain import Reason
from sync_core.outlook.mapping import COLLECTION, PROPERTY
from sync_core.state import ConnectionStatus
from tests.scenarios.tampering import changed, each_record, tamper
from tests.scenarios.world import COLLEAGUE, World, new_world

HALF = "\ud83d"
"""Half of an emoji."""
GOOD = ("Good0", "Good1")


async def in_sync(*names: str) -> World:
    """Contacts that are in sync, and a colleague's connection."""
    world = new_world()
    for name in names:
        world.write_in_crm(name, "Ann", email1=f"{name}@example.test".lower())
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.drain()
    await world.sync()
    return world


async def ticks(world: World, times: int = 7) -> None:
    """Let the timer fire; waits pass."""
    for _ in range(times):
        await world.tick()
        await world.deployment.clock.sleep(60)


async def is_healthy(world: World) -> bool:
    """Whether both connections go on."""
    records = await world.deployment.registry.all()
    return all(record.status is ConnectionStatus.ACTIVE and record.failures == 0 for record in records)


def with_value(name: str, value: Any, key: str) -> Callable[[Any], Any]:
    """Give the card of that id, in lists and batches of Graph, another value."""

    def change(shown: Any) -> Any:
        cards = [part.get("body") for part in shown.get("responses", ())] + list(shown.get("value", ()))
        for card in cards:
            if isinstance(card, dict) and card.get("id") == key:
                card[name] = value
        return shown

    return change


BAD_VALUES: list[tuple[str, Any]] = [
    ("personalNotes", f"a {HALF} b"),
    ("surname", HALF),
    ("homePhones", [HALF]),
    ("emailAddresses", [{"address": f"a{HALF}@x.test", "name": ""}]),
    ("businessAddress", {"city": HALF}),
    ("parentFolderId", HALF),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES, ids=[name for name, _ in BAD_VALUES])
async def test_a_card_that_holds_half_a_character_is_set_aside(name: str, value: Any) -> None:
    """It is named with what is wrong; both the others and the colleague go on."""
    world = await in_sync("Bad", *GOOD)
    bad = world.person("Bad")["id"]
    tamper(world, graph=changed("", with_value(name, value, bad)))
    for surname in ("Bad", *GOOD):
        world.edit_in_outlook(surname, jobTitle="CEO")
    await ticks(world)
    assert [world.customer(surname)["position"] for surname in GOOD] == ["CEO"] * 2
    [item] = await world.attention()
    assert (item.reason, item.outlook_id, "surrogate" in item.message) == (Reason.KEEPS_FAILING, bad, True)
    assert (len(world.customers()), len(world.outlook())) == (3, 3)
    assert await is_healthy(world)


async def test_a_new_card_that_holds_half_a_character_is_set_aside() -> None:
    """The same for a contact without a link."""
    world = await in_sync(*GOOD)
    bad = world.write_in_outlook("Bad", "Eva")
    world.write_in_outlook("Fine", "Eva")
    tamper(world, graph=changed("", with_value("jobTitle", HALF, bad)))
    await ticks(world)
    assert [row["last_name"] for row in world.customers()] == ["Fine", *GOOD]
    assert [item.outlook_id for item in await world.attention()] == [bad]
    assert await is_healthy(world)


BAD_RECORDS: dict[str, dict[str, Any]] = {
    "text": {"comments": f"a {HALF}"},
    "name": {"last_name": HALF},
    "owner": {"owner_id": HALF},
    "unit": {"unit_id": HALF},
    "no time": {"modified": None},
    "no date": {"modified": "yesterday"},
    "time out of range": {"modified": "9999-12-31T23:59:59-14:00"},
    "before all time": {"modified": "0001-01-01T00:00:00+14:00"},
}


@pytest.mark.parametrize("kind", BAD_RECORDS)
async def test_a_record_that_cannot_be_read_stops_neither_feed_nor_folder(kind: str) -> None:
    """The watermark moves, the others' changes arrive, and whoever is linked with the record is told."""
    world = await in_sync("Bad", *GOOD)
    bad = world.customer("Bad")["id"]

    def damage(record: dict[str, Any]) -> None:
        if record.get("id") == bad:
            record.update(BAD_RECORDS[kind])

    tamper(world, pipeliner=changed("/Contacts", each_record(damage)))
    for surname in ("Bad", *GOOD):
        world.edit_in_crm(surname, city="Oslo")
    await ticks(world)
    assert [world.person(surname)["businessAddress"]["city"] for surname in GOOD] == ["Oslo"] * 2
    items = await world.attention()
    assert [(item.reason, item.pipeliner_id) for item in items] == [(Reason.KEEPS_FAILING, bad)]
    assert (len(world.customers()), len(world.outlook())) == (3, 3)
    assert await is_healthy(world)

    for surname in GOOD:
        world.edit_in_crm(surname, city="Bergen")
    await ticks(world, 1)
    assert [world.person(surname)["businessAddress"]["city"] for surname in GOOD] == ["Bergen"] * 2
    tamper(world)
    await world.deployment.clock.sleep(24 * 3600)
    await world.sync()
    assert world.person("Bad")["businessAddress"]["city"] == "Oslo"


@pytest.mark.parametrize("key", ["a" * 600, "1" * 600, "", None, 7, "..", "a/1", HALF, "batch-modify"])
async def test_a_record_without_a_readable_id_is_passed_over(key: object) -> None:
    """Nobody can have it; the others' changes arrive."""
    world = await in_sync(*GOOD)
    bad = world.write_in_crm("Bad", "Ann")

    def damage(record: dict[str, Any]) -> None:
        if record.get("id") == bad:
            record["id"] = key

    tamper(world, pipeliner=changed("/Contacts", each_record(damage)))
    for surname in GOOD:
        world.edit_in_crm(surname, city="Oslo")
    await ticks(world, 3)
    assert [world.person(surname)["businessAddress"]["city"] for surname in GOOD] == ["Oslo"] * 2
    assert await is_healthy(world)


async def test_a_time_still_to_come_hides_no_later_change() -> None:
    """One record says that it was modified in a hundred years."""
    world = await in_sync("Bad", *GOOD)
    bad = world.customer("Bad")["id"]

    def damage(record: dict[str, Any]) -> None:
        if record.get("id") == bad:
            record["modified"] = "2126-01-01 00:00:00+00:00"

    tamper(world, pipeliner=changed("/Contacts", each_record(damage)))
    world.edit_in_crm("Bad", city="Oslo")
    await ticks(world, 2)
    world.edit_in_crm(GOOD[0], city="Oslo")
    await ticks(world, 2)
    assert world.person(GOOD[0])["businessAddress"]["city"] == "Oslo"


STORED = [
    "",
    ".",
    "..",
    "../Accounts/x1",
    "x?filter[a]=b&load-only=id#1",
    "batch-modify",
    "a\r\nX: 1\x00",
    "a" * 600,
    "1" * 600,
    "1" * 60_000,
    "\U0001f600" * 120,
    f"{HALF}x1",
    "\u01301",
    "/" * 300,
    "a/b/1",
]


@pytest.mark.parametrize("stored", STORED, ids=lambda text: repr(text[:16]))
async def test_a_stored_id_that_is_none_counts_for_none(stored: str) -> None:
    """Whoever may edit the mailbox can write any text there: the card is a contact like any other."""
    world = await in_sync(*GOOD)
    card = world.write_in_outlook("Forged", "Eva")
    world.write_in_outlook("Fine", "Eva")
    mark = [{"id": PROPERTY, "value": f"em_Emulated/{stored}"}]
    tamper(world, graph=changed("", with_value(COLLECTION, mark, card)))
    await ticks(world, 3)
    assert [row["last_name"] for row in world.customers()] == ["Fine", "Forged", *GOOD]
    assert await is_healthy(world)
