"""A link of an earlier version whose sides are two people is asked about at night, and goes on till the answer."""

from __future__ import annotations

from dataclasses import replace

from sync_core.domain import AttentionItem, Baselines, Contact, Link, OutlookId, PipelinerId, Reason
from sync_core.operations import AnswerRequest, answer, reconcile_all
from sync_core.operations.questions import item_id
from sync_core.state.rows import link_operations
from sync_core.storage import Table
from tests.scenarios.world import MAILBOX, World, new_world

ADDRESS = "doe@family.test"


async def wrongly_linked() -> tuple[World, OutlookId, PipelinerId]:
    """Jane in Outlook and John in Pipeliner, who share an address, under one link as 0.1 made it."""
    world = new_world()
    await world.connect()
    john = PipelinerId(world.write_in_crm("Doe", "John", email1=ADDRESS))
    await world.sync()
    jane = OutlookId(world.person("Doe")["id"])
    world.graph.edit_contact(MAILBOX, jane, {"givenName": "Jane"})
    link = await world.deployment.reader(world.record.id).link_of(jane)
    assert link is not None
    baselines = Baselines(*(_named(link, name) for name in ("Jane", "John")))
    seen = replace(link, baselines=baselines, change_key=world.person("Doe")["changeKey"])
    await store(world, link, seen)
    return world, jane, john


def _named(link: Link, given: str) -> Contact:
    values = dict(link.baselines.outlook.values)
    return Contact(values | {"given_name": given})


async def store(world: World, before: Link, after: Link) -> None:
    """Store a link in the place of another one."""
    await world.deployment.store.transact(Table.SYNC, world.record.id, list(link_operations(before, after)))


async def night(world: World) -> list[AttentionItem]:
    """Let the nightly reconciliation come; returns what waits for a person then."""
    await reconcile_all(world.deployment)
    await world.drain()
    return await world.attention()


async def test_a_link_of_two_people_is_asked_about_once_and_synced_on() -> None:
    """Night after night; what is edited travels."""
    world, jane, _ = await wrongly_linked()

    (item,) = await night(world)
    assert (item.reason, item.outlook_id, item.choices) == (
        Reason.LINK_CONTRADICTS,
        jane,
        ("same", "different", "later"),
    )
    world.edit_in_crm("Doe", city="Oslo")
    await world.sync()
    assert world.person("Doe")["businessAddress"]["city"] == "Oslo"
    assert len(await night(world)) == 1
    assert (len(world.outlook()), len(world.customers())) == (1, 1)


async def test_one_person_all_the_same_is_asked_about_no_more() -> None:
    """The ruling lasts."""
    world, _, _ = await wrongly_linked()
    (item,) = await night(world)

    await give(world, item, "same")

    assert await world.attention() == []
    assert await night(world) == []


async def test_two_people_are_parted_and_both_stay() -> None:
    """Each is synced by itself from then on."""
    world, jane, john = await wrongly_linked()
    (item,) = await night(world)

    await give(world, item, "different")

    assert {one["id"] for one in world.outlook()} > {jane}
    assert {one["id"] for one in world.customers()} > {john}
    assert [one.reason for one in await night(world) if one.reason is Reason.LINK_CONTRADICTS] == []


async def test_a_healthy_link_is_not_asked_about() -> None:
    """Also where a field that is not synced differs."""
    world = new_world()
    await world.connect(field_directions={"city": "none"})
    world.write_in_crm("Okafor", "Chidi", city="Lagos")
    await world.sync()
    world.edit_in_outlook("Okafor", businessAddress={"city": "Oslo"})
    await world.sync()

    assert await night(world) == []


async def give(world: World, item: AttentionItem, choice: str) -> None:
    """Answer, and let the run come that is asked for."""
    await answer(world.deployment, world.record.id, AnswerRequest(item=item_id(item), choice=choice), by="somebody")
    await world.drain()
