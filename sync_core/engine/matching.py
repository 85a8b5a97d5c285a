"""Who is a contact without a link? Candidates from the index, compared from both sides, and what a person ruled.

Every contact that either side shows counts, linked ones too. What a linked one shows is told by its baseline; the
others are read. As long as the index is not complete nobody is known, and nothing may be created.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import assert_never

from sync_core.domain import (
    Link,
    OutlookContact,
    PairKey,
    PairRuling,
    PipelinerContact,
    Reason,
    Side,
)
from sync_core.domain.identity import (
    Chosen,
    Finding,
    Holder,
    Nobody,
    Traits,
    Unsure,
    Verdict,
    compare,
    counterpart_of,
    held_of,
    traits,
)
from sync_core.engine.candidates import read_candidates, same_among
from sync_core.engine.context import RunContext
from sync_core.engine.known import Erased, Known, LeftOut, Match, Newcomer, Question, Successor

MOST_HOLDERS = 20
"""So many contacts of one side with one identifier make it nobody's."""

MOST_COLLEAGUES = 4
"""So many contacts of one side are looked at for what they share without being told by it."""

Shown = OutlookContact | PipelinerContact
_ANYBODY = "anybody"
"""The name of whoever else holds an identifier that a person said to be shared."""


async def knows_everybody(context: RunContext) -> bool:
    """Return whether it is known as a whole who is on both sides, after reading on where it is not."""
    index = context.index
    return await index.is_complete() or (await context.read_feed() and await index.is_complete())


async def find_counterparts(
    context: RunContext,
    contacts: Sequence[Shown],
    stored: Mapping[str, str],
    provisional: Mapping[str, tuple[Holder, ...]] = MappingProxyType({}),
) -> dict[str, Known]:
    """Return what is known of contacts of one side that have no link; `stored` are stored ids by Outlook id.

    `provisional` are by token contacts that were created just now, which the index may not know yet.
    """
    if not contacts:
        return {}
    side = Side.OUTLOOK if isinstance(contacts[0], OutlookContact) else Side.PIPELINER
    book = _Book(context, side, provisional)
    await book.load(contacts, stored)
    known: dict[str, Known] = {}
    taken: set[str] = set()
    for contact in contacts:
        found = book.judge(contact.id)
        if isinstance(found, Match | Successor) and found.id in taken:
            found = Question(Reason.DOUBLE, (found.id,))
        if isinstance(found, Match | Successor):
            taken.add(found.id)
        known[contact.id] = found
    for key, found in known.items():  # whose counterpart is known by now is asked about no more
        if isinstance(found, Question) and found.about_other in taken:
            known[key] = Question(Reason.DOUBLE, (found.about_other,))
    new = {key: book.own[key].strong for key, found in known.items() if isinstance(found, Newcomer)}
    erased = await context.rulings.erased(new) if new else ()
    return known | dict.fromkeys(erased, Erased())


@dataclass(slots=True)
class _Book:
    """What has to be known of both sides to judge a few contacts of one of them."""

    context: RunContext
    side: Side
    provisional: Mapping[str, tuple[Holder, ...]]
    own: dict[str, Traits] = field(default_factory=dict)
    traits: dict[Side, dict[str, Traits]] = field(default_factory=lambda: {side: {} for side in Side})
    links: dict[Side, dict[str, Link]] = field(default_factory=lambda: {side: {} for side in Side})
    holders: dict[str, tuple[Holder, ...]] = field(default_factory=dict)
    rulings: dict[tuple[str, str], PairRuling] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    same: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Whom a person said to be the same, whether or not they have anything in common."""
    stored: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    """Pipeliner contacts that a stored id names and that were deleted there."""
    unseen: dict[str, Traits] = field(default_factory=dict)
    """Pipeliner contacts that the user may not see."""

    async def load(self, contacts: Sequence[Shown], stored: Mapping[str, str]) -> None:
        """Find candidates, then who else on this side may be one of them."""
        self.own = {contact.id: traits(contact.contact) for contact in contacts}
        self.traits[self.side].update(self.own)
        self.left_out = await self.context.rulings.left_out({key: one.name for key, one in self.own.items()})
        self.same = await self.context.rulings.same_as(self.own)
        await self._hold(self.own.values())
        await self._read(self.side.other, self._candidates_of(self.own, self.side.other, stored))
        theirs = self.traits[self.side.other]
        by_side = {self.side: set(self.own), self.side.other: set(theirs)}
        for outlook_id, pipeliner_id in stored.items():
            if outlook_id in by_side[Side.OUTLOOK] or pipeliner_id in by_side[Side.PIPELINER]:
                self.stored[outlook_id] = pipeliner_id
        alike = [
            theirs[one]
            for key in self.own
            for one in self._of(key)
            if self._finding(key, one).verdict is not Verdict.DIFFERENT
        ]
        await self._hold(alike)
        await self._read(self.side, {key for one in alike for key in self._holding(one, self.side, for_rivals=True)})
        await self._know_namesakes(alike)
        await self._rule()

    async def _know_namesakes(self, alike: Sequence[Traits]) -> None:
        """Whoever has the name of one of them is evidence: of these, too, only those whom the user may see."""
        names = {one.name for one in (*alike, *self.own.values()) if alike and one.name}
        named = [Traits(frozenset((name,)), name=name) for name in names]
        await self._read(Side.PIPELINER, {key for one in named for key in self._holding(one, Side.PIPELINER)})

    def judge(self, key: str) -> Known:  # noqa: PLR0911 - one return for each thing that may be known
        """Say what is known of one contact."""
        if key in self.left_out:
            return LeftOut()
        theirs = {one: self.traits[self.side.other][one] for one in self._of(key)}
        ruled = {one: self.rulings[pair] for one in theirs if (pair := self._pair(key, one)) in self.rulings}
        same = [one for one, ruling in ruled.items() if ruling is PairRuling.SAME]
        if same:  # found by their names, it may be several: that is no leave to create
            return self._match(key, same[0]) if len(same) == 1 else Question(Reason.COUNTERPART_UNCLEAR, tuple(same))
        rest = {one: shown for one, shown in theirs.items() if one not in ruled and self._is_available(key, one)}
        gone = self._deleted(key)
        if gone is not None:
            return gone
        rivals = {one for shown in rest.values() for one in self._holding(shown, self.side, for_rivals=True)}
        mine = {one: shown for one in {key, *rivals} if (shown := self.traits[self.side].get(one)) is not None}
        choice = counterpart_of(key, mine, rest, self.holders, self.context.index.token, self.stored)
        match choice:
            case Nobody():
                unseen = self.unseen if self.side is Side.OUTLOOK else {}
                return Newcomer(same_among(unseen, key, mine[key], self.holders, self.context.index.token, self.stored))
            case Chosen(id=found):
                return self._match(key, found)
            case Unsure(ids=ids, findings=findings, are_duplicates=are_duplicates):
                if len(ids) == 1 and not isinstance(alone := self._match(key, ids[0]), Match):
                    return self._unless_unsure(key, alone, mine) if isinstance(alone, Successor) else alone
                if are_duplicates and len(ids) == 1:
                    alike = (one for one in mine if self._finding(one, ids[0]).verdict is not Verdict.DIFFERENT)
                    doubles = {key, *alike}
                    return Question(Reason.COUNTERPART_UNCLEAR, tuple(sorted(doubles)), about_other=ids[0])
                return self._question(key, ids, list(findings.values()))
            case _:
                assert_never(choice)

    def _is_available(self, key: str, other: str) -> bool:
        """Whether a candidate may be the counterpart: a copy that the sync made of somebody only where it is the same.

        Else two of one side, who are for people there to tell apart, would be a question about the copy of one of them.
        """
        link = self.links[self.side.other].get(other)
        is_taken = link is not None and (link.absent is None or link.absent.side is not self.side)
        is_copy = is_taken and link is not None and link.created_on is self.side.other
        return not is_copy or self._finding(key, other).verdict is Verdict.SAME

    def _match(self, key: str, found: str) -> Match | Question | Successor:
        """A contact whose own counterpart lives is no counterpart of another one; one whose half is missing is.

        Where that counterpart is a card that the sync made, a person's own card may take its place; not a copy of it,
        which carries its stored id, and which somebody may be about to make another person's.
        """
        link = self.links[self.side.other].get(found)
        if link is None:
            return Match(found)
        if link.absent is not None and link.absent.side is self.side:
            return Match(found, link)
        evidence = self._finding(key, found).evidence
        question = Question(Reason.DOUBLE, (found,), tuple(item.code for item in evidence))
        is_of_ours = self.side is Side.OUTLOOK and link.created_on is Side.OUTLOOK and link.absent is None
        return Successor(found, link, question) if is_of_ours and key not in self.stored else question

    def _unless_unsure(self, key: str, found: Successor, mine: Collection[str]) -> Successor | Question:
        """A card takes the place of ours where it is surely the same, and no third one may be it as well."""
        others = [one for one in mine if one not in {key, found.link.outlook_id}]
        is_only_one = all(self._finding(one, found.id).verdict is Verdict.DIFFERENT for one in others)
        is_same = self._finding(key, found.id).verdict is Verdict.SAME
        return found if is_same and is_only_one else found.question

    def _question(self, key: str, ids: Sequence[str], findings: Sequence[Finding]) -> Question:
        """Ask who it is: a card with a stored id that shows another person was perhaps copied."""
        evidence = dict.fromkeys(item.code for finding in findings for item in finding.evidence)
        is_copied = [self._is_stored(key, one) for one in ids] == [True]
        reason = Reason.COPIED_CARD if is_copied else Reason.COUNTERPART_UNCLEAR
        return Question(reason, tuple(ids), tuple(evidence))

    def _deleted(self, key: str) -> Question | None:
        """Whether the stored id names a contact that was deleted in Pipeliner, and may be brought back."""
        gone = self.stored.get(key) if self.side is Side.OUTLOOK else None
        if gone is None or gone not in self.deleted or self._pair(key, gone) in self.rulings:
            return None
        if self._finding(key, gone).verdict is Verdict.DIFFERENT:
            return None
        return Question(Reason.COUNTERPART_DELETED, (gone,))

    def _finding(self, key: str, other: str) -> Finding:
        mine, theirs = self.traits[self.side][key], self.traits[self.side.other][other]
        held = held_of(mine, theirs, frozenset({key, other}), self.holders, self.context.index.token)
        return compare(mine, theirs, held, has_stored_id=self._is_stored(key, other))

    def _is_stored(self, key: str, other: str) -> bool:
        outlook_id, pipeliner_id = self._pair(key, other)
        return self.stored.get(outlook_id) == pipeliner_id

    def _pair(self, key: str, other: str) -> tuple[str, str]:
        return (key, other) if self.side is Side.OUTLOOK else (other, key)

    # Who holds what

    async def _hold(self, shown: Iterable[Traits]) -> None:
        """Learn who else holds the identifiers."""
        handles = {handle for one in shown for handle in one.handles}
        wanted = [handle for handle in handles if self.context.index.token(handle) not in self.holders]
        if wanted:
            found = await self.context.index.holders(wanted)
            for token in map(self.context.index.token, wanted):
                known = tuple(found.get(token, ()))
                ids = {one.id for one in known}
                new = (one for one in self.provisional.get(token, ()) if one.id not in ids)
                self.holders[token] = self._seen((*known, *new))

    def _holding(self, shown: Traits, side: Side, *, for_rivals: bool = False) -> set[str]:
        """Return who of a side holds any identifier of a contact; one that many hold tells nothing.

        A number of an office, or an address of a function, finds only few: colleagues by the dozen are not read for it.
        `for_rivals` it finds nobody: who shares no more than that is no better counterpart.
        """
        found: set[str] = set()
        for handle in shown.handles:
            ids = {one.id for one in self.holders.get(self.context.index.token(handle), ()) if one.side is side}
            tells = handle in shown.strong or handle == shown.name
            most = MOST_HOLDERS if tells else 0 if for_rivals else MOST_COLLEAGUES
            found |= ids if len(ids) <= most else set()
        return found

    def _of(self, key: str) -> list[str]:
        """Return the candidates of one contact that are there."""
        ids = self._holding(self.traits[self.side][key], self.side.other)
        ids |= {self._pair(key, one)[1 if self.side is Side.OUTLOOK else 0] for one in self._stored_with(key)}
        ids |= self.same.get(key, frozenset())
        theirs = self.traits[self.side.other]
        return sorted(one for one in ids if one in theirs and one not in self.deleted and not self._is_own(key, one))

    def _is_own(self, key: str, other: str) -> bool:
        """Whether two contacts are the halves of one link: a contact whose other half is gone is judged anew."""
        link = self.links[self.side.other].get(other)
        return link is not None and key in {link.outlook_id, link.pipeliner_id}

    def _stored_with(self, key: str) -> list[str]:
        if self.side is Side.OUTLOOK:
            return [self.stored[key]] if key in self.stored else []
        return [outlook_id for outlook_id, pipeliner_id in self.stored.items() if pipeliner_id == key]

    def _candidates_of(self, own: Mapping[str, Traits], side: Side, stored: Mapping[str, str]) -> set[str]:
        ids = {key for one in own.values() for key in self._holding(one, side)}.union(*self.same.values())
        if side is Side.PIPELINER:
            return ids | {stored[key] for key in own if key in stored}
        return ids | {outlook_id for outlook_id, pipeliner_id in stored.items() if pipeliner_id in own}

    # Reading

    async def _read(self, side: Side, ids: Collection[str]) -> None:
        """Learn what contacts show, and forget whom the user may not see: they hold nothing either."""
        wanted = sorted(key for key in ids if key not in self.traits[side] and key not in self.unseen)
        if not wanted:
            return
        found = await read_candidates(self.context, side, wanted)
        self.links[side] |= found.links
        self.traits[side] |= found.shown
        self.deleted |= found.deleted
        self.unseen |= found.unseen
        for token, held in self.holders.items() if found.unseen else ():
            self.holders[token] = self._seen(held)

    def _seen(self, held: Iterable[Holder]) -> tuple[Holder, ...]:
        return tuple(one for one in held if one.side is Side.OUTLOOK or one.id not in self.unseen)

    async def _rule(self) -> None:
        """Learn what persons have said of the pairs."""
        pairs: list[PairKey] = []
        for key, mine in self.own.items():
            for other in {*self._of(key), *(self.deleted & set(self._stored_with(key)))}:
                theirs = self.traits[self.side.other][other]
                names = dict(zip((self.side, self.side.other), (mine.name, theirs.name), strict=True))
                ids = self._pair(key, other)
                strong = mine.strong & theirs.strong
                pairs.append(PairKey(*ids, names[Side.OUTLOOK], names[Side.PIPELINER], strong))
        ruled = await self.context.rulings.on_pairs(pairs) if pairs else {}
        self.rulings = {(pair.outlook_id, pair.pipeliner_id): ruling for pair, ruling in ruled.items()}
        common = {handle for pair in pairs for handle in pair.strong}
        for handle in await self.context.rulings.shared(common) if common else ():
            token = self.context.index.token(handle)
            others = tuple(Holder(side, "", _ANYBODY) for side in Side)
            self.holders[token] = (*self.holders.get(token, ()), *others)
