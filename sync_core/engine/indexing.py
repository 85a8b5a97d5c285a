"""Filling the index of who is who: the folder's from the pages that a run reads anyway, the space's in bounded parts.

What is not known as a whole is unknown. So a folder without an index is read from the start, once; a space is walked
page by page, as many at each poll of its feed as a tick can take, and what changes meanwhile comes through the feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.domain import Contact, OutlookContact, PipelinerId
from sync_core.domain.identity import traits
from sync_core.engine.context import RunContext
from sync_core.engine.ports import Card, DeltaPage, FeedTurn, PipelinerPort, SideIndex, Step, Walk
from sync_core.errors import RequestRejected

PAGES_AT_ONCE = 200
"""Of a space, read by one poll: forty seconds at the default rate, 20,000 contacts."""
PAGES_A_PART = 10
"""Of a space, that make one row."""
_AT_THE_END = "end"


def card_of(contact: Contact, contact_id: str) -> Card:
    """Return what identifies a contact."""
    found = traits(contact)
    return Card(contact_id, found.name, found.handles)


# The folder


async def note_page(context: RunContext, page: DeltaPage, unknown: Sequence[OutlookContact]) -> None:
    """Note what a page of the folder's changes shows; the last page of the whole folder ends its reading.

    Of a page of changes only the contacts `unknown` count: of the others nothing has changed that identifies them.
    """
    index = context.folder_index
    is_whole = context.cursor.is_full and context.cursor.step is Step.READ_OUTLOOK and index.is_being_read
    cards = [card_of(contact.contact, contact.id) for contact in (page.changed if is_whole else unknown)]
    if not is_whole:
        await index.note(cards, page.removed)
        return
    await index.note_page(cards, page.removed)
    if page.is_last:
        await index.finish()


async def note_written(context: RunContext, cards: Sequence[OutlookContact]) -> None:
    """Note what the sync itself wrote in the folder, so that its echo need not tell."""
    if cards and context.folder_index.is_known:
        await context.folder_index.note([card_of(card.contact, card.id) for card in cards], [])


# The space


async def note_space(index: SideIndex, shown: Mapping[PipelinerId, Contact], gone: Sequence[str]) -> None:
    """Note and store what the feed shows of contacts, and which ones are gone."""
    await index.note([card_of(contact, contact_id) for contact_id, contact in shown.items()], gone)
    await index.store()


async def read_space(pipeliner: PipelinerPort, turn: FeedTurn) -> None:
    """Read on through the space, at most PAGES_AT_ONCE pages, where it is not known as a whole or is read anew."""
    index = turn.index
    if index.is_known and not index.is_being_read:
        return
    if not index.is_being_read:
        await index.begin()
        await index.store()
    walk = Walk("all contacts of the space")
    for _ in range(PAGES_AT_ONCE // PAGES_A_PART):
        if index.read_up_to == _AT_THE_END:
            break
        await _read_part(pipeliner, turn, walk)
    if index.read_up_to == _AT_THE_END:
        await index.finish()


async def _read_part(pipeliner: PipelinerPort, turn: FeedTurn, walk: Walk) -> None:
    index, cards = turn.index, list[Card]()
    after: str | None = index.read_up_to
    try:
        for _ in range(PAGES_A_PART):
            await turn.renew_lease()
            page = await pipeliner.match_page(after or None)
            cards += [card_of(contact.contact, contact.id) for contact in page.contacts]
            after = walk.to(page.after)
            if after is None:
                break
    except RequestRejected:  # a place that the space does not know any more: the next poll begins anew
        await index.begin()
        await index.store()
        raise
    await index.note_page(cards, after=after or _AT_THE_END)
    await index.store()
