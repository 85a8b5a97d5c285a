"""What the answer to one part of a write batch says about the contact it was for."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sync_core.engine.ports import Deleted, OutcomeUnknown, OutlookOutcome, Refused, Stale, Unfinished
from sync_core.errors import SyncError
from sync_core.outlook.batch import Part, PartAnswer
from sync_core.outlook.refusals import CONFLICTS, NOT_DONE, Refusal, Subject, as_error

Verdict = OutlookOutcome | SyncError
"""An outcome of one contact, or the error that concerns the whole call."""

_WHOLE_CALL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def contact_in(answer: PartAnswer) -> Mapping[str, Any] | None:
    """Contact that a successful answer shows, when it shows one."""
    return answer.body if isinstance(answer.body, dict) and answer.body.get("id") else None


def create_failed(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> Verdict:
    """Judge a create that gave no contact."""
    if answer.status in NOT_DONE or answer.status in CONFLICTS:
        return Unfinished(refusal.retry_after_s)
    if answer.is_unknown or answer.is_success:
        return OutcomeUnknown()
    if answer.status in _WHOLE_CALL or answer.status == HTTPStatus.NOT_FOUND:
        return as_error(refusal, subject)
    return _refused(part, refusal)


def update_failed(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> Verdict:
    """Judge an update that gave no contact.

    After a try that may have been done, a conflict may be with ourselves, and a refusal to try says nothing of it.
    """
    if answer.is_unknown or answer.is_success:
        return OutcomeUnknown()
    if answer.status in NOT_DONE:
        return OutcomeUnknown() if answer.doubtful else Unfinished(refusal.retry_after_s)
    if answer.status in _WHOLE_CALL or refusal.is_mailbox_gone:
        return as_error(refusal, subject)
    if answer.status in CONFLICTS:
        return OutcomeUnknown() if answer.doubtful else Stale()
    return Stale() if answer.status == HTTPStatus.NOT_FOUND else _refused(part, refusal)


def deleted(part: Part, answer: PartAnswer, refusal: Refusal, subject: Subject) -> Verdict:
    """Judge a delete; a contact that is not found is gone already."""
    if answer.is_success or (answer.status == HTTPStatus.NOT_FOUND and not refusal.is_mailbox_gone):
        return Deleted()
    return update_failed(part, answer, refusal, subject)


def settled(verdicts: list[Verdict]) -> list[OutlookOutcome]:
    """Turn verdicts into outcomes; raises the first error unless something is known to be done or may be.

    What was done must reach the caller, so the error waits for his next call: its contacts are Unfinished.
    """
    error = next((verdict for verdict in verdicts if isinstance(verdict, SyncError)), None)
    outcomes: list[OutlookOutcome] = [
        Unfinished() if isinstance(verdict, SyncError) else verdict for verdict in verdicts
    ]
    if error is not None and all(isinstance(outcome, Unfinished) for outcome in outcomes):
        raise error
    return outcomes


def _refused(part: Part, refusal: Refusal) -> Refused:
    fields = _blamed(part, refusal.told)
    limit = " (a value or list is over Graph's limit)" if "exceeds the max allowed value" in refusal.told else ""
    request_id = f", request-id {refusal.request_id}" if refusal.request_id else ""
    message = (
        f"Outlook refused {', '.join(fields) or 'the contact'}{limit}: {refusal.status} {refusal.code}{request_id}"
    )
    return Refused(refusal.code or str(refusal.status), message, fields)


def _blamed(part: Part, told: str) -> tuple[str, ...]:
    """Properties that Graph's text names, else all that were sent."""
    sent = sorted(part.body or ())
    named = tuple(name for name in sent if name.casefold() in told.casefold())
    return named or tuple(sent)
