"""Creates that a former run wrote down and may or may not have done: find them again, never repeat them blindly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sync_core.domain import (
    Action,
    Baselines,
    HistoryEntry,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    PipelinerContact,
    PipelinerId,
    Side,
    create_subject,
    outlook_subject,
    pipeliner_subject,
)
from sync_core.domain.identity import Chosen, choose, compare, traits
from sync_core.engine.context import RunContext
from sync_core.engine.indexing import note_written
from sync_core.engine.ports import ChangeSet, Intent, OutlookLook, PipelinerLook, Walk
from sync_core.engine.reserving import record_recovered
from sync_core.engine.setting_aside import set_aside

VISIBLE_AFTER = {Side.OUTLOOK: timedelta(seconds=30), Side.PIPELINER: timedelta(seconds=120)}
"""A create that is not found so long after its intent was not done: a service may show a new record late."""
OVERLAP = timedelta(minutes=5)
"""How far before an intent's time creates are looked for: Pipeliner's times may lie before the commit."""
NO_ANSWER = "no answer to its create came, and nothing was created."
CREATED_BY_US = "created by a run that was cut off, found again"


@dataclass(frozen=True, slots=True)
class _Found:
    """The contact that an intent created."""

    outlook_id: OutlookId
    pipeliner_id: PipelinerId


async def recover(context: RunContext, intents: Sequence[Intent]) -> None:
    """Adopt what was created, drop what was not, and leave alone what is too young to say."""
    if not intents:
        return
    found = await _find(context, intents)
    links = await context.state.links([item.link_id for item in intents])
    known_o = await context.state.outlook_index([item.outlook_id for item in found.values()])
    known_p = await context.state.pipeliner_index([item.pipeliner_id for item in found.values()])
    now = dict.fromkeys(Side, context.clock.now())
    if any(item.side is Side.PIPELINER for item in intents):
        now[Side.PIPELINER] = await context.contacts.server_time()
    change_sets: list[ChangeSet] = []
    finished: list[LinkId] = []
    still_open: list[Intent] = []
    for intent in intents:
        made = found.get(intent.link_id)
        if made is not None:
            finished.append(intent.link_id)
            if made.outlook_id not in known_o or made.pipeliner_id not in known_p:
                # The draft is both baselines: what either side shows differently since then is still noticed.
                agreed, ids = (
                    Baselines(intent.draft, intent.draft),
                    (intent.link_id, made.outlook_id, made.pipeliner_id),
                )
                change_set = ChangeSet(
                    before=links.get(intent.link_id),
                    after=Link(*ids, agreed, created_on=intent.side),
                    history=(HistoryEntry(Action.CREATED, intent.side, *ids, why=CREATED_BY_US),),
                    resolved=(outlook_subject(made.outlook_id), pipeliner_subject(made.pipeliner_id)),
                    put_work=(PipelinerLook(made.pipeliner_id),),
                )
                change_sets.append(change_set)
        elif now[intent.side] - intent.at >= VISIBLE_AFTER[intent.side]:
            finished.append(intent.link_id)
            again = _look_again(intent, links.get(intent.link_id))
            change_sets.append(set_aside(again, context.clock.now(), NO_ANSWER))
        else:
            still_open.append(intent)
            change_sets.append(_look_again(intent, links.get(intent.link_id)))
            wait = VISIBLE_AFTER[intent.side] - (now[intent.side] - intent.at)
            context.recovery_wait_s = max(context.recovery_wait_s, wait.total_seconds())
    await record_recovered(context, intents, {key: made.pipeliner_id for key, made in found.items()}, finished)
    if finished:
        change_sets.append(ChangeSet(resolved=tuple(map(create_subject, finished))))
    adopted = [(found[item.link_id].outlook_id, item.draft) for item in intents if item.link_id in found]
    await note_written(context, [OutlookContact(key, "", draft) for key, draft in adopted])
    context.open_creates = tuple(still_open)
    await context.commit(change_sets, None, finished)


def _look_again(intent: Intent, link: Link | None) -> ChangeSet:
    tries = intent.tries + 1
    if link is not None:
        return ChangeSet(link, link, put_work=(PipelinerLook(link.pipeliner_id, tries),))
    if intent.side is Side.OUTLOOK:
        return ChangeSet(put_work=(PipelinerLook(intent.pipeliner_id, tries),) if intent.pipeliner_id else ())
    look = OutlookLook(intent.outlook_id, is_new=True, tries=tries) if intent.outlook_id else None
    return ChangeSet(put_work=(look,) if look is not None else ())


async def _find(context: RunContext, intents: Sequence[Intent]) -> dict[LinkId, _Found]:
    """Find in Outlook by the stored id, in Pipeliner by the key field; by content where the space has none."""
    wanted = {item.pipeliner_id: item for item in intents if item.side is Side.OUTLOOK and item.pipeliner_id}
    shown = await context.folder.find_stored(list(wanted)) if wanted else {}
    linked = await context.state.outlook_index([item.id for items in shown.values() for item in items])
    found: dict[LinkId, _Found] = {}
    for pipeliner_id, contacts in shown.items():
        ours = [item for item in contacts if item.id in linked] or list(contacts)
        if ours:
            found[wanted[pipeliner_id].link_id] = _Found(ours[0].id, pipeliner_id)
    in_pipeliner = [item for item in intents if item.side is Side.PIPELINER]
    if not in_pipeliner:
        return found
    by_key = await context.contacts.by_key([item.link_id for item in in_pipeliner])
    if by_key is None:
        return found | await _find_by_content(context, in_pipeliner)
    for item in in_pipeliner:
        if item.link_id in by_key and item.outlook_id is not None:
            found[item.link_id] = _Found(item.outlook_id, by_key[item.link_id].id)
    return found


async def _find_by_content(context: RunContext, intents: Sequence[Intent]) -> dict[LinkId, _Found]:
    """Find each intent its record, each record once; two equal drafts may take either."""
    since = min(item.at for item in intents) - OVERLAP
    recent: dict[PipelinerId, PipelinerContact] = {}
    after: str | None = None
    walk = Walk("what was created lately")
    while True:
        page = await context.contacts.created_since(context.connection.user.id, since, after)
        recent.update({item.id: item for item in page.contacts})
        after = walk.to(page.after)
        if after is None:
            break
    linked = await context.state.pipeliner_index(list(recent)) if recent else {}
    ours = {item.link_id for item in intents}
    pool = {key: item for key, item in recent.items() if key not in linked or linked[key].link_id in ours}
    found: dict[LinkId, _Found] = {}
    for intent in intents:
        if intent.outlook_id is None:
            continue
        committed = [key for key in pool if key in linked and linked[key].link_id == intent.link_id]
        same_values = [key for key, item in pool.items() if key not in linked and item.contact == intent.draft]
        chosen = next(iter(committed or same_values), None)
        if chosen is None:
            draft = traits(intent.draft)
            rest = {key: traits(item.contact) for key, item in pool.items() if key not in linked}
            choice = choose({key: compare(draft, shown) for key, shown in rest.items()})
            chosen = choice.id if isinstance(choice, Chosen) else None
        if chosen is not None:
            del pool[chosen]
            found[intent.link_id] = _Found(intent.outlook_id, chosen)
    return found
