"""What a connection's user is shown: nothing of a Pipeliner contact that they may not see, asked when it is shown.

Administrators see it all. What cannot be asked, because Pipeliner does not answer, counts as unseen. A contact that is
not there any more is nobody's to hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync_core.domain import AttentionItem, PipelinerId, Recorded, Right, Ruling, Side, right_on
from sync_core.engine.withheld import KEPT, NOT_SENT
from sync_core.operations.ports import Deployment
from sync_core.operations.questions import own_side, pipeliner_ids_of, unless_silent, user_with_rights
from sync_core.state import ConnectionRecord

MOST_ASKED = 200
"""Of so many contacts it is asked at once whether they may be seen; the others count as unseen."""


async def hidden_from_user(
    deployment: Deployment, record: ConnectionRecord, ids: Iterable[PipelinerId]
) -> frozenset[PipelinerId]:
    """Return which of these contacts the connection's user may not see now."""
    every = tuple(dict.fromkeys(ids))
    asked = every[:MOST_ASKED]
    if not every:
        return frozenset()
    if not record.is_readable:
        return frozenset(every)
    ports = deployment.run_ports(record, "")
    read = await unless_silent(lambda: ports.contacts.read(asked))
    if read is None:
        return frozenset(every)
    user = await user_with_rights(ports, record)
    unseen = (key for key, one in read.items() if right_on(user, one) < Right.SEE)
    return frozenset((*unseen, *every[MOST_ASKED:]))


async def items_shown(
    deployment: Deployment, record: ConnectionRecord, items: Sequence[AttentionItem]
) -> list[AttentionItem]:
    """Return items as the user may see them; one that is about unseen contacts alone is none to them."""
    ids = [one for item in items for one in pipeliner_ids_of(item)]
    hidden = await hidden_from_user(deployment, record, ids)
    shown = (_item_shown(item, hidden) for item in items)
    return [item for item in shown if item is not None]


def _item_shown(item: AttentionItem, hidden: frozenset[PipelinerId]) -> AttentionItem | None:
    unseen = hidden.intersection(pipeliner_ids_of(item))
    if not unseen:
        return item
    if own_side(item) is Side.PIPELINER:
        return None
    left = tuple(one for one in item.candidates if one not in unseen)
    if item.is_question and not left:
        return None
    own = item.pipeliner_id if item.pipeliner_id not in unseen else None
    evidence = item.evidence if left == item.candidates else ()
    return replace(item, pipeliner_id=own, candidates=left, evidence=evidence)


async def entries_shown(
    deployment: Deployment, record: ConnectionRecord, entries: Sequence[Recorded], sought: str
) -> list[Recorded]:
    """Return history as the user may see it: of an unseen contact what was done with their card, and when.

    Of an edit that was not sent what they typed stays. Whoever seeks an unseen contact by its id finds nothing.
    """
    ids = [one.entry.pipeliner_id for one in entries if one.entry.pipeliner_id]
    hidden = await hidden_from_user(deployment, record, ids)
    return [_entry_shown(one, hidden) for one in entries if not (hidden and sought in hidden)]


def _entry_shown(recorded: Recorded, hidden: frozenset[PipelinerId]) -> Recorded:
    entry = recorded.entry
    if entry.pipeliner_id not in hidden:
        return recorded
    typed = tuple(replace(one, new="") for one in entry.changes) if entry.why in {KEPT, NOT_SENT} else ()
    return replace(recorded, entry=replace(entry, pipeliner_id=None, changes=typed))


async def rulings_shown(deployment: Deployment, record: ConnectionRecord, rulings: Sequence[Ruling]) -> list[Ruling]:
    """Return what was decided without the ids of contacts that the user may not see."""
    ids = [PipelinerId(one) for ruling in rulings for one in ruling.about.pipeliner_ids]
    hidden = await hidden_from_user(deployment, record, ids)
    shown: list[Ruling] = []
    for one in rulings:
        left = tuple(key for key in one.about.pipeliner_ids if key not in hidden)
        shown.append(replace(one, about=replace(one.about, pipeliner_ids=left)))
    return shown
