"""`$batch`: up to twenty requests in one, each answered, throttled and repeated on its own (json-batching.md).

A create is sent again only when the service says that it did not try; everything else may be done twice without harm
and is repeated while tries and waiting time last. What the last answer to a write then says of its contact is judged
here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, assert_never

from sync_core.engine.ports import Deleted, OutcomeUnknown, OutlookOutcome, Refused, Stale, Unfinished
from sync_core.errors import LeaseLost, RunStopped, ServiceUnavailable, SyncError, Throttled
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
    """Last answer to a part; status 0 when none came. `may_be_done`: some try of it may have had its effect.

    `of_whole` says that the batch got it, and none of its parts.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    may_be_done: bool = False
    of_whole: bool = False

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

    Waits and repeats as said above, within MAX_TRIES and MAX_WAIT_S. A batch that falls as a whole while the folder
    answers falls because of a member: it is sent in halves until the bad one is alone. Raises what concerns the batch
    as a whole and is no outage (401, 403, 400 and the like); nothing was done then.
    """
    answers = [PartAnswer() for _ in parts]
    pending = list(range(len(parts)))
    waited_s, tried, has_fallen = 0.0, 0, False
    while client.owns_lease() or all(parts[position].method == "GET" for position in pending):
        try:
            told = await _send_once(client, {position: parts[position] for position in pending}, subject)
        except (Throttled, RunStopped):
            raise
        except SyncError:
            await client.check(subject)
            has_fallen = True
            break
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
    if len(pending) > 1 and all(answers[position].of_whole for position in pending):
        with suppress(SyncError):  # else nobody gets an answer, and all are alike
            await client.check(subject)
            has_fallen = True
    if not tried and not has_fallen:
        raise LeaseLost(f"the lease ended before the request was sent to: {subject}")
    for some in (pending[: len(pending) // 2], pending[len(pending) // 2 :]) if has_fallen else ():
        for position, answer in zip(some, await send_parts(client, [parts[one] for one in some], subject), strict=True):
            answers[position] = replace(answer, may_be_done=answers[position].may_be_done or answer.may_be_done)
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
    outage = PartAnswer(answer.status, answer.headers, of_whole=True)
    if not outage.is_success:
        if len(parts) == 1:  # it fell because of its only member, if not because of all
            outage = replace(outage, body=answer.json())
            return {str(position): outage for position in parts}
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
            return OutcomeUnknown(str(as_error(refusal, subject)))
        case RefusalKind.CREDENTIALS | RefusalKind.ACCESS | RefusalKind.MAILBOX_GONE:
            return as_error(refusal, subject)
        case RefusalKind.GONE | RefusalKind.NOT_FOUND:
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
            return OutcomeUnknown(str(as_error(refusal, subject)))
        case RefusalKind.THROTTLED | RefusalKind.NOT_TRIED:
            return OutcomeUnknown() if answer.may_be_done else Unfinished(refusal.retry_after_s)
        case RefusalKind.CREDENTIALS | RefusalKind.ACCESS | RefusalKind.MAILBOX_GONE | RefusalKind.NOT_FOUND:
            return as_error(refusal, subject)
        case RefusalKind.CONFLICT:
            return OutcomeUnknown() if answer.may_be_done else Stale()
        case RefusalKind.GONE:
            return Stale()
        case RefusalKind.DELTA_EXPIRED | RefusalKind.REJECTED:
            return _refused(part, refusal)
        case _ as never:
            assert_never(never)


def unread(refusal: Refusal, subject: Subject) -> PartOutcome:
    """Judge a contact that could not be read right before its update."""
    if refusal.kind is RefusalKind.GONE:
        return Stale()
    is_asked_to_wait = refusal.kind in {RefusalKind.THROTTLED, RefusalKind.NOT_TRIED}
    return Unfinished(refusal.retry_after_s) if is_asked_to_wait else as_error(refusal, subject)


def deleted(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> PartOutcome:
    """Judge a delete; a contact that is not found is gone already."""
    is_gone = answer.is_success or refusal.kind is RefusalKind.GONE
    return Deleted() if is_gone else update_failed(part, answer, refusal, subject)


def by_itself(outcome: PartOutcome, *, is_alone: bool) -> PartOutcome:
    """Return what came of one contact, told as its own fault where the folder answers, else as everybody's."""
    if isinstance(outcome, OutcomeUnknown):
        return outcome if is_alone else OutcomeUnknown()
    if not is_alone:
        return outcome
    if isinstance(outcome, SyncError):
        return Unfinished(why=str(outcome))
    return replace(outcome, why="the service asked for a pause") if isinstance(outcome, Unfinished) else outcome


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
