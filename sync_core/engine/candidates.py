"""Reading candidates: what contacts show that may be somebody, as far as the connection's user may see them.

What the user may not see in Pipeliner counts for nothing: it is neither candidate nor evidence. It is read all the
same, for nobody knows before whose it is, and so it costs what any other candidate costs. Where their rights cannot be
told the narrower one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sync_core.domain import Link, OutlookId, PipelinerContact, PipelinerId, Right, Side, right_on
from sync_core.domain.identity import Holder, Traits, Verdict, compare, held_of, traits
from sync_core.engine.context import RunContext


@dataclass(frozen=True, slots=True)
class Candidates:
    """Some contacts of one side: the links that they have, and what is shown of whom the user may see."""

    links: dict[str, Link]
    shown: dict[str, Traits]
    deleted: frozenset[str] = frozenset()
    """Of those that are shown and have no link, who was deleted in Pipeliner."""
    unseen: dict[str, Traits] = field(default_factory=dict)
    """Whom the user may not see; of those that were deleted there nothing is told."""


def may_see(context: RunContext, contact: PipelinerContact) -> bool:
    """Whether the connection's user may see a Pipeliner contact."""
    return right_on(context.connection.user, contact) >= Right.SEE


async def read_candidates(context: RunContext, side: Side, ids: Sequence[str]) -> Candidates:
    """Learn what contacts show: linked ones by their baseline, the others by reading them.

    The baseline of a link whose writes may not have arrived says nothing yet, so these are read. A linked one that is
    missing in Pipeliner is read as well: the user may see it no more. Those that are not there, or not in the folder,
    are left out.
    """
    links = await context.links_of(side, ids)
    shown = {key: traits(link.baselines.of(side)) for key, link in links.items()}
    unclear = {key for key, link in links.items() if link.pending is not None}
    if side is Side.OUTLOOK:
        cards = [OutlookId(key) for key in ids if key not in links or key in unclear]
        listed = (await context.folder.read(cards)).values() if cards else ()
        here = {str(one.id): traits(one.contact) for one in listed if one.folder_id == context.folder_id}
        return Candidates(links, shown | here)
    away = {key for key, link in links.items() if link.absent is not None and link.absent.side is side}
    unsure = [PipelinerId(key) for key in ids if key not in links or key in away or key in unclear]
    read = await context.contacts.read(unsure) if unsure else {}
    unseen = {
        str(key): Traits() if one.is_deleted else traits(one.contact)
        for key, one in read.items()
        if not may_see(context, one)
    }
    shown |= {str(key): traits(one.contact) for key, one in read.items() if key not in links or key in unclear}
    deleted = frozenset(str(key) for key, one in read.items() if one.is_deleted)
    return Candidates(
        links,
        {key: one for key, one in shown.items() if key not in unseen},
        deleted - unseen.keys() - links.keys(),
        unseen,
    )


def same_among(
    unseen: Mapping[str, Traits],
    key: str,
    mine: Traits,
    holders: Mapping[str, Collection[Holder]],
    token: Callable[[str], str],
    stored: Mapping[str, str],
) -> tuple[PipelinerId, ...]:
    """Return who of these may be a card's person all the same: a duplicate is created knowingly."""
    found: list[PipelinerId] = []
    for other, theirs in unseen.items():
        is_stored = stored.get(key) == other
        if theirs.handles and (is_stored or not mine.handles.isdisjoint(theirs.handles)):
            held = held_of(mine, theirs, frozenset({key, other}), holders, token)
            if compare(mine, theirs, held, has_stored_id=is_stored).verdict is not Verdict.DIFFERENT:
                found.append(PipelinerId(other))
    return tuple(sorted(found))
