"""What each side shows of a contact at one moment, and what may be in a connection's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync_core.domain.contact import Contact, OutlookId, PipelinerId, UserId


@dataclass(frozen=True, slots=True)
class OutlookContact:
    """A contact as Outlook showed it. `stored_id` is known only when it was asked for (delta cannot ask)."""

    id: OutlookId
    change_key: str
    contact: Contact
    folder_id: str = ""
    modified: datetime | None = None
    stored_id: PipelinerId | None = None


class ShareMode(StrEnum):
    """Who sees a Pipeliner record beside its owner (`share_mode`)."""

    STANDARD = "standard"
    PRIVATE = "private"
    ALL_VIEW = "all_view"
    ALL_EDIT = "all_edit"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who has a Pipeliner contact: what decides on a connection's scope."""

    owner_id: UserId
    editor_ids: frozenset[UserId] = frozenset()
    watcher_ids: frozenset[UserId] = frozenset()
    unit_id: str = ""
    share_mode: ShareMode = ShareMode.STANDARD


@dataclass(frozen=True, slots=True)
class PipelinerContact:
    """A contact as Pipeliner showed it; `revision` is an equality token only."""

    id: PipelinerId
    revision: int
    modified: datetime
    contact: Contact
    ownership: Ownership
    account_id: str = ""
    is_deleted: bool = False
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class PipelinerUser:
    """A Pipeliner user (`Clients`) and the sales units that he belongs to."""

    id: UserId
    email: str
    name: str
    default_unit_id: str = ""
    unit_ids: frozenset[str] = frozenset()


class Scope(StrEnum):
    """Which Pipeliner contacts a connection covers."""

    OWNED = "owned"
    OWNED_OR_EDITABLE = "owned_or_editable"
    VISIBLE = "visible"


def in_scope(ownership: Ownership, user: PipelinerUser, scope: Scope) -> bool:
    """Whether a contact belongs into that user's Outlook folder. Deleted contacts are the caller's matter."""
    if ownership.owner_id == user.id:
        return True
    if scope is Scope.OWNED:
        return False
    if user.id in ownership.editor_ids:
        return True
    if scope is Scope.OWNED_OR_EDITABLE:
        return False
    if user.id in ownership.watcher_ids:
        return True
    return ownership.unit_id in user.unit_ids and ownership.share_mode is not ShareMode.PRIVATE
