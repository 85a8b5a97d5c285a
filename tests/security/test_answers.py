"""Answers over HTTP: who may decide what for whom, what a wrong request learns, and that a purge erases rulings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sync_core.domain import AttentionItem, OutlookId, Reason, outlook_subject
from sync_core.engine.notices import question_notice
from sync_core.operations import AnswerRequest, PurgeRequest, answer, purge, rulings_of
from sync_core.operations.questions import item_id
from sync_core.storage import AFTER_ALL_KEYS, Store, Table
from sync_core.web import Admission, Answer, Request, respond
from sync_core.web.callers import Role
from sync_core.web.routes import BY_NAME
from tests.scenarios.world import World, new_world
from tests.security.identities import BEN, KEYS, ON, TENANT, headers
from tests.stored import rows_beside_audit

ADDRESS = "canary.doe@family.test"


def unclear(outlook_id: str, candidate: str) -> AttentionItem:
    """Make the question whether an Outlook contact is one of Pipeliner's."""
    card = OutlookId(outlook_id)
    return question_notice(Reason.COUNTERPART_UNCLEAR, outlook_subject(card), candidates=(candidate,), outlook_id=card)


async def asking_world(store: Store | None = None) -> tuple[World, str]:
    """Ada's connection with one open question; returns the item's id too."""
    world = new_world(store=store, app={"sync_tenant_id": TENANT})
    await world.connect()
    jane = world.write_in_outlook("Canarydoe", "Jane", emailAddresses=[{"address": ADDRESS}])
    john = world.write_in_crm("Canarydoe", "John", email1=ADDRESS)
    item = unclear(jane, john)
    await world.deployment.reader(world.record.id).report(item)
    return world, item_id(item)


async def send(
    world: World, endpoint: str, who: str, body: Any = None, *, query: Mapping[str, str] | None = None, **route: str
) -> tuple[int, Any]:
    """Send one request as one caller; returns the status and what was answered."""
    named = {
        "administrator": headers(Role.ADMINISTRATOR, object_id=BEN),
        "owner": headers(Role.USER, object_id=world.record.mailbox_id),
        "other": headers(Role.USER, object_id=BEN),
    }
    given = {"content-type": "application/json"} if body is not None else {}
    request = Request(
        route={"connection_id": world.record.id, **route},
        query=query or {},
        body=b"" if body is None else json.dumps(body).encode(),
        method=BY_NAME[endpoint].method.value,
        headers={**named[who], **given},
    )
    return read(await respond(BY_NAME[endpoint], lambda: world.deployment, request, Admission(ON)))


def read(answered: Answer) -> tuple[int, Any]:
    """Return the status and the content of an answer."""
    return answered.status, json.loads(answered.body)


async def test_an_owner_answers_for_their_mailbox_and_takes_it_back() -> None:
    """The ruling names who ruled; the list tells it, and another user reaches none of it."""
    world, item = await asking_world()

    status, answered = await send(world, "answer_item", "owner", {"item": item, "choice": "different"})
    assert (status, answered["items"], answered["choice"], answered["left"]) == (202, [item], "different", [])
    status, listed = await send(world, "list_answers", "owner")
    (ruling,) = listed["items"]
    assert (status, listed["total"], ruling["by"], ruling["space"]) == (200, 1, world.record.mailbox_id, False)
    assert answered["rulings"] == [ruling["id"]]
    refused: tuple[tuple[str, Any], ...] = (
        ("answer_item", {"item": item, "choice": "same"}),
        ("list_answers", None),
        ("link_contacts", {"outlook": "jane", "pipeliner": "john"}),
        ("unlink_contact", {"contact": "jane"}),
    )
    for endpoint, body in refused:
        assert (await send(world, endpoint, "other", body))[0] == 403
    assert (await send(world, "forget_answer", "other", ruling_id=ruling["id"]))[0] == 403

    status, forgotten = await send(world, "forget_answer", "owner", ruling_id=ruling["id"])
    assert (status, forgotten["id"]) == (202, ruling["id"])
    assert (await send(world, "list_answers", "owner"))[1] == {"items": [], "total": 0}
    assert (await send(world, "forget_answer", "owner", ruling_id=ruling["id"]))[0] == 404


async def test_only_an_administrator_binds_the_space() -> None:
    """And only one takes such a ruling back."""
    world, item = await asking_world()
    wanted = {"item": item, "choice": "different", "space": True}

    assert (await send(world, "answer_item", "owner", wanted))[0] == 403
    assert await rulings_of(world.deployment, world.record.id) == []
    status, answered = await send(world, "answer_item", "administrator", wanted)
    assert status == 202
    (ruling,) = await rulings_of(world.deployment, world.record.id)
    assert (ruling.for_space, ruling.by) == (True, BEN)
    assert (await send(world, "forget_answer", "owner", ruling_id=answered["rulings"][0]))[0] == 403
    assert (await send(world, "forget_answer", "administrator", ruling_id=answered["rulings"][0]))[0] == 202


async def test_whoever_holds_a_key_is_written_down_as_such() -> None:
    """The key itself, or a hash of it, is in no row."""
    world, item = await asking_world()
    body = json.dumps({"item": item, "choice": "different"}).encode()
    given = {"content-type": "application/json", "x-functions-key": "canary-key"}
    request = Request({"connection_id": world.record.id}, body=body, method="POST", headers=given)

    assert read(await respond(BY_NAME["answer_item"], lambda: world.deployment, request, Admission(KEYS)))[0] == 202

    assert [ruling.by for ruling in await rulings_of(world.deployment, world.record.id)] == ["function key"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 400, "item: Field required"),
        ({"item": "ITEM"}, 400, "choice: Field required"),
        ({"item": 7, "choice": "same"}, 400, "item: Input should be a valid string"),
        ({"item": "", "choice": "same"}, 400, "item: String should have at least 1 character"),
        ({"item": "x" * 601, "choice": "same"}, 400, "item: String should have at most 600 characters"),
        ({"item": "ITEM", "choice": "same", "by": "me"}, 400, "by: Extra inputs are not permitted"),
        ({"item": "ITEM", "choice": "maybe"}, 400, "takes one of same, different, shared_identifier, later"),
        ({"item": "ITEM", "choice": "same", "candidate": "nobody"}, 400, "must be one of the item's candidates"),
        ({"item": "ITEM", "choice": "later", "candidate": "nobody"}, 400, "leave the candidate out"),
        ({"item": "0000000000", "choice": "same"}, 404, "there is no attention item"),
        ({"item": "outlook:nobody", "choice": "same"}, 404, "there is no attention item"),
    ],
)
async def test_a_wrong_answer_is_refused_in_words(body: dict[str, Any], status: int, says: str) -> None:
    """Nothing is stored, and nothing runs."""
    world, item = await asking_world()
    rows = await rows_beside_audit(world.store)

    given = {name: item if value == "ITEM" else value for name, value in body.items()}
    answered, content = await send(world, "answer_item", "owner", given)

    assert (answered, says in content["detail"]) == (status, True), content
    assert await rows_beside_audit(world.store) == rows


async def test_no_word_of_a_person_is_stored_with_an_answer() -> None:
    """Neither in rulings nor on the item."""
    world, item = await asking_world()
    for choice in ("different", "shared_identifier", "same", "later"):
        assert (await send(world, "answer_item", "administrator", {"item": item, "choice": choice}))[0] in {200, 202}

    rows = [
        *await world.deployment.store.read(Table.SPACES, world.deployment.settings.pipeliner_space_id, "ruling.", "s"),
        *await world.deployment.store.read(Table.SYNC, world.record.id, "6.", "7."),
    ]
    told = " ".join(row.key + row.body for row in rows).casefold()
    assert len(rows) > 3
    assert [word for word in ("canary", "jane", "john", "family") if word in told] == []


async def test_a_purge_of_a_person_erases_what_was_ruled_on_them(any_store: Store) -> None:
    """By the address that both contacts had, though they were never linked; nobody else's rulings go."""
    world, item = await asking_world(any_store)
    eva, ewa = world.write_in_outlook("Novak", "Eva"), world.write_in_crm("Nowak", "Ewa")
    other = unclear(eva, ewa)
    await world.deployment.reader(world.record.id).report(other)
    for one in (item, item_id(other)):
        wanted = AnswerRequest(item=one, choice="different", space=True)
        await answer(world.deployment, world.record.id, wanted, by="somebody")

    purged = await purge(world.deployment, PurgeRequest(person=ADDRESS.upper()))

    assert purged.is_proved
    (left,) = await rulings_of(world.deployment, world.record.id)
    assert left.about.ids == {eva, ewa}


async def test_a_purge_of_a_person_by_an_id_finds_rulings_under_every_handle(any_store: Store) -> None:
    """The handles by name too, which no id leads to but the ruling's own."""
    world, item = await asking_world(any_store)
    await answer(world.deployment, world.record.id, AnswerRequest(item=item, choice="different"), by="somebody")
    (ruling,) = await rulings_of(world.deployment, world.record.id)

    purged = await purge(world.deployment, PurgeRequest(person=ruling.about.pipeliner_ids[0]))

    assert (purged.is_proved, await rulings_of(world.deployment, world.record.id)) == (True, [])


async def test_the_last_connection_that_is_purged_takes_the_rulings_of_the_space_along() -> None:
    """A connection that merely ends leaves them."""
    world, item = await asking_world()
    await answer(world.deployment, world.record.id, AnswerRequest(item=item, choice="different"), by="somebody")

    await purge(world.deployment, PurgeRequest(connection=world.record.id))

    space = world.deployment.settings.pipeliner_space_id
    assert await world.deployment.store.read(Table.SPACES, space, "", AFTER_ALL_KEYS) == []
