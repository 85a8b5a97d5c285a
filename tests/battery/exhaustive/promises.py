"""What was promised of one contact, told from the promises alone: which edits must have survived, and where.

An edit of a person survives when both sides have it, when the history names it as the loser of a conflict, or when it
still stands where it was typed and is still noticed there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sync_core.domain import Contact, Direction, Kind, Link, Merge, Side, SyncType, Value
from tests.battery.exhaustive.scene import Scene, rewritten
from tests.battery.exhaustive.states import LIST, LONG, NOTE, State

WRITABLE: Mapping[Direction | SyncType, frozenset[Side]] = {
    Direction.BOTH: frozenset(Side),
    Direction.TO_OUTLOOK: frozenset({Side.OUTLOOK}),
    Direction.TO_PIPELINER: frozenset({Side.PIPELINER}),
    SyncType.TWO_WAY: frozenset(Side),
    SyncType.TO_OUTLOOK: frozenset({Side.OUTLOOK}),
    SyncType.TO_PIPELINER: frozenset({Side.PIPELINER}),
}


@dataclass(slots=True)
class Promises:
    """The edits of a story, and where its fields may be written."""

    writable: Mapping[str, frozenset[Side]]
    edits: dict[tuple[Side, str], Value]
    """The last thing that a person did to a field, on each side."""
    added: set[tuple[Side, str]] = field(default_factory=set)
    removed: set[tuple[Side, str]] = field(default_factory=set)
    """Entries of the list that a person added or removed on a side."""
    listing: set[Side] = field(default_factory=set)
    """Sides whose list a person edited in any way, also by reordering it."""

    def later(self, scene: Scene, read: Mapping[Side, Contact]) -> None:
        """Take in what people did meanwhile: a later edit of a field replaces the former one.

        It also replaces the other side's, where the run had read the same value on both.
        """
        for side, name, value in scene.persons_edits:
            self.edits[side, name] = value
            if (side.other, name) in scene.typed_over or read[side][name] == read[side.other][name]:
                self.edits.pop((side.other, name), None)

    def broken_by_merge(self, scene: Scene, merge: Merge) -> Iterator[str]:
        """Check what is about to be written."""
        link = _resolved_link(scene)
        base = link.baselines if link is not None else None
        for side in Side:
            had = base.of(side) if base is not None else Contact()
            for name, value in merge.to(side).items():
                if side not in self.writable[name]:
                    yield f"{name} is written to {side}, which this direction never writes"
                if not isinstance(value, str) and len(value) > scene.connection.field_map.field(name).entries(side):
                    yield f"more {name} are written than {side} holds"
                untouched = base is not None and scene.shown[side][name] == had[name]
                field_map = scene.connection.field_map
                whole = [part.name for parts in field_map.wholes for part in parts if field_map.field(name) in parts]
                untouched |= any(scene.shown[side.other][part] for part in whole)  # a whole with a blank part is none
                if not value and not untouched and name != LIST and len(self.writable[name]) == len(Side):
                    yield f"a blank beats the {name} of {side}"

    def lost_by_now(self, scene: Scene) -> Iterator[str]:
        """Check, at any moment, that every edit is still somewhere."""
        told = [*scene.lost, *scene.to_be_told()]
        for (side, name), value in self.edits.items():
            if not (self._on_both(scene, name, value) or (name, value) in told or _noticed(scene, side, name)):
                yield f"the {name} that was typed in {side} is lost"

    def unfinished_at_rest(self, scene: Scene) -> Iterator[str]:
        """Check, when all is quiet, that an edit that may travel has arrived or lost a named conflict."""
        too_long = {name for (_, name), value in self.edits.items() if value == LONG}
        for (side, name), value in self.edits.items():
            if side.other not in self.writable[name] or name in too_long:
                continue
            if not (self._on_both(scene, name, value) or (name, value) in scene.lost):
                yield f"the {name} that was typed in {side} never arrived"
        yield from self._entries_at_rest(scene)
        yield from self._forgotten_lists(scene)

    def _forgotten_lists(self, scene: Scene) -> Iterator[str]:
        """Check that a list edited where it may not travel stays noticed, unless the leading side edited it too.

        If it did, its own changes are carried over, and what was added on the other side stays there.
        """
        for side in self.listing:
            waits = side.other not in self.writable[LIST] and side.other not in self.listing
            if waits and not _noticed(scene, side, LIST):
                yield f"the list that was edited in {side} is not noticed any more"

    def _entries_at_rest(self, scene: Scene) -> Iterator[str]:
        """Check that an added entry is everywhere it has room, and that a removed one is gone unless added elsewhere.

        Where only one side leads, an entry that was removed on the other one may be written there again.
        """
        for side, entry in self.added:
            both = _has(scene, side, entry) and _has(scene, side.other, entry)
            stays = side.other not in self.writable[LIST] or _is_full(scene, side.other)
            if not both and not (stays and _has(scene, side, entry)):
                yield f"an entry that was added in {side} is lost"
        for side, entry in self.removed:
            if side.other not in self.writable[LIST] or (side.other, entry) in self.added:
                continue
            if _has(scene, side, entry) or _has(scene, side.other, entry):
                yield f"an entry that was removed in {side} came back"

    def _on_both(self, scene: Scene, name: str, value: Value) -> bool:
        if name == NOTE:  # beside what the other side wrote, and in whatever form
            wanted = set(str(value).upper().split("\n"))
            return all(wanted <= {"", *scene.shown[side].text(name).upper().split("\n")} for side in Side)
        return all(scene.shown[side][name] in {value, rewritten(value)} for side in Side)


def _resolved_link(scene: Scene) -> Link | None:
    """Return the link as the next run sees it."""
    is_pending = scene.link is not None and scene.link.pending is not None
    return scene.decide().link if is_pending else scene.link


def _noticed(scene: Scene, side: Side, name: str) -> bool:
    """Whether the next run still sees an edit here."""
    link = _resolved_link(scene)
    return link is None or scene.shown[side][name] != link.baselines.of(side)[name]


def _has(scene: Scene, side: Side, entry: str) -> bool:
    return entry.casefold() in {shown.casefold() for shown in scene.shown[side].entries(LIST)}


def _is_full(scene: Scene, side: Side) -> bool:
    return len(scene.shown[side].entries(LIST)) >= scene.connection.field_map.field(LIST).entries(side)


def promises_of(scene: Scene, state: State) -> Promises:
    """Tell from a state what people did: a side's edit is what differs from what that side had."""
    promises = Promises({}, {})
    for row, item in zip(scene.connection.field_map, state, strict=True):
        promises.writable = {
            **promises.writable,
            row.name: WRITABLE[item.direction] & WRITABLE[scene.connection.sync_type],
        }
        for side, had in zip(Side, item.state.had or ("", ""), strict=True):
            now = item.state.now(side)
            if row.kind is Kind.EMAILS:
                promises.listing |= {side} if now != had else set()
                promises.added |= {(side, entry) for entry in now if entry not in had}
                promises.removed |= {(side, entry) for entry in had if entry not in now}
            elif now != had:
                promises.edits[side, row.name] = now
    return promises
