"""What the sync writes down for people: history, attention items and runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side, Value


class Deed(StrEnum):
    """What was done to a contact."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    REMOVED = "removed"
    LINKED = "linked"
    RESTED = "rested"
    ENDED = "ended"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's value before and after; for a conflict the loser's and the winner's value."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change, where it was made and why. Of a deleted contact `changes` hold every value that it had."""

    deed: Deed
    side: Side | None
    link_id: LinkId
    outlook_id: OutlookId | None = None
    pipeliner_id: PipelinerId | None = None
    changes: tuple[FieldChange, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A history entry with the run that made it and its time."""

    id: str
    at: datetime
    run_id: str
    entry: HistoryEntry


class Reason(StrEnum):
    """Why a contact, or a whole connection, cannot be synced."""

    REQUIRED_FIELD = "required_field"
    REFUSED = "refused"
    NAME_MISSING = "name_missing"
    EMPTY_CONTACT = "empty_contact"
    TWIN_UNCLEAR = "twin_unclear"
    TWIN_OUT_OF_SCOPE = "twin_out_of_scope"
    TWIN_DELETED = "twin_deleted"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    DELETES_HELD = "deletes_held"
    CHANGES_HELD = "changes_held"
    KEEPS_FAILING = "keeps_failing"
    KEEPS_CHANGING = "keeps_changing"
    POISON = "poison"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """Something that waits for a person: `message` says what is wrong, `remedy` the way out; neither holds values."""

    subject: str
    reason: Reason
    message: str
    remedy: str
    outlook_id: OutlookId | None = None
    pipeliner_id: PipelinerId | None = None
    link_id: LinkId | None = None
    fields: tuple[str, ...] = ()
    since: datetime | None = None


CONNECTION_SUBJECT = "connection"
HELD_REMOVALS_SUBJECT = "held:removals"
HELD_CHANGES_SUBJECT = "held:changes"


def outlook_subject(outlook_id: OutlookId) -> str:
    """Subject of an Outlook contact that has no link."""
    return f"outlook:{outlook_id}"


def pipeliner_subject(pipeliner_id: PipelinerId) -> str:
    """Subject of a Pipeliner contact that has no link."""
    return f"pipeliner:{pipeliner_id}"


def link_subject(link_id: LinkId) -> str:
    """Subject of a linked contact."""
    return f"link:{link_id}"


class RunState(StrEnum):
    """How far a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CONTINUES = "continues"
    FAILED = "failed"


@dataclass(slots=True)
class RunCounts:
    """What one pass did, as counts."""

    created_in_outlook: int = 0
    created_in_pipeliner: int = 0
    updated_in_outlook: int = 0
    updated_in_pipeliner: int = 0
    deleted_in_outlook: int = 0
    deleted_in_pipeliner: int = 0
    linked: int = 0
    conflicts: int = 0
    echoes: int = 0
    attention: int = 0
    held: int = 0

    @property
    def writes(self) -> int:
        """Writes to the two services."""
        return (
            self.created_in_outlook
            + self.created_in_pipeliner
            + self.updated_in_outlook
            + self.updated_in_pipeliner
            + self.deleted_in_outlook
            + self.deleted_in_pipeliner
        )


@dataclass(frozen=True, slots=True)
class Run:
    """The record of one pass."""

    id: str
    connection_id: str
    trigger: str
    mode: str
    state: RunState
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    message: str = ""
