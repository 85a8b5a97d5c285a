"""The endpoints of the HTTP API: each is a function from the deployment and a request to an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from sync_core.doctor import examine
from sync_core.domain import Ruling, Trigger
from sync_core.errors import InvalidRequest, NotFound, SyncError
from sync_core.operations import (
    Deployment,
    answering,
    asking,
    connecting,
    duplicates,
    ending,
    governing,
    linking,
    purging,
    questions,
    seeing,
    views,
)
from sync_core.state import place_of
from sync_core.web.access import visible_to
from sync_core.web.exchange import Answer, Request, empty_answer, json_answer, json_object

PREFIX = "/api"
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_TEXT = 600
"""Characters of a string in the query; Graph's ids, the longest, have some 150."""
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class SyncRequest(BaseModel):
    """What a manual sync is asked with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: str = "delta"


async def connect(deployment: Deployment, request: Request) -> Answer:
    """POST /connections: 201 and the new connection; of a user, the own mailbox with the user of the sign-in name."""
    given, caller = json_object(request), request.caller
    if caller.is_administrator:
        record = await connecting.connect(deployment, connecting.parse_request(connecting.ConnectRequest, given))
    else:
        wanted = connecting.parse_request(connecting.OwnConnectRequest, given)
        record = await connecting.connect_oneself(deployment, wanted, caller.object_id, caller.user_name)
    location = {"Location": f"{PREFIX}/connections/{record.id}"}
    return json_answer(HTTPStatus.CREATED, views.connection_view(record), location)


async def list_connections(deployment: Deployment, request: Request) -> Answer:
    """GET /connections?limit=&after=: connections in order of their ids, and where the next ones are."""
    limit, after = _limit(request), _text(request, "after")
    known = [record for record in await deployment.registry.all() if visible_to(request.caller, record)]
    records = [record for record in known if record.id > after]
    page = records[:limit]
    rest = f"{PREFIX}/connections?{urlencode({'limit': limit, 'after': page[-1].id})}" if len(records) > limit else None
    return json_answer(HTTPStatus.OK, {"items": [views.connection_view(record) for record in page], "next": rest})


async def read_connection(deployment: Deployment, request: Request) -> Answer:
    """GET /connections/{id}: the connection and how its sync stands."""
    record = await deployment.registry.get(_connection_id(request))
    sync = views.overview_view(await asking.overview(deployment, record))
    sync = sync and sync | {"stopped": await governing.why_stopped(deployment) or None}
    return json_answer(HTTPStatus.OK, {**views.connection_view(record), "sync": sync})


async def change_connection(deployment: Deployment, request: Request) -> Answer:
    """PATCH /connections/{id}: new settings (of a user, stricter ones), pause or resume; what is left out stays."""
    change = connecting.parse_request(connecting.ConnectionChange, json_object(request))
    if not change.model_fields_set:
        raise InvalidRequest(["body: changes nothing; give settings, status or both"])
    record = await connecting.change(deployment, _connection_id(request), change)
    return json_answer(HTTPStatus.OK, views.connection_view(record))


async def disconnect(deployment: Deployment, request: Request) -> Answer:
    """DELETE /connections/{id}: the sync's memory goes, the contacts stay; `?contacts=remove` takes back our own.

    204, or 202 with what is left while it is not finished; it then goes on by itself.
    """
    wish = request.query.get("contacts", "keep")
    if wish not in {"keep", "remove"}:
        raise InvalidRequest(["contacts: must be keep or remove"])
    ended = await ending.disconnect(deployment, _connection_id(request), remove_contacts=wish == "remove")
    if ended.is_finished:
        return empty_answer()
    return json_answer(HTTPStatus.ACCEPTED, {"cleared": asdict(ended.cleared)})


async def retry_set_aside(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/retry: 202; contacts that were set aside are tried again."""
    count = await asking.retry_set_aside(deployment, _connection_id(request))
    return json_answer(HTTPStatus.ACCEPTED, {"retried": count})


async def request_sync(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/sync: 202, the queued run, and where to look after it."""
    wanted = connecting.parse_request(SyncRequest, json_object(request, optional=True))
    run = await asking.request_sync(deployment, _connection_id(request), wanted.mode, Trigger.HTTP)
    return json_answer(HTTPStatus.ACCEPTED, views.run_view(run), {"Location": f"{PREFIX}/runs/{run.id}"})


async def approve_removals(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/approve: 202; the next run carries out what was held back."""
    connection_id = _connection_id(request)
    await asking.approve(deployment, connection_id)
    location = f"{PREFIX}/connections/{connection_id}"
    return json_answer(HTTPStatus.ACCEPTED, {"connection_id": connection_id, "approved": True}, {"Location": location})


async def read_history(deployment: Deployment, request: Request) -> Answer:
    """GET /connections/{id}/history?limit=&before=&contact=: newest first, and where the earlier entries are.

    One answer reads so much and no more: in a search it may be empty and have a next one.
    """
    limit, before, contact = _limit(request), _text(request, "before") or None, _text(request, "contact")
    record = await deployment.registry.get(_connection_id(request))
    try:
        page = await deployment.reader(record.id).history_page(limit, before, contact)
    except NotFound:
        raise InvalidRequest(["before: is no id of a history entry; follow next of an earlier answer"]) from None
    entries = page.entries
    if not request.caller.is_administrator:
        entries = await seeing.entries_shown(deployment, record, entries, contact)
    rest = None
    if page.next is not None:
        query = {"limit": str(limit), "before": page.next} | ({"contact": contact} if contact else {})
        rest = f"{PREFIX}/connections/{record.id}/history?{urlencode(query)}"
    return json_answer(HTTPStatus.OK, {"items": [views.recorded_view(item) for item in entries], "next": rest})


async def read_attention(deployment: Deployment, request: Request) -> Answer:
    """GET /connections/{id}/attention?limit=: what waits for a person, the longest waiting first, and how many."""
    limit = _limit(request)
    record = await deployment.registry.get(_connection_id(request))
    items = await asking.attention_of(deployment, record)
    shown, total = items[:limit], len(items)
    if not request.caller.is_administrator:
        shown = await seeing.items_shown(deployment, record, shown)
        total -= len(items[:limit]) - len(shown)
    named = await questions.names_of(deployment, record, shown)
    content = {"items": [views.attention_view(item, named) for item in shown], "total": total}
    return json_answer(HTTPStatus.OK, content)


async def answer_item(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/answers: 202; the ruling stands, and the next run does what it says."""
    wanted = connecting.parse_request(answering.AnswerRequest, json_object(request))
    connection_id = _connection_id(request)
    answered = await answering.answer(
        deployment, connection_id, wanted, by=request.caller.ruler, for_user=not request.caller.is_administrator
    )
    return json_answer(HTTPStatus.ACCEPTED, views.answered_view(answered))


async def list_answers(deployment: Deployment, request: Request) -> Answer:
    """GET /connections/{id}/answers?limit=: what was decided in the connection's mailbox, newest first, how many."""
    limit = _limit(request)
    rulings = await answering.rulings_of(deployment, _connection_id(request))
    shown = await _rulings_shown(deployment, request, rulings[:limit])
    content = {"items": [views.ruling_view(ruling) for ruling in shown], "total": len(rulings)}
    return json_answer(HTTPStatus.OK, content)


async def forget_answer(deployment: Deployment, request: Request) -> Answer:
    """DELETE /connections/{id}/answers/{ruling}: 202 and the ruling; its question is open again."""
    ruling_id = request.route.get("ruling_id", "")
    if not _RUN_ID.fullmatch(ruling_id):
        raise NotFound("there is no ruling of this id; GET /connections/{id}/answers lists them")
    forgotten = await answering.forget_ruling(
        deployment, _connection_id(request), ruling_id, may_bind_space=request.caller.is_administrator
    )
    (shown,) = await _rulings_shown(deployment, request, [forgotten])
    return json_answer(HTTPStatus.ACCEPTED, views.ruling_view(shown))


async def _rulings_shown(deployment: Deployment, request: Request, rulings: Sequence[Ruling]) -> Sequence[Ruling]:
    if request.caller.is_administrator or not rulings:
        return rulings
    return await seeing.rulings_shown(deployment, await deployment.registry.get(_connection_id(request)), rulings)


async def link_contacts(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/link: 202 and the ruling that two contacts are one person; the next run links them."""
    wanted = connecting.parse_request(linking.LinkRequest, json_object(request))
    connection_id, by = _connection_id(request), request.caller.ruler
    ruling = await linking.link_contacts(deployment, connection_id, wanted.outlook, wanted.pipeliner, by=by)
    return json_answer(HTTPStatus.ACCEPTED, {"ruling": ruling})


async def unlink_contact(deployment: Deployment, request: Request) -> Answer:
    """POST /connections/{id}/unlink: 202 and the ruling that a pair is wrong; the next run parts it, and both stay."""
    wanted = connecting.parse_request(linking.UnlinkRequest, json_object(request))
    connection_id, by = _connection_id(request), request.caller.ruler
    ruling = await linking.unlink_contact(deployment, connection_id, wanted.contact, by=by)
    return json_answer(HTTPStatus.ACCEPTED, {"ruling": ruling})


async def read_run(deployment: Deployment, request: Request) -> Answer:
    """GET /runs/{id}: how a run stands."""
    run_id = request.route.get("run_id", "")
    if not _RUN_ID.fullmatch(run_id):
        raise NotFound("there is no run of this id; POST /connections/{id}/sync answers where to look")
    return json_answer(HTTPStatus.OK, views.run_view(await asking.find_run(deployment, run_id)))


async def read_health(deployment: Deployment, request: Request) -> Answer:
    """GET /health: 200 when all that the sync depends on answers, else 503; `?deep=1` examines everything."""
    if request.query.get("deep") == "1":
        content = (await examine(deployment)).as_json()
    else:
        content = views.health_view(await asking.check_health(deployment))
    return json_answer(HTTPStatus.OK if content["ok"] else HTTPStatus.SERVICE_UNAVAILABLE, content)


async def purge(deployment: Deployment, request: Request) -> Answer:
    """POST /purge: 200 and what was erased of a connection or a person, and what is left (nothing, when proved).

    Whom it concerns stands in the body: addresses of requests are written into logs.
    """
    wanted = connecting.parse_request(purging.PurgeRequest, json_object(request))
    purged = await purging.purge(deployment, wanted, by=request.caller.ruler)
    return json_answer(HTTPStatus.OK, views.purged_view(purged))


async def list_duplicates(deployment: Deployment, request: Request) -> Answer:
    """GET /duplicates?limit=: contacts that were created beside one that the user may not see, by their ids."""
    found = await duplicates.possible_duplicates(deployment, _limit(request))
    return json_answer(HTTPStatus.OK, {"items": [views.duplicate_view(one) for one in found]})


async def list_erased(deployment: Deployment, request: Request) -> Answer:
    """GET /erased?limit=: the rows of people who were erased, the latest first, and how many; they name nobody."""
    limit = _limit(request)
    people = await purging.erased_people(deployment).all()
    content = {"items": [views.erased_view(one) for one in people[:limit]], "total": len(people)}
    return json_answer(HTTPStatus.OK, content)


async def lift_erased(deployment: Deployment, request: Request) -> Answer:
    """DELETE /erased/{id}: 200 and the row that was lifted; contacts of this person may be created again."""
    erased_id = request.route.get("erased_id", "")
    if not _RUN_ID.fullmatch(erased_id):
        raise NotFound("nobody was erased under this id; GET /erased lists the ids")
    return json_answer(HTTPStatus.OK, views.erased_view(await purging.lift_erased(deployment, erased_id)))


async def read_space(deployment: Deployment, _request: Request) -> Answer:
    """GET /space: what counts for the whole space, and whether everything is stopped."""
    return json_answer(HTTPStatus.OK, views.space_view(await deployment.registry.space()))


async def change_space(deployment: Deployment, request: Request) -> Answer:
    """PATCH /space: values, locks, how rights are read; `status` stops everything, or lets it go on."""
    wanted = connecting.parse_request(governing.SpaceChange, json_object(request))
    if not wanted.model_fields_set:
        raise InvalidRequest(["body: changes nothing; give settings, lock, unlock, rights or status"])
    return json_answer(HTTPStatus.OK, views.space_view(await governing.change_space(deployment, wanted)))


async def read_audit(deployment: Deployment, request: Request) -> Answer:
    """GET /audit?limit=&before=: who did what, newest first, and where the earlier entries are."""
    limit, before = _limit(request), _text(request, "before")
    entries = await deployment.audit.page(limit + 1, before)
    rest = None
    if len(entries) > limit:
        rest = f"{PREFIX}/audit?{urlencode({'limit': limit, 'before': place_of(entries[limit - 1])})}"
    items = [views.audit_view(entry) for entry in entries[:limit]]
    return json_answer(HTTPStatus.OK, {"items": items, "next": rest})


async def read_probe(deployment: Deployment, _request: Request) -> Answer:
    """GET /health for anybody else: whether the app runs and its state answers, and no word more.

    Neither service is asked: a stranger shall not be able to use up what they allow.
    """
    try:
        await asking.ask_state(deployment)
    except SyncError:
        return json_answer(HTTPStatus.SERVICE_UNAVAILABLE, {"ok": False})
    return json_answer(HTTPStatus.OK, {"ok": True})


def _connection_id(request: Request) -> str:
    connection_id = request.route.get("connection_id", "")
    if not _CONNECTION_ID.fullmatch(connection_id):
        raise NotFound("there is no connection of this id: list the connections to see their ids")
    return connection_id


def _text(request: Request, name: str) -> str:
    """Read a string of the query; none is the empty one."""
    given = request.query.get(name, "")
    if len(given) > MAX_TEXT or not given.isprintable():
        raise InvalidRequest([f"{name}: must be at most {MAX_TEXT} visible characters"])
    return given


def _limit(request: Request) -> int:
    given = request.query.get("limit", str(DEFAULT_LIMIT))
    is_number = given.isascii() and given.isdecimal() and len(given) <= len(str(MAX_LIMIT))
    if not is_number or not 1 <= int(given) <= MAX_LIMIT:
        raise InvalidRequest([f"limit: must be a number from 1 to {MAX_LIMIT}"])
    return int(given)
