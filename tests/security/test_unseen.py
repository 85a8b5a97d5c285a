"""What a user is shown over HTTP of contacts that they may not see any more: nothing. Administrators see all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.faults import Fault
from emulators.pipeliner.people import WATCHER
from sync_core.domain import Reason
from sync_core.operations import tick
from tests.scenarios.world import World, new_world
from tests.security.identities import TENANT
from tests.security.test_answers import send

PRIVATE = 1
SEES_OWN, SEES_ALL = 1, 6
HOUR_S = 3600.0


async def _asked(count: int = 1) -> tuple[World, list[str]]:
    """John Smith in Outlook may be one of a colleague's, whom the user sees no more since; no run came since."""
    world = new_world(app={"sync_tenant_id": TENANT})
    ids = [
        world.write_in_crm(
            "Smith", "John", owner=world.colleague_id, phone1=f"+44 20 7946 000{number}", share_mode=PRIVATE
        )
        for number in range(count)
    ]
    for key in ids:
        world.crm.people.share(key, world.user_id, WATCHER)
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    assert [item.reason for item in await world.attention()] == [Reason.COUNTERPART_UNCLEAR]
    return world, ids


async def _lost() -> tuple[World, str]:
    """A contact that was the user's, with a history, and is a colleague's alone now."""
    world = new_world(app={"sync_tenant_id": TENANT})
    john = world.write_in_crm("Smith", "John", phone2="1")
    await world.connect(scope="visible", delete_protection=False)
    await world.sync()
    world.edit_in_crm("Smith", phone2="secret")
    await world.sync()
    world.crm.people.edit_contact(john, share_mode=PRIVATE)
    world.crm.people.reassign_contact(john, world.colleague_id)
    return world, john


async def _shown(world: World, endpoint: str, who: str, **query: str) -> Any:
    status, content = await send(world, endpoint, who, query=query)
    assert status == 200
    return content


async def test_an_item_about_a_contact_that_became_unseen_is_shown_to_administrators_alone() -> None:
    """Not even that there is one, before any run has noticed; the count as well."""
    world, (john,) = await _asked()
    before = await _shown(world, "read_attention", "owner")
    assert [one["candidates"][0]["id"] for one in before["items"]] == [john]

    world.crm.people.unshare(john, world.user_id)

    assert await _shown(world, "read_attention", "owner") == {"items": [], "total": 0}
    assert (await _shown(world, "read_attention", "administrator"))["total"] == 1


async def test_a_question_with_one_unseen_candidate_keeps_the_others_and_none_of_its_evidence() -> None:
    """Whoever reads it learns of those alone whom they may see."""
    world, ids = await _asked(2)
    world.crm.people.unshare(ids[0], world.user_id)

    shown = await _shown(world, "read_attention", "owner")

    assert [[one["id"] for one in item["candidates"]] for item in shown["items"]] == [[ids[1]]]
    assert shown["items"][0]["evidence"] == []
    assert ids[0] not in json.dumps(shown)


async def test_an_answer_to_an_item_that_is_not_shown_is_that_to_one_that_is_not_there() -> None:
    """The same status, and the same words."""
    world, (john,) = await _asked()
    (item,) = (await _shown(world, "read_attention", "owner"))["items"]
    world.crm.people.unshare(john, world.user_id)

    refused = await send(world, "answer_item", "owner", {"item": item["id"], "choice": "same"})
    unknown = await send(world, "answer_item", "owner", {"item": "0" * 8, "choice": "same"})

    assert refused[0] == 404
    assert refused == unknown
    assert (await send(world, "answer_item", "administrator", {"item": item["id"], "choice": "different"}))[0] == 202


async def test_a_wrong_candidate_is_answered_with_those_whom_the_user_sees() -> None:
    """And an unseen one, named by its id, is a wrong one."""
    world, ids = await _asked(3)
    (item,) = (await _shown(world, "read_attention", "owner"))["items"]
    world.crm.people.unshare(ids[0], world.user_id)

    told = [
        await send(world, "answer_item", "owner", {"item": item["id"], "choice": "same", "candidate": typed})
        for typed in (ids[0], "nobody")
    ]

    assert [status for status, _ in told] == [400, 400]
    assert told[0] == told[1]
    assert ids[0] not in json.dumps(told)


async def test_history_tells_nothing_of_a_contact_that_became_unseen() -> None:
    """Neither its id nor its values, nor by a search; administrators see both."""
    world, john = await _lost()

    shown = await _shown(world, "read_history", "owner")

    assert len(shown["items"]) == 2
    assert {one["pipeliner_id"] for one in shown["items"]} == {None}
    assert "secret" not in json.dumps(shown)
    assert (await _shown(world, "read_history", "owner", contact=john))["items"] == []
    everything = json.dumps(await _shown(world, "read_history", "administrator", contact=john))
    assert john in everything
    assert "secret" in everything


async def test_what_was_decided_names_no_contact_that_became_unseen() -> None:
    """The ruling itself stays, and can be taken back."""
    world, (john,) = await _asked()
    (item,) = (await _shown(world, "read_attention", "owner"))["items"]
    assert (await send(world, "answer_item", "owner", {"item": item["id"], "choice": "different"}))[0] == 202
    assert john in json.dumps(await _shown(world, "list_answers", "owner"))
    world.crm.people.unshare(john, world.user_id)

    (ruling,) = (await _shown(world, "list_answers", "owner"))["items"]
    assert ruling["pipeliner_ids"] == []
    status, forgotten = await send(world, "forget_answer", "owner", ruling_id=ruling["id"])
    assert (status, forgotten["pipeliner_ids"]) == (202, [])


@pytest.mark.parametrize("endpoint", ["read_attention", "read_history"])
async def test_what_cannot_be_asked_is_not_shown(endpoint: str) -> None:
    """Pipeliner does not answer: then the user sees no id of its contacts."""
    world, ids = await _asked() if endpoint == "read_attention" else await _lost_alone()
    world.crm.faults.plant(Fault("GET .*Contacts", times=None, status=503))

    assert ids[0] not in json.dumps(await _shown(world, endpoint, "owner"))


async def _lost_alone() -> tuple[World, list[str]]:
    world, john = await _lost()
    return world, [john]


async def test_an_unseen_contact_cannot_be_linked_by_its_id_nor_told_from_one_that_is_not_there() -> None:
    """By hand, over HTTP."""
    world, (john,) = await _asked()
    world.crm.people.unshare(john, world.user_id)
    card = world.outlook()[0]["id"]

    told = [
        await send(world, "link_contacts", "owner", {"outlook": card, "pipeliner": typed})
        for typed in (john, "0" * 8 + john[8:])
    ]

    assert told[0][0] == 400
    assert told[0] == told[1]


async def test_possible_duplicates_are_for_administrators() -> None:
    """Ids of both, where a contact was created beside one that its user may not see."""
    world = new_world(app={"sync_tenant_id": TENANT})
    john = world.write_in_crm("Smith", "John", owner=world.colleague_id, email1="john@smith.test", share_mode=PRIVATE)
    await world.connect(scope="visible")
    world.write_in_outlook("Smith", "John", emailAddresses=[{"address": "john@smith.test"}])
    await world.sync()

    assert (await send(world, "list_duplicates", "owner"))[0] == 403
    (shown,) = (await _shown(world, "list_duplicates", "administrator"))["items"]
    mine = next(row["id"] for row in world.customers() if row["owner_id"] == world.user_id)
    assert (shown["connection"], shown["pipeliner_id"], shown["others"]) == (world.record.id, mine, [john])
    for endpoint in ("read_attention", "read_history", "list_answers", "read_connection"):
        assert john not in json.dumps(await _shown(world, endpoint, "owner"))


async def test_the_users_role_decides_what_is_shown_as_it_does_what_is_synced() -> None:
    """A contact of a unit that their role looks into is named to them; once it shows only what is theirs, not."""
    world = new_world(app={"sync_tenant_id": TENANT})
    world.crm.people.change_role(access_entity_contact_direction=SEES_ALL)
    john = world.write_in_crm("Smith", "John", owner=world.colleague_id, phone1="+44 20 7946 0001")
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    (item,) = (await _shown(world, "read_attention", "owner"))["items"]
    assert [one["id"] for one in item["candidates"]] == [john]

    world.crm.people.change_role(access_entity_contact_direction=SEES_OWN)
    await tick(world.deployment)

    assert await _shown(world, "read_attention", "owner") == {"items": [], "total": 0}


async def test_while_nobody_knows_what_the_user_may_see_no_contact_of_pipeliner_is_shown() -> None:
    """Their roles could not be read for longer than rights count."""
    world, _ = await _asked()
    assert (await _shown(world, "read_attention", "owner"))["total"] == 1

    world.crm.switches.change({"roles_readable": False})
    await world.deployment.clock.sleep(HOUR_S)

    assert await _shown(world, "read_attention", "owner") == {"items": [], "total": 0}
