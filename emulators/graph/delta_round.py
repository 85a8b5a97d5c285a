"""What one round of change tracking tells: which contacts changed or left a folder, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from emulators.graph.contact import Contact
from emulators.graph.folders import Folder, FolderChange
from emulators.graph.mailbox import Mailbox
from emulators.graph.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Round:
    """The changes to tell, and the place in the folder's log from which the next round goes on."""

    entries: Sequence[FolderChange]
    end: int


def first_round(tenant: Tenant, mailbox: Mailbox, folder: Folder) -> Round:
    """Tell everything that is in the folder."""
    end = _visible_end(tenant, folder)
    now = tenant.clock.peek()
    if end == len(folder.log):
        present = [FolderChange(contact, now) for contact in folder.listing]
    else:
        present = _present_at(folder.log[:end])
    share = tenant.switches.delta_omitted_share
    kept = [entry for entry in present if not share or tenant.rng.random() >= share]
    return Round(_disturbed(tenant, mailbox, kept), end)


def later_round(tenant: Tenant, mailbox: Mailbox, folder: Folder, start: int, *, immutable: bool) -> Round:
    """Tell what happened since place `start` of the folder's log, each contact once, as it is now."""
    end = max(start, _visible_end(tenant, folder))
    switches = tenant.switches
    fresh = folder.log[start:end]
    latest = latest_of(fresh, immutable=immutable, lose_returned=switches.delta_loses_returned)
    if not switches.delta_short_lived_told:
        born = {change.contact.key for change in fresh if change.born}
        latest = [change for change in latest if not (change.gone and change.contact.key in born)]
    told = {change.contact.key for change in fresh}
    before = latest_of(folder.log[max(0, start - switches.delta_replays) : start], immutable=immutable)
    replayed = [change for change in before if change.contact.key not in told]
    return Round(_disturbed(tenant, mailbox, [*replayed, *latest]), end)


def latest_of(changes: Iterable[FolderChange], *, immutable: bool, lose_returned: bool = False) -> list[FolderChange]:
    """Last change of each id. A contact moved away and back stays removed, if the service loses such returns.

    Only immutable ids show that loss: with default ids the returned contact has another id.
    """
    latest: dict[str, FolderChange] = {}
    for change in changes:
        name = change.contact.id_as(immutable=immutable)
        known = latest.get(name)
        if immutable and lose_returned and change.moved_in and known is not None and known.gone:
            continue
        latest.pop(name, None)
        latest[name] = change
    return list(latest.values())


def current(mailbox: Mailbox, folder: Folder, entry: FolderChange) -> FolderChange | None:
    """Entry as the store is at this moment; None when the contact has left meanwhile."""
    if entry.gone:
        return entry
    contact = mailbox.get(entry.contact.key)
    if contact is None or contact.folder_id != folder.id:
        return None
    return replace(entry, contact=contact)


def _visible_end(tenant: Tenant, folder: Folder) -> int:
    end = len(folder.log)
    delay_s = tenant.switches.delta_visibility_delay_s
    if delay_s:
        horizon = tenant.clock.peek() - timedelta(seconds=delay_s)
        while end and folder.log[end - 1].at > horizon:
            end -= 1
    return end


def _present_at(changes: Iterable[FolderChange]) -> list[FolderChange]:
    present: dict[int, FolderChange] = {}
    for change in changes:
        present.pop(change.contact.key, None)
        if not change.gone:
            present[change.contact.key] = change
    return list(present.values())


def _disturbed(tenant: Tenant, mailbox: Mailbox, entries: list[FolderChange]) -> list[FolderChange]:
    switches = tenant.switches
    share = switches.delta_duplicate_share
    repeated = [entry for entry in entries if share and tenant.rng.random() < share]
    phantoms = [_phantom(tenant, mailbox) for _ in range(switches.delta_phantom_removals)]
    told = [*entries, *repeated, *phantoms]
    if switches.delta_shuffled:
        tenant.rng.shuffle(told)
    return told


def _phantom(tenant: Tenant, mailbox: Mailbox) -> FolderChange:
    now = tenant.clock.peek()
    nobody = Contact(0, mailbox.new_ids(), "", "", now, now, {}, {})
    return FolderChange(nobody, now, gone=True)
