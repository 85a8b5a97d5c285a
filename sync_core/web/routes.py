"""The HTTP API as one table: which way leads to which endpoint, who may go it, and what it takes.

The functions, who may do what, and the documents follow from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType

from pydantic import BaseModel

from sync_core.operations import (
    AnswerRequest,
    ConnectionChange,
    ConnectRequest,
    Deployment,
    LinkRequest,
    PurgeRequest,
    SpaceChange,
    UnlinkRequest,
)
from sync_core.web import api
from sync_core.web.access import Who
from sync_core.web.admission import Admission
from sync_core.web.exchange import Answer, Request
from sync_core.web.problems import problem_answer

Endpoint = Callable[[Deployment, Request], Awaitable[Answer]]


class Method(StrEnum):
    """What a request wants to do."""

    GET = "GET"
    POST = "POST"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Route:
    """One way of the API, below `/api`. `body` and `query` say what a request may hold, `answers` how success looks.

    Who is let in only as anybody (`Who.ANYBODY`) gets the answer of `for_others`; `limits` are in words for documents.
    """

    method: Method
    path: str
    who: Who
    handler: Endpoint
    summary: str
    body: type[BaseModel] | None = None
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    answers: HTTPStatus = HTTPStatus.OK
    for_others: Endpoint | None = None
    limits: str = ""

    @property
    def name(self) -> str:
        """Name of the function in Azure, which is the endpoint's."""
        return self.handler.__name__


_LIMIT = {"limit": f"how many at most, 1 to {api.MAX_LIMIT}; {api.DEFAULT_LIMIT} unless given"}
_ONE = "connections/{connection_id}"

ROUTES = (
    Route(
        Method.POST,
        "connections",
        Who.ONESELF,
        api.connect,
        "Connect a mailbox with a Pipeliner user.",
        body=ConnectRequest,
        answers=HTTPStatus.CREATED,
        limits="the mailbox and the Pipeliner user of the sign-in, and stricter settings, only",
    ),
    Route(
        Method.GET,
        "connections",
        Who.OWN_LIST,
        api.list_connections,
        "List the connections.",
        query={**_LIMIT, "after": "id of the connection after which the page begins"},
    ),
    Route(Method.GET, _ONE, Who.OWN_STATUS, api.read_connection, "Show a connection and how its sync stands."),
    Route(
        Method.PATCH,
        _ONE,
        Who.OWN_CONNECTION,
        api.change_connection,
        "Change a connection's settings, pause or resume it.",
        body=ConnectionChange,
        limits="pause, resume, and settings in the stricter direction (settings.md), unless locked",
    ),
    Route(
        Method.DELETE,
        _ONE,
        Who.ADMINISTRATORS,
        api.disconnect,
        "End a connection.",
        query={"contacts": "keep, or remove: whether those go that the sync created in Outlook"},
        answers=HTTPStatus.NO_CONTENT,
    ),
    Route(
        Method.POST,
        f"{_ONE}/sync",
        Who.OWN_CONNECTION,
        api.request_sync,
        "Ask for a run.",
        body=api.SyncRequest,
        answers=HTTPStatus.ACCEPTED,
    ),
    Route(
        Method.POST,
        f"{_ONE}/approve",
        Who.OWN_CONNECTION,
        api.approve_removals,
        "Approve the removals, changes and creates that are held back.",
        answers=HTTPStatus.ACCEPTED,
    ),
    Route(
        Method.POST,
        f"{_ONE}/retry",
        Who.OWN_CONNECTION,
        api.retry_set_aside,
        "Try contacts again that were set aside.",
        answers=HTTPStatus.ACCEPTED,
    ),
    Route(
        Method.GET,
        f"{_ONE}/history",
        Who.OWN_CONNECTION,
        api.read_history,
        "Show what was changed, newest first.",
        query={
            **_LIMIT,
            "before": "id of the entry after which the page begins, into the past",
            "contact": "only of this contact (Outlook, Pipeliner or link id)",
        },
    ),
    Route(
        Method.GET,
        f"{_ONE}/attention",
        Who.OWN_CONNECTION,
        api.read_attention,
        "Show what waits for a person.",
        query=_LIMIT,
    ),
    Route(
        Method.POST,
        f"{_ONE}/answers",
        Who.OWN_CONNECTION,
        api.answer_item,
        "Answer an attention item, or all that ask the same.",
        body=AnswerRequest,
        answers=HTTPStatus.ACCEPTED,
        limits="not for the whole space",
    ),
    Route(
        Method.GET,
        f"{_ONE}/answers",
        Who.OWN_CONNECTION,
        api.list_answers,
        "Show what was decided about who is who, newest first.",
        query=_LIMIT,
    ),
    Route(
        Method.DELETE,
        f"{_ONE}/answers/{{ruling_id}}",
        Who.OWN_CONNECTION,
        api.forget_answer,
        "Take a decision back, so that its question is open again.",
        answers=HTTPStatus.ACCEPTED,
        limits="none that binds the whole space",
    ),
    Route(
        Method.POST,
        f"{_ONE}/link",
        Who.OWN_CONNECTION,
        api.link_contacts,
        "Say that two contacts are the same person; the next run links them.",
        body=LinkRequest,
        answers=HTTPStatus.ACCEPTED,
    ),
    Route(
        Method.POST,
        f"{_ONE}/unlink",
        Who.OWN_CONNECTION,
        api.unlink_contact,
        "Say that a linked pair is wrong; the next run parts it, and both contacts stay.",
        body=UnlinkRequest,
        answers=HTTPStatus.ACCEPTED,
    ),
    Route(Method.GET, "runs/{run_id}", Who.OWN_RUN, api.read_run, "Show how a run stands."),
    Route(
        Method.GET,
        "health",
        Who.ANYBODY,
        api.read_health,
        "Return whether all that the sync depends on answers.",
        query={"deep": "1 examines everything, as the command doctor does"},
        for_others=api.read_probe,
    ),
    Route(
        Method.POST,
        "purge",
        Who.ADMINISTRATORS,
        api.purge,
        "Erase what is stored of a connection or a person.",
        body=PurgeRequest,
    ),
    Route(
        Method.GET,
        "duplicates",
        Who.ADMINISTRATORS,
        api.list_duplicates,
        "List contacts that were created beside one that the connection's user may not see.",
        query=_LIMIT,
    ),
    Route(
        Method.GET,
        "erased",
        Who.ADMINISTRATORS,
        api.list_erased,
        "List the people who were erased, by rows that name nobody.",
        query=_LIMIT,
    ),
    Route(
        Method.DELETE,
        "erased/{erased_id}",
        Who.ADMINISTRATORS,
        api.lift_erased,
        "Let contacts be created again for a person who was erased.",
    ),
    Route(Method.GET, "space", Who.AUDITORS, api.read_space, "Show what counts for the whole space."),
    Route(
        Method.PATCH,
        "space",
        Who.ADMINISTRATORS,
        api.change_space,
        "Change what counts for the whole space, stop everything, or let it go on.",
        body=SpaceChange,
    ),
    Route(
        Method.GET,
        "audit",
        Who.AUDITORS,
        api.read_audit,
        "Show who did what on the sync, newest first.",
        query={**_LIMIT, "before": "place of the entry after which the page begins, into the past"},
    ),
)
"""Every way of the API; there is no other way in."""

BY_NAME: Mapping[str, Route] = MappingProxyType({route.name: route for route in ROUTES})


async def respond(route: Route, deployment: Callable[[], Deployment], request: Request, admission: Admission) -> Answer:
    """Answer a request that came along a route; any error becomes a problem. `deployment` builds or finds it."""
    try:
        built, admitted = await admission.admit(route.who, deployment, request, route.name)
        built = built.acting_for(admitted.caller.actor)
        if route.for_others is not None and not admitted.caller.is_administrator:
            return await route.for_others(built, admitted)
        return await route.handler(built, admitted)
    except Exception as error:  # noqa: BLE001 - the answer to an error is a problem, whatever the error is
        return problem_answer(error, request)
