"""What Pipeliner answers: what a whole answer means, in our own errors, and single values of the records in it.

Two error shapes are known (`{success, code, name, message, http_status, ...}` and
`{status, message, errorcode, traceback}`), beside pages that are no JSON. Pipeliner's `message` may quote a
contact's values, so only statuses, code names and field names pass through here.

Unset text is "", unset ids are null, ids ignore case. Times are always UTC (developers.pipelinersales.com, "Dates").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from sync_core.engine.ports import Refused
from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    RequestRejected,
    ServiceUnavailable,
    SpaceGone,
    Throttled,
)
from sync_core.http import LONGEST_CODE, Answer, half_character, is_id, retry_after_s, safe_name, segment

Record = Mapping[str, Any]
Read = TypeVar("Read")

CONTACTS = "Contacts"
ACCOUNTS = "Accounts"
ACCOUNT_RELATIONS = "ContactAccountRelations"
SHARING = "ContactSharingClientRelations"
SHARING_UNITS = "ContactSharingSalesUnitRelations"
CLIENTS = "Clients"
MEMBERSHIPS = "SalesUnitClientRelations"
UNITS = "SalesUnits"
ROLES = "MasterRights"
FIELD_PERMISSIONS = "FieldPermissions"
FIELDS = "Fields"

UNKNOWN_TYPE = "ERROR_UNKNOWN_TYPE"
_LONGEST_FIELD_NAME = 100
_SUCCESSES = range(200, 300)
_REDIRECTS = range(300, 400)
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_REFUSALS = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: a collection, one record of it, or an action on it (`batch-modify`).

    As a string it may stand in an error message.
    """

    entity: str
    record_id: str = ""
    action: str = ""

    @property
    def path(self) -> str:
        """Path below the space."""
        if self.record_id and not is_id(self.record_id):
            raise RequestRejected(f"what was to be asked for among {self.entity} has no id", 0, "no_id")
        last = self.record_id or self.action
        return f"/entities/{self.entity}" + (f"/{segment(last)}" if last else "")

    def __str__(self) -> str:
        return self.path.removeprefix("/entities/")


@dataclass(frozen=True, slots=True)
class Done:
    """The request was carried out; `body` is the whole answer."""

    body: Record

    @property
    def data(self) -> Any:
        """What the answer is about."""
        return self.body.get("data")

    @property
    def record(self) -> Record:
        """The record that the answer shows; raises ServiceUnavailable when it shows none."""
        data = self.body.get("data")
        if isinstance(data, dict) and text_of(data, "id"):
            return data
        raise ServiceUnavailable("Pipeliner's answer shows no record")


@dataclass(frozen=True, slots=True)
class NotThere:
    """There is no record of that id."""


Result = Done | NotThere | Refused


def read_answer(answer: Answer, method: str, target: Target, now: datetime) -> Result:
    """Return what an answer means; raises the error that concerns the whole call.

    404 of a collection means that the space is gone, 404 of a record that only the record is, provided that
    Pipeliner's own error shape says so: another shape comes from outside the entity and so from the space.
    """
    content = answer.json()
    body = content if isinstance(content, dict) else None
    status = answer.status
    if body is not None and status in _SUCCESSES and body.get("success") is False:
        status = max(number_of(body, "http_status"), HTTPStatus.BAD_REQUEST)
    if body is not None and status in _SUCCESSES:
        return Done(body)
    what = f"{method} {target}"
    _raise_for_status(status, what, target.entity, retry_after_s(answer.headers, now))
    if body is None:
        raise ServiceUnavailable(f"Pipeliner answered {what} with a page that is not JSON (status {status})")
    if status == HTTPStatus.NOT_FOUND and text_of(body, "name") == UNKNOWN_TYPE:
        raise RequestRejected(f"Pipeliner does not know the entity of {what}", status, UNKNOWN_TYPE)
    if status == HTTPStatus.NOT_FOUND and target.record_id and body.get("success") is False:
        return NotThere()
    if status == HTTPStatus.NOT_FOUND:
        raise SpaceGone("the Pipeliner space does not exist under this service URL (404); check its id and the URL")
    if status in _REFUSALS:
        return refusal(body)
    code = _safe_name(body, "name")
    raise RequestRejected(f"Pipeliner rejected {what}: status {status} {code}".rstrip(), status, code)


def _raise_for_status(status: int, what: str, entity: str, wait_s: float | None) -> None:
    """Raise what the status alone decides, whatever the body."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(f"Pipeliner asked for a pause at {what}", wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY:
        raise ServiceUnavailable(f"Pipeliner failed at {what}: status {status}", wait_s)
    if status == HTTPStatus.UNAUTHORIZED:
        raise CredentialsRejected("Pipeliner refused the API token and password of the space")
    if status == HTTPStatus.FORBIDDEN:
        raise AccessDenied(f"Pipeliner denied {what} (status {status}): the application lacks permission for {entity}")
    if status in _REDIRECTS:
        text = f"Pipeliner answered {what} with a redirect (status {status}), which is not followed"
        raise RequestRejected(text, status, "redirect")


def refusal(error: Record) -> Refused:
    """Read a validation error (422, or one element of a batch answer): its code and the fields it names."""
    details = [("", _safe_name(item, "name")) for item in elements(error, "entity_errors") if isinstance(item, dict)]
    for item in elements(error, "field_errors"):
        if isinstance(item, dict):
            inner = [entry for entry in elements(item, "errors") if isinstance(entry, dict)]
            codes = dict.fromkeys(_safe_name(entry, "name") for entry in inner or [item])
            details.append((_safe_name(item, "field_name"), " ".join(codes)))
    fields = tuple(dict.fromkeys(name for name, _ in details if name))
    words = ", ".join(f"{name} {code}".strip() for name, code in details) or "no field named"
    code = _safe_name(error, "name") or "refused"
    return Refused(code, f"Pipeliner refused it ({code}): {words}", fields)


def _safe_name(record: Record, key: str) -> str:
    return safe_name(text_of(record, key), _LONGEST_FIELD_NAME if key == "field_name" else LONGEST_CODE)


# Values of records


def text_of(record: Record, name: str) -> str:
    """Text of a key, "" when it is unset; numbers are written out."""
    value = record.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str):
        if not value.isascii() and half_character(value):
            raise ServiceUnavailable(f"its field {name} holds half a character (a lone surrogate), which is no text")
        return value
    try:
        return str(value) if isinstance(value, int | float) else ""
    except ValueError:  # of thousands of digits
        raise ServiceUnavailable(f"the field {name} of the record holds a number without end") from None


def id_of(record: Record, name: str = "id") -> str:
    """Id of a key in lower case, "" when it is unset."""
    return text_of(record, name).lower()


def flag_of(record: Record, name: str) -> bool:
    """Boolean of a key; unset is false."""
    return record.get(name) is True


def number_of(record: Record, name: str) -> int:
    """Whole number of a key; unset is -1."""
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def time_of(record: Record, name: str) -> datetime:
    """Time of a key: `2026-01-05 08:00:00.123456+00:00`, with `T`, without a fraction, with `Z` or without an offset.

    Raises ServiceUnavailable when it is missing or unreadable, for nothing works without.
    """
    try:
        moment = datetime.fromisoformat(text_of(record, name).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ServiceUnavailable(f"Pipeliner's record {id_of(record)} has no readable {name}") from None


def readable(records: Iterable[Record], read: Callable[[Record], Read]) -> tuple[list[Read], list[str]]:
    """Read records of a list; returns also the ids of those that cannot be read, and "" of those without one."""
    found: list[Read] = []
    unread: list[str] = []
    for record in records:
        try:
            found.append(read(record))
        except ServiceUnavailable:
            shown = record.get("id")
            unread.append(shown.lower() if isinstance(shown, str) and is_id(shown) else "")
    return found, unread


def expanded(record: Record, name: str) -> Record | None:
    """Return a relation's record when it was expanded, else None."""
    value = record.get(name)
    return value if isinstance(value, dict) else None


def relation_id(record: Record, name: str) -> str:
    """Id that a relation leads to, expanded or as the URI that ends in it; "" when it is unset."""
    value = record.get(name)
    if isinstance(value, dict):
        return id_of(value)
    return value.rstrip("/").rpartition("/")[2].lower() if isinstance(value, str) else ""


def elements(record: Record, name: str) -> Iterator[Any]:
    """Elements of a list; nothing when it is none."""
    value = record.get(name)
    return iter(value if isinstance(value, list) else ())


def filter_time(moment: datetime) -> str:
    """Write a time for a filter: whole seconds, cut off (so `gte` never skips), RFC 3339 with `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
