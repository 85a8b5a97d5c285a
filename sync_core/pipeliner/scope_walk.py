"""Walking through the contacts of a user's scope: list after list, each by its own cursor."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from sync_core.domain.sides import PipelinerContact, PipelinerUser, Scope, in_scope
from sync_core.engine.ports import ScopePage
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.mapping import ContactView
from sync_core.pipeliner.ownership import EDITOR, WATCHER
from sync_core.pipeliner.paging import ordered, read_page, where
from sync_core.pipeliner.records import expanded, flag_of
from sync_core.pipeliner.targets import CONTACTS, SHARING

_OWNED, _SHARED, _UNIT = 0, 1, 2


@dataclass(frozen=True, slots=True, order=True)
class Phase:
    """One list of the walk: `kind` and the role or unit that it is about; phases go in this order."""

    kind: int
    what: str = ""


def phases(user: PipelinerUser, scope: Scope) -> list[Phase]:
    """Lists that together hold the whole scope."""
    found = [Phase(_OWNED)]
    if scope is not Scope.OWNED:
        found.append(Phase(_SHARED, str(EDITOR)))
    if scope is Scope.VISIBLE:
        found += [Phase(_SHARED, str(WATCHER)), *(Phase(_UNIT, unit_id) for unit_id in user.unit_ids)]
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the walk stands; travels as opaque text."""

    phase: Phase
    cursor: str | None = None

    def text(self) -> str:
        """Write it down."""
        return json.dumps([self.phase.kind, self.phase.what, self.cursor])

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what `text` wrote; raises ValueError for anything else."""
        kind, what, cursor = json.loads(text)
        return cls(Phase(int(kind), str(what)), cursor)


async def scope_page(
    client: PipelinerClient, view: ContactView, user: PipelinerUser, scope: Scope, after: str | None
) -> ScopePage:
    """Read one page of the walk; a page may be empty although more follow."""
    walk = phases(user, scope)
    here = Position.parse(after) if after else Position(walk[0])
    contacts, cursor = await _phase_page(client, view, user, here)
    kept = tuple(contact for contact in contacts if not contact.is_deleted and in_scope(contact.ownership, user, scope))
    if cursor is not None:
        return ScopePage(kept, Position(here.phase, cursor).text())
    following = next((phase for phase in walk if phase > here.phase), None)
    return ScopePage(kept, Position(following).text() if following else None)


async def _phase_page(
    client: PipelinerClient, view: ContactView, user: PipelinerUser, here: Position
) -> tuple[list[PipelinerContact], str | None]:
    if here.phase.kind == _SHARED:
        return await _shared_page(client, view, user, here)
    name, value = ("owner_id", user.id) if here.phase.kind == _OWNED else ("unit_id", here.phase.what)
    page = await read_page(client, CONTACTS, (*where(name, value), *ordered("id"), *view.query()), here.cursor)
    return [view.contact(record) for record in page], page.after


async def _shared_page(
    client: PipelinerClient, view: ContactView, user: PipelinerUser, here: Position
) -> tuple[list[PipelinerContact], str | None]:
    """Read contacts through their sharing relations, leaving out the user's own, which come first anyway."""
    query = (*where("client_id", user.id), *where("role", here.phase.what), *ordered("id"), *view.query("contact."))
    page = await read_page(client, SHARING, query, here.cursor)
    shown = [expanded(relation, "contact") for relation in page if not flag_of(relation, "is_deleted")]
    contacts = [_shared(view.contact(record), user, here.phase) for record in shown if record is not None]
    return [contact for contact in contacts if contact.ownership.owner_id != user.id], page.after


def _shared(contact: PipelinerContact, user: PipelinerUser, phase: Phase) -> PipelinerContact:
    """Trust the relation that led here over what the contact itself shows of it."""
    ownership = contact.ownership
    if phase.what == str(EDITOR):
        ownership = replace(ownership, editor_ids=ownership.editor_ids | {user.id})
    else:
        ownership = replace(ownership, watcher_ids=ownership.watcher_ids | {user.id})
    return replace(contact, ownership=ownership)
