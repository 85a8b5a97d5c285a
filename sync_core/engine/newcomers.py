"""Pipeliner contacts without a link: find the twin in the folder, or create it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync_core.domain.contact import OutlookId, PipelinerId, Side
from sync_core.domain.fields import EMAILS
from sync_core.domain.matching import NoTwin, Twin, TwinIndex, Unclear, Verdict, find_twin, traits
from sync_core.domain.planning import plan_create_in_outlook
from sync_core.domain.records import pipeliner_subject
from sync_core.domain.sides import PipelinerContact
from sync_core.engine.carrying import Job, job
from sync_core.engine.context import PassContext
from sync_core.engine.notices import unclear_notice
from sync_core.engine.observing import Pair, plan_pairs
from sync_core.engine.state_port import OutlookWork, PipelinerWork, Unit


@dataclass(slots=True)
class Unlinked:
    """The folder's contacts without a link: by stored id, and by hashes of their traits."""

    by_stored_id: dict[PipelinerId, OutlookWork] = field(default_factory=dict)
    index: TwinIndex[OutlookId] = field(default_factory=TwinIndex)
    taken: set[OutlookId] = field(default_factory=set)

    def add(self, work: OutlookWork) -> None:
        """Add a contact that waits."""
        if work.stored_id is not None:
            self.by_stored_id.setdefault(work.stored_id, work)
        if work.traits is not None:
            self.index.add(work.id, work.traits)


async def load_unlinked(context: PassContext) -> Unlinked:
    """Load what the Outlook stage found, and the contacts that wait for a person.

    A contact that was linked since (adopted by a recovery, or matched in an earlier stage) waits no more.
    """
    unlinked = Unlinked()
    after: OutlookId | None = None
    while page := await context.state.outlook_work(after):
        linked = await context.state.outlook_index([work.id for work in page])
        for work in page:
            if work.id not in linked:
                unlinked.add(work)
        after = page[-1].id
    waiting = await context.state.waiting_outlook()
    linked = await context.state.outlook_index(waiting) if waiting else {}
    for contact in (await context.folder.read(waiting)).values() if waiting else ():
        if contact.folder_id == context.folder_id and contact.id not in linked:
            unlinked.add(OutlookWork(contact.id, contact.stored_id, traits(contact.contact)))
    return unlinked


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of newcomers: jobs to carry, and attention for what is unclear."""

    jobs: tuple[Job, ...]
    units: tuple[Unit, ...]


async def match_newcomers(
    context: PassContext,
    unlinked: Unlinked,
    newcomers: Sequence[PipelinerContact],
    work: dict[PipelinerId, PipelinerWork] | None = None,
) -> Matched:
    """Match, else plan a new Outlook contact; `work` are the rows that this answers."""
    jobs: list[Job] = []
    units: list[Unit] = []
    pairs: list[Pair] = []
    for contact in newcomers:
        done = (work[contact.id],) if work and contact.id in work else ()
        verdict = await match_in_folder(context, unlinked, contact)
        if isinstance(verdict, Twin):
            unlinked.taken.add(verdict.id)
            pairs.append(Pair(verdict.id, contact, done))
        elif isinstance(verdict, Unclear):
            notice = unclear_notice(pipeliner_subject(contact.id), verdict.ids, (contact.id,))
            units.append(Unit(attention=(notice,), done_work=done))
        elif context.connection.sync_type.reaches(Side.OUTLOOK):
            jobs.append(job(context, plan_create_in_outlook(context.connection, contact), done))
        else:
            units.append(Unit(done_work=done))
    jobs.extend(await plan_pairs(context, pairs) if pairs else ())
    return Matched(tuple(jobs), tuple(units))


async def match_in_folder(context: PassContext, unlinked: Unlinked, contact: PipelinerContact) -> Verdict[OutlookId]:
    """Find the twin of a Pipeliner contact among the folder's contacts without a link: stored id first."""
    stored = unlinked.by_stored_id.get(contact.id)
    if stored is not None and stored.id not in unlinked.taken:
        return Twin(stored.id)
    own = traits(contact.contact)
    candidates = [key for key in unlinked.index.candidates(own) if key not in unlinked.taken]
    if not candidates:
        return NoTwin()
    read = await context.folder.read(candidates)
    known = {key: traits(item.contact) for key, item in read.items() if item.folder_id == context.folder_id}
    verdict = find_twin(own, known.items())
    if isinstance(verdict, Twin) and known[verdict.id].full_name != own.full_name:
        return await _unless_shared(context, contact, verdict)
    return verdict


async def _unless_shared(
    context: PassContext, contact: PipelinerContact, verdict: Twin[OutlookId]
) -> Verdict[OutlookId]:
    """An address that several Pipeliner contacts have does not say which of them is meant."""
    for address in contact.contact.entries(EMAILS):
        found = [other.id for other in await context.contacts.by_email(address) if not other.is_deleted]
        if any(other != contact.id for other in found):
            return Unclear((verdict.id,))
    return verdict
