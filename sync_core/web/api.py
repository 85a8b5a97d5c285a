"""The HTTP API: each endpoint is a function from the deployment and a request to an answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from sync_core.doctor.examination import examine
from sync_core.errors import InvalidRequest, NotFound, SyncError
from sync_core.operations import asking, connecting, nightly, purging, views
from sync_core.operations.ports import Operator
from sync_core.state.store import Table
from sync_core.web.access import check_settings_change, visible_to
from sync_core.web.door import Door
from sync_core.web.exchange import Answer, Request, empty_answer, json_answer, json_object
from sync_core.web.problems import problem_answer

Endpoint = Callable[[Operator, Request], Awaitable[Answer]]

PREFIX = "/api"
TRIGGER = "http"
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_TEXT = 600
"""Characters of a text in the query; Graph's ids, the longest, have some 150."""
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class SyncRequest(BaseModel):
    """What a manual sync is asked with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: str = "delta"


async def respond(endpoint: Endpoint, operator: Callable[[], Operator], request: Request, door: Door) -> Answer:
    """Answer a request through an endpoint; any error becomes a problem. `operator` gives the built deployment."""
    try:
        built, admitted = await door.admit(endpoint.__name__, operator, request)
        if endpoint is read_health and not admitted.caller.is_administrator:
            return await read_probe(built, admitted)
        return await endpoint(built, admitted)
    except Exception as error:  # noqa: BLE001 - the answer to an error is a problem, whatever the error is
        return problem_answer(error, request)


async def connect(operator: Operator, request: Request) -> Answer:
    """POST /connections: 201 and the new connection."""
    wanted = connecting.parse_request(connecting.ConnectRequest, json_object(request))
    record = await connecting.connect(operator, wanted)
    location = {"Location": f"{PREFIX}/connections/{record.id}"}
    return json_answer(HTTPStatus.CREATED, views.connection_view(record), location)


async def list_connections(operator: Operator, request: Request) -> Answer:
    """GET /connections?limit=&after=: connections in order of their ids, and where the next ones are."""
    limit, after = _limit(request), _text(request, "after")
    known = [record for record in await operator.registry.all() if visible_to(request.caller, record)]
    records = [record for record in known if record.id > after]
    page = records[:limit]
    rest = f"{PREFIX}/connections?{urlencode({'limit': limit, 'after': page[-1].id})}" if len(records) > limit else None
    return json_answer(HTTPStatus.OK, {"items": [views.connection_view(record) for record in page], "next": rest})


async def read_connection(operator: Operator, request: Request) -> Answer:
    """GET /connections/{id}: the connection and how its sync stands."""
    record = await operator.registry.get(_connection_id(request))
    status = await operator.reader(record.id).status()
    return json_answer(HTTPStatus.OK, {**views.connection_view(record), "sync": views.status_view(status)})


async def change_connection(operator: Operator, request: Request) -> Answer:
    """PATCH /connections/{id}: new settings, pause or resume; what is left out stays."""
    change = connecting.parse_request(connecting.ConnectionChange, json_object(request))
    if not change.model_fields_set:
        raise InvalidRequest(["body: changes nothing; give settings, status or both"])
    if "settings" in change.model_fields_set:
        check_settings_change(request.caller)
    record = await connecting.change(operator, _connection_id(request), change)
    return json_answer(HTTPStatus.OK, views.connection_view(record))


async def disconnect(operator: Operator, request: Request) -> Answer:
    """DELETE /connections/{id}: the sync's memory goes, the contacts stay; `?contacts=remove` takes back our own.

    204, or 202 with what is left while it is not finished; it then goes on by itself.
    """
    wish = request.query.get("contacts", "keep")
    if wish not in {"keep", "remove"}:
        raise InvalidRequest(["contacts: must be keep or remove"])
    ended = await connecting.disconnect(operator, _connection_id(request), remove_contacts=wish == "remove")
    if ended.is_finished:
        return empty_answer()
    return json_answer(HTTPStatus.ACCEPTED, {"cleared": asdict(ended.cleared)})


async def retry_set_aside(operator: Operator, request: Request) -> Answer:
    """POST /connections/{id}/retry: 202; contacts that were set aside are tried again."""
    count = await nightly.retry_set_aside(operator, _connection_id(request))
    return json_answer(HTTPStatus.ACCEPTED, {"retried": count})


async def request_sync(operator: Operator, request: Request) -> Answer:
    """POST /connections/{id}/sync: 202, the queued run, and where to look after it."""
    wanted = connecting.parse_request(SyncRequest, json_object(request, optional=True))
    run = await asking.request_sync(operator, _connection_id(request), wanted.mode, TRIGGER)
    return json_answer(HTTPStatus.ACCEPTED, views.run_view(run), {"Location": f"{PREFIX}/runs/{run.id}"})


async def approve_removals(operator: Operator, request: Request) -> Answer:
    """POST /connections/{id}/approve: 202; the next pass carries out the removals that were held back."""
    connection_id = _connection_id(request)
    await asking.approve_removals(operator, connection_id)
    location = f"{PREFIX}/connections/{connection_id}"
    return json_answer(HTTPStatus.ACCEPTED, {"connection_id": connection_id, "approved": True}, {"Location": location})


async def read_history(operator: Operator, request: Request) -> Answer:
    """GET /connections/{id}/history?limit=&before=&contact=: newest first, and where the earlier entries are."""
    limit, before, contact = _limit(request), _text(request, "before") or None, _text(request, "contact")
    record = await operator.registry.get(_connection_id(request))
    try:
        found = await operator.reader(record.id).history(limit + 1, before, contact)
    except NotFound:
        raise InvalidRequest(["before: is no id of a history entry; follow next of an earlier answer"]) from None
    rest = None
    if len(found) > limit:
        query = {"limit": str(limit), "before": found[limit - 1].id} | ({"contact": contact} if contact else {})
        rest = f"{PREFIX}/connections/{record.id}/history?{urlencode(query)}"
    return json_answer(HTTPStatus.OK, {"items": [views.recorded_view(item) for item in found[:limit]], "next": rest})


async def read_attention(operator: Operator, request: Request) -> Answer:
    """GET /connections/{id}/attention?limit=: what waits for a person, the longest waiting first, and how many."""
    limit = _limit(request)
    record = await operator.registry.get(_connection_id(request))
    items = await operator.reader(record.id).attention()
    content = {"items": [views.attention_view(item) for item in items[:limit]], "total": len(items)}
    return json_answer(HTTPStatus.OK, content)


async def read_run(operator: Operator, request: Request) -> Answer:
    """GET /runs/{id}: how a run stands."""
    run_id = request.route.get("run_id", "")
    if not _RUN_ID.fullmatch(run_id):
        raise NotFound("there is no run of this id; POST /connections/{id}/sync answers where to look")
    return json_answer(HTTPStatus.OK, views.run_view(await asking.find_run(operator, run_id)))


async def read_health(operator: Operator, request: Request) -> Answer:
    """GET /health: 200 when all that the sync depends on answers, else 503; `?deep=1` examines everything."""
    if request.query.get("deep") == "1":
        content = (await examine(operator)).as_json()
    else:
        content = views.health_view(await asking.check_health(operator))
    return json_answer(HTTPStatus.OK if content["ok"] else HTTPStatus.SERVICE_UNAVAILABLE, content)


async def purge(operator: Operator, request: Request) -> Answer:
    """POST /purge: 200 and what was erased of a connection or a person, and what is left (nothing, when proved).

    Whom it concerns stands in the body: addresses of requests are written into logs.
    """
    wanted = connecting.parse_request(purging.PurgeRequest, json_object(request))
    return json_answer(HTTPStatus.OK, views.purged_view(await purging.purge(operator, wanted)))


async def read_probe(operator: Operator, _request: Request) -> Answer:
    """GET /health for anybody else: whether the app runs and its state answers, and no word more.

    Neither service is asked: a stranger shall not be able to use up what they allow.
    """
    try:
        await operator.store.get(Table.CONNECTIONS, "connections", "health")
    except SyncError:
        return json_answer(HTTPStatus.SERVICE_UNAVAILABLE, {"ok": False})
    return json_answer(HTTPStatus.OK, {"ok": True})


def _connection_id(request: Request) -> str:
    connection_id = request.route.get("connection_id", "")
    if not _CONNECTION_ID.fullmatch(connection_id):
        raise NotFound("there is no connection of this id: list the connections to see their ids")
    return connection_id


def _text(request: Request, name: str) -> str:
    """Read a text of the query; none is the empty one."""
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
