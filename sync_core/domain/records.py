"""What the sync writes down for people: history, attention items and runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side, Value


class Action(StrEnum):
    """What was done to a contact."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    REMOVED = "removed"
    LINKED = "linked"
    DORMANT = "rested"
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

    action: Action
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
    COUNTERPART_UNCLEAR = "twin_unclear"
    COUNTERPART_OUT_OF_SCOPE = "twin_out_of_scope"
    COUNTERPART_DELETED = "twin_deleted"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    DELETES_AWAIT_APPROVAL = "deletes_held"
    CHANGES_AWAIT_APPROVAL = "changes_held"
    KEEPS_FAILING = "keeps_failing"
    KEEPS_CHANGING = "keeps_changing"
    POISON = "poison"
    PAUSED = "paused"
    DOUBLE = "double"
    TYPED_OVER = "typed_over"
    MERGED_ELSEWHERE = "merged_elsewhere"
    COPIED_CARD = "copied_card"
    LINK_CONTRADICTS = "link_contradicts"
    VALUES_REPLACED = "values_replaced"
    VALUES_CROSSED = "values_crossed"
    CREATES_AWAIT_APPROVAL = "creates_held"
    ERASED = "erased"
    CREATE_UNRESOLVED = "create_unresolved"
    READ_ONLY = "read_only"
    RIGHTS_UNKNOWN = "rights_unknown"
    MAY_NOT_CREATE = "may_not_create"
    NOTE_CUT = "note_cut"


class Choice(StrEnum):
    """What a person may answer to an attention item; the codes are stable."""

    SAME = "same"
    DIFFERENT = "different"
    SHARED_IDENTIFIER = "shared_identifier"
    COPY = "copy"
    BRING_BACK = "bring_back"
    PUT_BACK = "put_back"
    KEEP = "keep"
    LATER = "later"
    KEEP_MINE = "keep_mine"
    TAKE_THEIRS = "take_theirs"
    ACCEPT = "accept"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """Something that waits for a person: `message` says what is wrong, `remedy` what to do; neither holds values.

    `candidates` are the contacts of the other side that a question is about, `evidence` codes of what speaks for and
    against. `chosen` is the answer of a person that the next run has to carry out, for all or for the `named`
    candidates, `later` when they put it off.
    """

    subject: str
    reason: Reason
    message: str
    remedy: str
    outlook_id: OutlookId | None = None
    pipeliner_id: PipelinerId | None = None
    link_id: LinkId | None = None
    fields: tuple[str, ...] = ()
    since: datetime | None = None
    choices: tuple[Choice, ...] = ()
    candidates: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    chosen: Choice | None = None
    named: tuple[str, ...] = ()
    later: datetime | None = None

    @property
    def question(self) -> tuple[Reason, tuple[str, ...]]:
        """Return what the item is about: as long as that stays, a person's answer to it stands."""
        return self.reason, self.candidates

    @property
    def is_question(self) -> bool:
        """Whether it asks who a contact is, by what other contacts show: when these change it is asked anew."""
        return self.reason is Reason.COUNTERPART_OUT_OF_SCOPE or (
            bool(self.candidates) and self.reason not in {Reason.VALUES_REPLACED, Reason.VALUES_CROSSED}
        )

    @property
    def asks_about(self) -> frozenset[PipelinerId]:
        """Return the Pipeliner contacts that an item puts beside a card: who of them may be its person."""
        if not self.is_question or self.subject.startswith(pipeliner_subject(PipelinerId(""))):
            return frozenset()
        others = [self.pipeliner_id] if self.pipeliner_id and self.link_id is None else []
        return frozenset((*others, *map(PipelinerId, self.candidates)))

    def amended_by(self, item: AttentionItem) -> AttentionItem:
        """Return it with the choices and the remedy of another one; an answer that is not offered any more is none."""
        chosen = self.chosen if self.chosen in item.choices else None
        return replace(self, choices=item.choices, remedy=item.remedy, chosen=chosen)

    def after(self, earlier: AttentionItem | None, now: datetime) -> AttentionItem:
        """Return it as it follows an earlier one: the same fault keeps its time, the same question its answer too.

        What is read only grows by the fields that were edited since, and an answer from before them is none to them.
        """
        if earlier is None or earlier.reason is not self.reason:
            return replace(self, since=self.since or now)
        since = earlier.since or self.since or now
        if self.reason is Reason.READ_ONLY:
            return replace(self, since=since, fields=tuple(sorted({*earlier.fields, *self.fields})))
        if earlier.question != self.question:
            return replace(self, since=since)
        named = self.named if self.chosen else earlier.named
        later = self.later or earlier.later
        return replace(self, since=since, chosen=self.chosen or earlier.chosen, named=named, later=later)


CONNECTION_SUBJECT = "connection"
AWAITING_REMOVALS_SUBJECT = "held:removals"
AWAITING_CHANGES_SUBJECT = "held:changes"
AWAITING_CREATES_SUBJECT = "held:creates"
RIGHTS_SUBJECT = "rights"
"""Of the item that a space's rights are not known; equal in each connection."""


def replaced_subject(run_id: str) -> str:
    """Subject of the values that lost in a run, when contacts were paired."""
    return f"replaced:{run_id}"


def run_of_replaced(subject: str) -> str:
    """Return the run whose lost values a subject stands for."""
    return subject.removeprefix(replaced_subject(""))


def parted_subject(link_id: LinkId) -> str:
    """Subject of the values that went from one to the other of two contacts that a person has parted."""
    return f"parted:{link_id}"


def read_only_subject(link_id: LinkId) -> str:
    """Subject of the edits of a linked contact that its user may not make in Pipeliner."""
    return f"read_only:{link_id}"


def outlook_subject(outlook_id: OutlookId) -> str:
    """Subject of an Outlook contact that has no link."""
    return f"outlook:{outlook_id}"


def pipeliner_subject(pipeliner_id: PipelinerId) -> str:
    """Subject of a Pipeliner contact that has no link."""
    return f"pipeliner:{pipeliner_id}"


def create_subject(link_id: LinkId) -> str:
    """Subject of a create of unknown outcome, by the link that will come of it."""
    return f"create:{link_id}"


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


class RunMode(StrEnum):
    """What a run does: read what has changed, read everything, or repair the rows and then read everything.

    A recovery finds out what came of creates that were cut off, and does nothing else, paused or not.

    A reconciliation also brings a disconnecting that broke off to its end. 0.1 called it sweep. Clearing the folder
    of a connection that ends and erasing a person are no syncs, but are kept among the runs.
    """

    DELTA = "delta"
    FULL = "full"
    RECONCILE = "reconcile"
    CLEAR = "clear"
    PURGE = "purge"
    RECOVER = "recover"

    @classmethod
    def _missing_(cls, value: object) -> RunMode | None:
        return cls.RECONCILE if value == "sweep" else None


class Trigger(StrEnum):
    """What asked for a run. 0.1 called the reconciliation's sweep."""

    TIMER = "timer"
    HTTP = "http"
    COMMAND = "command"
    CONNECT = "connect"
    CHANGE = "change"
    APPROVE = "approve"
    RETRY = "retry"
    ANSWER = "answer"
    CONTINUE = "continue"
    RECONCILE = "reconcile"
    DISCONNECT = "disconnect"
    PURGE = "purge"
    BROKEN_OFF = "broken_off"
    RECOVER = "recover"

    @classmethod
    def _missing_(cls, value: object) -> Trigger | None:
        return cls.RECONCILE if value == "sweep" else None


@dataclass(slots=True)
class RunCounts:
    """What one run did, as counts."""

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
    awaiting_approval: int = 0

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
    """The record of one run."""

    id: str
    connection_id: str
    trigger: Trigger
    mode: RunMode
    state: RunState
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    message: str = ""
