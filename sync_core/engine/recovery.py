"""Creates that a former pass wrote down and may or may not have done: find them again, never repeat them blindly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.link import Link
from sync_core.domain.matching import Twin, find_twin, traits
from sync_core.domain.merge import Baselines
from sync_core.domain.records import Deed, HistoryEntry
from sync_core.domain.sides import PipelinerContact
from sync_core.engine.context import PassContext
from sync_core.engine.state_port import Intent, OutlookWork, PipelinerWork, Unit

VISIBLE_AFTER = {Side.OUTLOOK: timedelta(seconds=30), Side.PIPELINER: timedelta(seconds=120)}
"""A create that is not found so long after its intent was not done: a service may show a new record late."""
OVERLAP = timedelta(minutes=5)
"""How far before an intent's time creates are looked for: Pipeliner's times may lie before the commit."""
CREATED_BY_US = "created by a pass that was cut off, found again"


@dataclass(frozen=True, slots=True)
class _Found:
    """The contact that an intent created."""

    outlook_id: OutlookId
    pipeliner_id: PipelinerId


async def recover(context: PassContext, intents: Sequence[Intent]) -> None:
    """Adopt what was created, drop what was not, and leave alone what is too young to say."""
    if not intents:
        return
    found = await _find_in_outlook(context, [item for item in intents if item.side is Side.OUTLOOK])
    found |= await _find_in_pipeliner(context, [item for item in intents if item.side is Side.PIPELINER])
    links = await context.state.links([item.link_id for item in intents])
    known_o = await context.state.outlook_index([item.outlook_id for item in found.values() if item])
    known_p = await context.state.pipeliner_index([item.pipeliner_id for item in found.values() if item])
    now = {Side.OUTLOOK: context.clock.now(), Side.PIPELINER: await _pipeliner_time(context, intents)}
    units: list[Unit] = []
    resolved: list[LinkId] = []
    unresolved: list[Intent] = []
    for intent in intents:
        made = found.get(intent.link_id)
        if made is not None:
            resolved.append(intent.link_id)
            if made.outlook_id not in known_o or made.pipeliner_id not in known_p:
                units.append(_adopt(intent, made, links.get(intent.link_id)))
        elif now[intent.side] - intent.at >= VISIBLE_AFTER[intent.side]:
            resolved.append(intent.link_id)
            units.append(_look_again(intent, links.get(intent.link_id)))
        else:
            unresolved.append(intent)
            units.append(_look_again(intent, links.get(intent.link_id)))
            wait = VISIBLE_AFTER[intent.side] - (now[intent.side] - intent.at)
            context.recovery_wait_s = max(context.recovery_wait_s, wait.total_seconds())
    context.unresolved = tuple(unresolved)
    await context.commit(units, None, resolved)


async def _pipeliner_time(context: PassContext, intents: Sequence[Intent]) -> datetime:
    if any(item.side is Side.PIPELINER for item in intents):
        return await context.contacts.server_time()
    return context.clock.now()


def _look_again(intent: Intent, link: Link | None) -> Unit:
    if link is not None:
        return Unit(put_work=(PipelinerWork(link.pipeliner_id),))
    if intent.side is Side.OUTLOOK:
        return Unit(put_work=(PipelinerWork(intent.pipeliner_id),) if intent.pipeliner_id else ())
    return Unit(put_work=(OutlookWork(intent.outlook_id, traits=traits(intent.draft)),) if intent.outlook_id else ())


def _adopt(intent: Intent, made: _Found, before: Link | None) -> Unit:
    """Link it with the draft as both baselines: what either side shows differently since then is still noticed."""
    link = Link(
        intent.link_id,
        made.outlook_id,
        made.pipeliner_id,
        Baselines(intent.draft, intent.draft),
        created_on=intent.side,
    )
    entry = HistoryEntry(Deed.CREATED, intent.side, link.id, link.outlook_id, link.pipeliner_id, why=CREATED_BY_US)
    return Unit(before=before, after=link, history=(entry,), put_work=(PipelinerWork(link.pipeliner_id),))


async def _find_in_outlook(context: PassContext, intents: Sequence[Intent]) -> dict[LinkId, _Found | None]:
    wanted = {item.pipeliner_id: item for item in intents if item.pipeliner_id is not None}
    shown = await context.folder.find_stored(list(wanted)) if wanted else {}
    linked = await context.state.outlook_index([item.id for items in shown.values() for item in items])
    found: dict[LinkId, _Found | None] = {}
    for pipeliner_id, contacts in shown.items():
        ours = [item for item in contacts if item.id in linked] or list(contacts)
        if ours:
            found[wanted[pipeliner_id].link_id] = _Found(ours[0].id, pipeliner_id)
    return found


async def _find_in_pipeliner(context: PassContext, intents: Sequence[Intent]) -> dict[LinkId, _Found | None]:
    if not intents:
        return {}
    by_key = await context.contacts.by_key([item.link_id for item in intents])
    if by_key is None:
        return await _find_by_content(context, intents)
    return {
        item.link_id: _Found(item.outlook_id, by_key[item.link_id].id)
        for item in intents
        if item.link_id in by_key and item.outlook_id is not None
    }


async def _find_by_content(context: PassContext, intents: Sequence[Intent]) -> dict[LinkId, _Found | None]:
    since = min(item.at for item in intents) - OVERLAP
    recent: dict[PipelinerId, PipelinerContact] = {}
    after: str | None = None
    while True:
        page = await context.contacts.created_since(context.connection.user.id, since, after)
        recent.update({item.id: item for item in page.contacts})
        after = page.after
        if after is None:
            break
    linked = await context.state.pipeliner_index(list(recent)) if recent else {}
    ours = {item.link_id for item in intents}
    free = {key: item for key, item in recent.items() if key not in linked or linked[key].link_id in ours}
    return _assign(intents, free, {key: entry.link_id for key, entry in linked.items()})


def _assign(
    intents: Sequence[Intent], free: Mapping[PipelinerId, PipelinerContact], linked: Mapping[PipelinerId, LinkId]
) -> dict[LinkId, _Found | None]:
    """Give each intent its record, each record once; two equal drafts may take either."""
    found: dict[LinkId, _Found | None] = {}
    pool = dict(free)
    for intent in intents:
        if intent.outlook_id is None:
            continue
        committed = [key for key in pool if linked.get(key) == intent.link_id]
        same_values = [key for key, item in pool.items() if key not in linked and item.contact == intent.draft]
        chosen = next(iter(committed or same_values), None)
        if chosen is None:
            rest = [(key, traits(item.contact)) for key, item in pool.items() if key not in linked]
            verdict = find_twin(traits(intent.draft), rest)
            chosen = verdict.id if isinstance(verdict, Twin) else None
        if chosen is not None:
            del pool[chosen]
            found[intent.link_id] = _Found(intent.outlook_id, chosen)
    return found
