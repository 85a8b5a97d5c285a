"""Outlook contacts without a link: find the twin in the space, or create it in Pipeliner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.domain.contact import PipelinerId
from sync_core.domain.fields import EMAILS, GIVEN_NAME, SURNAME
from sync_core.domain.matching import NoTwin, Twin, TwinIndex, Unclear, Verdict, find_twin, traits
from sync_core.domain.planning import plan_create_in_pipeliner, reason_against_create
from sync_core.domain.records import AttentionItem, Reason, outlook_subject
from sync_core.domain.sides import OutlookContact, PipelinerContact, in_scope
from sync_core.engine.carrying import Job, job
from sync_core.engine.context import PassContext
from sync_core.engine.newcomers import Matched, Unlinked, match_in_folder
from sync_core.engine.notices import unclear_notice, uncreated_notice
from sync_core.engine.observing import Pair, plan_pairs
from sync_core.engine.state_port import OutlookWork, Unit

SLOTS_PER_ADDRESS = 5
"""Requests that one look-up of an address costs: one per e-mail slot of Pipeliner."""
PAGE = 100
"""Contacts that one page of the space holds."""


@dataclass(frozen=True, slots=True)
class SpaceSearch:
    """How candidates are found: by look-ups, or in an index of the whole space when that is fewer requests."""

    index: TwinIndex[PipelinerId] | None
    siblings: Unlinked


async def open_search(context: PassContext, strangers: Sequence[OutlookWork]) -> SpaceSearch:
    """Choose the cheaper way for so many contacts."""
    siblings = Unlinked()
    for item in strangers:
        siblings.add(item)
    lookups = sum(SLOTS_PER_ADDRESS * len(item.traits.emails) + 1 for item in strangers if item.traits)
    if lookups <= PAGE or lookups <= await context.contacts.count() / PAGE:
        return SpaceSearch(None, siblings)
    index: TwinIndex[PipelinerId] = TwinIndex()
    after: str | None = None
    while True:
        page = await context.contacts.match_page(after)
        for contact in page.contacts:
            index.add(contact.id, traits(contact.contact))
        if page.after is None:
            return SpaceSearch(index, siblings)
        after = page.after


async def match_in_space(context: PassContext, search: SpaceSearch, strangers: Sequence[OutlookWork]) -> Matched:
    """Pair, create, or say why neither is possible."""
    contacts = await context.folder.read([item.id for item in strangers]) if strangers else {}
    jobs: list[Job] = []
    units: list[Unit] = []
    pairs: list[Pair] = []
    taken: set[PipelinerId] = set()
    for item in strangers:
        contact = contacts.get(item.id)
        if contact is None or contact.folder_id != context.folder_id:
            units.append(Unit(done_work=(item,), settled=(outlook_subject(item.id),)))
            continue
        found = await _find(context, search, contact, taken)
        if isinstance(found, PipelinerContact):
            taken.add(found.id)
            pairs.append(Pair(contact.id, found, (item,)))
        elif found is None:
            jobs.append(job(context, plan_create_in_pipeliner(context.connection, contact), (item,)))
        else:
            units.append(Unit(attention=(found,), done_work=(item,)))
    jobs.extend(await plan_pairs(context, pairs) if pairs else ())
    return Matched(tuple(jobs), tuple(units))


async def _find(
    context: PassContext, search: SpaceSearch, contact: OutlookContact, taken: set[PipelinerId]
) -> PipelinerContact | AttentionItem | None:
    """Give the twin, why there can be none, or None when there is none and the contact may be created."""
    against = reason_against_create(context.connection, contact)
    if against is Reason.EMPTY_CONTACT:
        return uncreated_notice(against, contact.id)
    by_stored_id = await _by_stored_id(context, contact, taken)
    if by_stored_id is not None:
        return by_stored_id
    candidates = await _candidates(context, search, contact, taken)
    own = traits(contact.contact)
    verdict: Verdict[PipelinerId] = find_twin(own, [(key, traits(item.contact)) for key, item in candidates.items()])
    if isinstance(verdict, NoTwin):
        return uncreated_notice(against, contact.id) if against else None
    if isinstance(verdict, Unclear):
        return unclear_notice(outlook_subject(contact.id), (contact.id,), verdict.ids)
    twin = candidates[verdict.id]
    back = await match_in_folder(context, search.siblings, twin)
    if not isinstance(back, Twin) or back.id != contact.id:
        return unclear_notice(outlook_subject(contact.id), (contact.id,), (twin.id,))
    return _in_scope_or_notice(context, contact, twin)


async def _by_stored_id(
    context: PassContext, contact: OutlookContact, taken: set[PipelinerId]
) -> PipelinerContact | AttentionItem | None:
    """Follow the stored id, unless its link already has a living contact: then this one is a person's copy."""
    stored = contact.stored_id
    if stored is None or stored in taken or await context.state.pipeliner_index([stored]):
        return None
    twin = (await context.contacts.read([stored])).get(stored)
    if twin is None:
        return None
    if twin.is_deleted:
        return uncreated_notice(Reason.TWIN_DELETED, contact.id, twin.id)
    return _in_scope_or_notice(context, contact, twin)


def _in_scope_or_notice(
    context: PassContext, contact: OutlookContact, twin: PipelinerContact
) -> PipelinerContact | AttentionItem:
    if in_scope(twin.ownership, context.connection.user, context.connection.scope):
        return twin
    return uncreated_notice(Reason.TWIN_OUT_OF_SCOPE, contact.id, twin.id)


async def _candidates(
    context: PassContext, search: SpaceSearch, contact: OutlookContact, taken: set[PipelinerId]
) -> dict[PipelinerId, PipelinerContact]:
    """Contacts of the space that may be the same person and have no link here."""
    found: dict[PipelinerId, PipelinerContact] = {}
    if search.index is not None:
        ids = search.index.candidates(traits(contact.contact))
        found = dict(await context.contacts.read(ids)) if ids else {}
    else:
        for address in contact.contact.entries(EMAILS):
            found.update({item.id: item for item in await context.contacts.by_email(address)})
        given, surname = contact.contact.text(GIVEN_NAME), contact.contact.text(SURNAME)
        if given and surname:
            found.update({item.id: item for item in await context.contacts.by_name(given, surname)})
    linked = await context.state.pipeliner_index(list(found)) if found else {}
    return {key: item for key, item in found.items() if not item.is_deleted and key not in linked and key not in taken}
