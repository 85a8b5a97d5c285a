"""From a request to the operation it names, and from its result or error to the answer."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulators.pipeliner.batch import BatchWriter
from emulators.pipeliner.entities import ENTITIES, OF_ROLES
from emulators.pipeliner.errors import (
    ApiError,
    no_permission,
    no_route,
    not_found,
    parameter_invalid,
    unauthorized,
    unknown_type,
)
from emulators.pipeliner.list_query import flag, number, selection_from, window_from
from emulators.pipeliner.listing import Lister
from emulators.pipeliner.presentation import PLAIN, Presenter, Shape, check_shape, tree_from
from emulators.pipeliner.records import Row
from emulators.pipeliner.space import Space, Transaction, View
from emulators.pipeliner.writes import Writer
from emulators.wire import Answer, Request, json_answer

PREFIX = ("api", "v100", "rest", "spaces")
DEFAULT_BASE_URL = "https://emulated.api.pipelinersales.com"
Result = tuple[int, dict[str, Any]]
Written = TypeVar("Written")


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller has to know: where the space is and its one application key."""

    space_id: str
    username: str
    password: str
    base_url: str | None


class Router:
    """Answers requests of the emulated API."""

    def __init__(self, space: Space, access: Access) -> None:
        """Serve this space."""
        self._space = space
        self._access = access
        self._lister = Lister(space)
        self._shapes: dict[tuple[int, str, str, str], Shape] = {}
        self._writer = Writer(space)
        self._batch = BatchWriter(space, self._writer)
        token = base64.b64encode(f"{access.username}:{access.password}".encode()).decode()
        self._authorization = f"Basic {token}"

    def answer(self, request: Request) -> Answer:
        """Carry out one request; never raises for anything a client can send."""
        try:
            status, body = self._dispatch(request)
        except ApiError as error:
            return json_answer(error.status, error.body, error.headers)
        return json_answer(status, body)

    def _dispatch(self, request: Request) -> Result:
        segments = request.segments
        if segments[:4] != PREFIX or len(segments) < 5:
            raise no_route()
        if request.headers.get("authorization") != self._authorization:
            raise unauthorized()
        if segments[4] != self._access.space_id or segments[5:6] != ("entities",) or not 7 <= len(segments) <= 8:
            raise no_route()
        plural, rest = segments[6], segments[7:]
        if plural not in ENTITIES:
            raise unknown_type(plural)
        if plural in OF_ROLES and not self._space.switches.roles_readable:
            raise no_permission(plural)
        if rest and rest[0] in ENTITIES[plural].verbs:
            return self._on_batch(request, plural, rest[0])
        if rest:
            return self._on_record(request, plural, rest[0])
        if request.method == "GET":
            return self._list(request, plural)
        if request.method == "POST":
            return self._create(request, plural)
        raise no_route(405)

    def _on_record(self, request: Request, plural: str, row_id: str) -> Result:
        if request.method == "GET":
            return self._get(request, plural, row_id)
        if request.method == "PATCH":
            return self._update(request, plural, row_id)
        if request.method == "DELETE":
            _level(request)
            row = self._write(lambda work: self._writer.delete(work, plural, row_id))
            return 200, {"success": True, "data": row.id}
        raise no_route(405)

    def _list(self, request: Request, plural: str) -> Result:
        parameters = request.parameters
        selection = selection_from(self._space, plural, parameters)
        window = window_from(self._space, parameters)
        shape = self._shape(request, plural)
        page = self._lister.page(selection, window)
        presenter = self._presenter(request, self._space.listed)
        body: dict[str, Any] = {"success": True, "total": page.total}
        if not window.is_legacy:
            body["page_info"] = {
                "start_cursor": page.start_cursor,
                "end_cursor": page.end_cursor,
                "has_previous_page": page.has_previous,
                "has_next_page": page.has_next,
            }
        body["data"] = [presenter.show(plural, row, shape) for row in page.rows]
        return 200, body

    def _get(self, request: Request, plural: str, row_id: str) -> Result:
        switches = self._space.switches
        row = self._space.any_row(plural, row_id)
        shape, with_deleted = PLAIN, switches.get_deleted == "accept"
        if switches.get_takes_parameters:
            shape = self._shape(request, plural)
            with_deleted = with_deleted or flag(request.parameters, "include-deleted")
        if row is None or (row.is_deleted and not with_deleted):
            raise not_found(ENTITIES[plural].singular, row_id)
        return 200, self._record(request, plural, row, shape)

    def _create(self, request: Request, plural: str) -> Result:
        body, level = _body(request), _level(request)
        row = self._write(lambda work: self._writer.create(work, plural, body, level))
        return 201, self._record(request, plural, row)

    def _update(self, request: Request, plural: str, row_id: str) -> Result:
        body, level = _body(request), _level(request)
        target = self._writer.target(plural, row_id)
        row = self._write(lambda work: self._writer.update(work, plural, target, body, level))
        return 200, self._record(request, plural, row)

    def _on_batch(self, request: Request, plural: str, verb: str) -> Result:
        if request.method != "POST":
            raise no_route(405)
        body, level = _body(request), _level(request)
        rollback = number(request.parameters, "rollback-method") or 0
        if verb == "merge":
            row = self._write(lambda work: self._batch.merge(work, plural, body))
            return 200, self._record(request, plural, row)
        if verb == "batch-modify":
            done = self._write(lambda work: self._batch.modify(work, plural, body, level, rollback))
        else:
            done = self._write(lambda work: self._batch.delete(work, plural, body, rollback))
        return 200, {"success": True, "data": done}

    def _write(self, act: Callable[[Transaction], Written]) -> Written:
        work = Transaction(self._space)
        try:
            result = act(work)
        except ApiError:
            work.undo_to({})
            raise
        work.commit()
        return result

    def _record(self, request: Request, plural: str, row: Row, shape: Shape = PLAIN) -> dict[str, Any]:
        latest = self._space.latest(plural).rows[row.id]
        shown = self._presenter(request, self._space.latest).show(plural, latest, shape)
        return {"success": True, "data": shown}

    def _shape(self, request: Request, plural: str) -> Shape:
        """Return the shape that a request asks for; one that was right stays so until there are other fields."""
        parameters = request.parameters
        asked = self._space.schema, plural, parameters.get("expand", ""), parameters.get("load-only", "")
        if asked not in self._shapes:
            shape = Shape(tree_from(asked[2]), tree_from(asked[3]))
            check_shape(self._space, plural, shape)
            self._shapes[asked] = shape
        return self._shapes[asked]

    def _presenter(self, request: Request, view: View) -> Presenter:
        host = request.headers.get("host")
        base_url = self._access.base_url or (f"http://{host}" if host else DEFAULT_BASE_URL)
        root = f"{base_url}/{'/'.join(PREFIX)}/{self._access.space_id}"
        return Presenter(self._space, view, root, _zone(request))


def _zone(request: Request) -> tzinfo:
    name = request.headers.get("timezone")
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise parameter_invalid("unknown time zone") from error


def _body(request: Request) -> Any:
    try:
        return request.json()
    except ValueError as error:
        raise parameter_invalid("Missing or invalid JSON data.") from error


def _level(request: Request) -> int:
    return number(request.parameters, "validation-level") or 0
