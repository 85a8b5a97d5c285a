"""`$batch`: up to twenty requests in one, each answered, throttled and repeated on its own (json-batching.md).

A create is sent again only when the service says that it did not try; everything else may be done twice without harm
and is repeated while tries and waiting time last. What the last answer to a write then says of its contact is judged
here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, assert_never

from sync_core.engine.ports import Deleted, OutcomeUnknown, OutlookOutcome, Refused, Stale, Unfinished
from sync_core.errors import LeaseLost, ServiceUnavailable, SyncError
from sync_core.http import Answer, backoff_s, retry_after_s
from sync_core.outlook.client import BATCH, JSON_TYPE, PREFER_IDS, PREFER_PAGES, GraphClient
from sync_core.outlook.refusals import (
    CONFLICTS,
    NOT_DONE,
    Refusal,
    RefusalKind,
    Subject,
    as_error,
    is_outage,
    refusal_of,
)

PartOutcome = OutlookOutcome | SyncError
"""An outcome of one contact, or the error that concerns the whole call."""

MAX_PARTS = 20
MAX_TRIES = 4
MAX_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch. `address` is relative; `etag` becomes If-Match."""

    method: str
    address: str
    body: Mapping[str, Any] | None = None
    etag: str = ""

    @property
    def is_create(self) -> bool:
        """Whether doing it twice would make two of it."""
        return self.method == "POST"


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """Last answer to a part; status 0 when none came. `may_be_done`: some try of it may have had its effect."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    may_be_done: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the part was done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_unknown(self) -> bool:
        """Whether the part may have been done or not."""
        return not self.is_success and is_outage(self.status)


async def send_parts(client: GraphClient, parts: Sequence[Part], subject: Subject) -> list[PartAnswer]:
    """Send at most MAX_PARTS parts as one batch and return their answers in order.

    Waits and repeats as said above, within MAX_TRIES and MAX_WAIT_S. Raises what concerns the batch as a whole
    and is no outage (401, 403, 400 and the like); nothing was done then.
    """
    answers = [PartAnswer() for _ in parts]
    pending = list(range(len(parts)))
    waited_s, tried = 0.0, 0
    while client.owns_lease() or all(parts[position].method == "GET" for position in pending):
        told = await _send_once(client, {position: parts[position] for position in pending}, subject)
        tried += 1
        for position in pending:
            latest = told.get(str(position), PartAnswer())
            answers[position] = replace(latest, may_be_done=answers[position].may_be_done or latest.is_unknown)
        pending = [position for position in pending if _may_repeat(parts[position], answers[position])]
        if not pending or tried == MAX_TRIES:
            break
        now = client.clock.now()
        waits = [retry_after_s(answers[position].headers, now) for position in pending]
        longest = max((wait for wait in waits if wait is not None), default=None)
        pause_s = longest if longest is not None else backoff_s(tried, client.jitter())
        if waited_s + pause_s > MAX_WAIT_S:
            break
        await client.clock.sleep(pause_s)
        waited_s += pause_s
    if not tried:
        raise LeaseLost(f"the lease ended before the request was sent to: {subject}")
    return answers


async def send_all(client: GraphClient, parts: Sequence[Part], subject: Subject) -> list[PartAnswer]:
    """Send any number of parts, one batch after another, and return their answers in order."""
    answers: list[PartAnswer] = []
    for start in range(0, len(parts), MAX_PARTS):
        answers += await send_parts(client, parts[start : start + MAX_PARTS], subject)
    return answers


async def _send_once(client: GraphClient, parts: Mapping[int, Part], subject: Subject) -> dict[str, PartAnswer]:
    """Return the answers by part; an outage of the whole is one of every part."""
    requests: list[dict[str, Any]] = []
    for position, part in parts.items():
        headers = {"Prefer": PREFER_PAGES if part.method == "GET" else PREFER_IDS}
        headers |= {"If-Match": part.etag} if part.etag else {}
        headers |= {"Content-Type": JSON_TYPE} if part.body is not None else {}
        content = {"body": part.body} if part.body is not None else {}
        requests.append({"id": str(position), "method": part.method, "url": part.address, "headers": headers} | content)
    try:
        answer = await client.post(BATCH, {"requests": requests})
    except ServiceUnavailable:
        answer = Answer(0)
    outage = PartAnswer(answer.status, answer.headers)
    if not outage.is_success:
        if not outage.is_unknown and answer.status not in NOT_DONE:
            raise client.refused(answer, subject)
        return {str(position): outage for position in parts}
    body = answer.json()
    responses = body.get("responses") if isinstance(body, dict) else None
    told: dict[str, PartAnswer] = {}
    for item in (item for item in responses or () if isinstance(item, dict)):
        told_headers, status = item.get("headers"), item.get("status")
        given = told_headers.items() if isinstance(told_headers, dict) else ()
        plain = {"date": answer.headers.get("date", ""), **{str(name).lower(): str(value) for name, value in given}}
        told[str(item.get("id"))] = PartAnswer(status if isinstance(status, int) else 0, plain, item.get("body"))
    return told


def _may_repeat(part: Part, answer: PartAnswer) -> bool:
    is_read_in_conflict = part.method == "GET" and answer.status in CONFLICTS
    return answer.status in NOT_DONE or is_read_in_conflict or (answer.is_unknown and not part.is_create)


def refusal_in(answer: PartAnswer, client: GraphClient) -> Refusal:
    """Read the refusal of a part."""
    return refusal_of(answer.status, answer.headers, answer.body, client.clock.now())


def error_in(answer: PartAnswer, client: GraphClient, subject: Subject) -> SyncError:
    """Error that a part's answer would be if it were the whole request's."""
    return as_error(refusal_in(answer, client), subject)


def contact_in(answer: PartAnswer) -> Mapping[str, Any] | None:
    """Contact that a successful answer shows, when it shows one."""
    return answer.body if isinstance(answer.body, dict) and answer.body.get("id") else None


def create_failed(part: Part, refusal: Refusal, subject: Subject) -> PartOutcome:
    """Judge a create that gave no contact."""
    match refusal.kind:
        case RefusalKind.THROTTLED | RefusalKind.NOT_TRIED | RefusalKind.CONFLICT:
            return Unfinished(refusal.retry_after_s)
        case RefusalKind.OUTAGE:
            return OutcomeUnknown()
        case RefusalKind.CREDENTIALS | RefusalKind.ACCESS | RefusalKind.MAILBOX_GONE | RefusalKind.NOT_FOUND:
            return as_error(refusal, subject)
        case RefusalKind.DELTA_EXPIRED | RefusalKind.REJECTED:
            return _refused(part, refusal)
        case _ as never:
            assert_never(never)


def update_failed(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> PartOutcome:
    """Judge an update that gave no contact.

    After a try that may have been done, a conflict may be with ourselves, and a refusal to try says nothing of it.
    """
    match refusal.kind:
        case RefusalKind.OUTAGE:
            return OutcomeUnknown()
        case RefusalKind.THROTTLED | RefusalKind.NOT_TRIED:
            return OutcomeUnknown() if answer.may_be_done else Unfinished(refusal.retry_after_s)
        case RefusalKind.CREDENTIALS | RefusalKind.ACCESS | RefusalKind.MAILBOX_GONE:
            return as_error(refusal, subject)
        case RefusalKind.CONFLICT:
            return OutcomeUnknown() if answer.may_be_done else Stale()
        case RefusalKind.NOT_FOUND:
            return Stale()
        case RefusalKind.DELTA_EXPIRED | RefusalKind.REJECTED:
            return _refused(part, refusal)
        case _ as never:
            assert_never(never)


def deleted(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> PartOutcome:
    """Judge a delete; a contact that is not found is gone already."""
    is_gone = answer.status == HTTPStatus.NOT_FOUND and refusal.kind is not RefusalKind.MAILBOX_GONE
    return Deleted() if answer.is_success or is_gone else update_failed(part, answer, refusal, subject)


def to_outcomes(results: Sequence[PartOutcome]) -> list[OutlookOutcome]:
    """Turn results into outcomes; raises the first error unless something is known to be done or may be.

    What was done must reach the caller, so the error waits for their next call: its contacts are Unfinished.
    """
    error = next((result for result in results if isinstance(result, SyncError)), None)
    outcomes: list[OutlookOutcome] = [Unfinished() if isinstance(result, SyncError) else result for result in results]
    if error is not None and all(isinstance(outcome, Unfinished) for outcome in outcomes):
        raise error
    return outcomes


def _refused(part: Part, refusal: Refusal) -> Refused:
    """Name the properties that Graph's text names, else all that were sent."""
    sent = sorted(part.body or ())
    fields = tuple(name for name in sent if name.casefold() in refusal.told.casefold()) or tuple(sent)
    limit = " (a value or list is over Graph's limit)" if "exceeds the max allowed value" in refusal.told else ""
    request_id = f", request-id {refusal.request_id}" if refusal.request_id else ""
    message = (
        f"Outlook refused {', '.join(fields) or 'the contact'}{limit}: {refusal.status} {refusal.code}{request_id}"
    )
    return Refused(refusal.code or str(refusal.status), message, fields)
