"""Whether anything was left behind, forgotten, told, or done in vain."""

from __future__ import annotations

from collections.abc import Iterator

from sync_core.domain import Action, Link, Scope, Side, SyncType
from tests.battery.simulation.evidence import Evidence, Held
from tests.battery.simulation.witness import EDITOR


def nothing_left_behind(evidence: Evidence) -> Iterator[str]:
    """No open create, no lease, no work without a time or an approval to wait for; the link count is right."""
    for held in evidence.connections:
        rows = held.rows
        if rows.intents:
            yield f"{len(rows.intents)} open creates in {held.record.id}"
        if rows.holder:
            yield f"the lease of {held.record.id} is still held"
        if rows.unasked:
            yield f"{len(rows.unasked)} contacts still wait in {held.record.id}"
        if rows.links_counted != len(rows.links):
            yield f"{held.record.id} counts {rows.links_counted} links but has {len(rows.links)}"


def links_are_consistent(evidence: Evidence) -> Iterator[str]:
    """Every link has its two index rows and every index row its link; no contact is in two links."""
    for held in evidence.connections:
        wanted = {
            Side.OUTLOOK: {str(link.outlook_id): key for key, link in held.rows.links.items()},
            Side.PIPELINER: {str(link.pipeliner_id): key for key, link in held.rows.links.items()},
        }
        for side in Side:
            if wanted[side] != dict(held.rows.index[side]):
                yield f"{held.record.id}: links and {side.value} index differ"
            if len(wanted[side]) != len(held.rows.links):
                yield f"{held.record.id}: two links share a contact in {side.value}"


def every_contact_is_cared_for(evidence: Evidence) -> Iterator[str]:
    """A contact in a connected folder or in a connection's scope is linked, or an item says why not."""
    for held in evidence.connections:
        rows, sync_type = held.rows, held.record.settings.sync_type
        known = {str(item.outlook_id) for item in rows.attention} | {str(item.pipeliner_id) for item in rows.attention}
        known |= {candidate for item in rows.attention for candidate in item.candidates}
        known |= rows.index[Side.OUTLOOK].keys() | rows.index[Side.PIPELINER].keys()
        for item in evidence.shown:
            is_here = item.place == held.record.folder_id and sync_type is not SyncType.TO_OUTLOOK
            is_ours = item.side == "pipeliner" and not item.is_veiled and sync_type is not SyncType.TO_PIPELINER
            is_left_out = evidence.chronicle.being(item.name).is_left_out
            if item.id not in known and not is_left_out and (is_here or (is_ours and _covers(evidence, held, item.id))):
                yield f"{item.name} in {item.side} has neither a link nor an explanation in {held.record.id}"
        for link in rows.links.values():
            yield from _dangling(evidence, held, link)


def _dangling(evidence: Evidence, held: Held, link: Link) -> Iterator[str]:
    outlook = next((item for item in evidence.shown if item.id == link.outlook_id), None)
    pipeliner = next((item for item in evidence.shown if item.id == link.pipeliner_id), None)
    is_in_folder = outlook is not None and outlook.place == held.record.folder_id
    is_in_scope = pipeliner is not None and _covers(evidence, held, pipeliner.id)
    is_linked = not link.is_dormant and not (link.absent is not None and held.rows.asked_about(link))
    if is_linked and not is_in_folder:
        yield f"a link of {held.record.id} has no contact in its folder and is not dormant"
    if is_linked and pipeliner is None:
        yield f"a link of {held.record.id} has no contact in Pipeliner and is not dormant"
    elif (
        is_linked
        and not is_in_scope
        and not held.rows.asked_about(link)
        and held.record.settings.sync_type.reaches(Side.OUTLOOK)
    ):
        yield f"a link of {held.record.id} is out of its scope and is not dormant"
    if not is_linked and is_in_folder and is_in_scope and pipeliner is not None and not pipeliner.is_veiled:
        yield f"a link of {held.record.id} is dormant although both contacts are in their places"


def _covers(evidence: Evidence, held: Held, contact_id: str) -> bool:
    """Whether a contact is in a connection's scope, read from the space itself."""
    space, user_id, scope = evidence.office.crm.space, held.record.user_id, held.record.settings.scope
    row = space.latest("Contacts").rows[contact_id]
    if row.values.get("owner_id") == user_id or scope is Scope.OWNED:
        return bool(row.values.get("owner_id") == user_id)
    shares = space.latest("ContactSharingClientRelations").live("contact_id", contact_id)
    roles = {share.values.get("role") for share in shares if share.values.get("client_id") == user_id}
    if EDITOR in roles or scope is Scope.OWNED_OR_EDITABLE:
        return EDITOR in roles
    return evidence.office.moments.witness.may_see(user_id, contact_id)


def nothing_is_told(evidence: Evidence) -> Iterator[str]:
    """No log line, run message or attention text holds a value of a contact."""
    told = [*evidence.log_lines]
    for held in evidence.connections:
        told.extend(held.run_messages)
        told.append(held.record.message)
        told.extend(f"{item.message} {item.remedy}" for item in held.rows.attention)
    for line in told:
        folded = line.casefold()
        if any(canary in folded for canary in evidence.chronicle.canaries):
            yield f"a value of a contact stands in {line!r}"


def effort_is_bounded(evidence: Evidence) -> Iterator[str]:
    """Requests follow changes, faults, runs and ticks; writes follow changes and faults."""
    office, deployment = evidence.office, evidence.deployment
    people = len(evidence.chronicle.beings) * len(evidence.connections)
    changes = sum(evidence.chronicle.actions.values()) + people
    troubles = office.graph.faults.fired + office.crm.faults.fired + sum(office.moments.noted.values())
    most_writes = 6 * changes * len(evidence.connections) + 12 * troubles + 10
    if office.moments.writes > most_writes:
        yield f"{office.moments.writes} writes for {changes} changes and {troubles} troubles"
    most = 16 * (evidence.chronicle.runs + deployment.ticks) + 30 * changes + 30 * troubles
    if office.moments.requests.total() > most:
        yield f"{office.moments.requests.total()} requests for {changes} changes and {troubles} troubles"


def the_log_says_what_was_done(evidence: Evidence) -> Iterator[str]:
    """A contact that the sync removed is in the history with its values."""
    for held in evidence.connections:
        for recorded in held.history:
            entry = recorded.entry
            if entry.action in {Action.DELETED, Action.REMOVED} and not entry.changes:
                yield f"a removal in {held.record.id} kept no values"
