"""What became of every value that a person typed."""

from __future__ import annotations

from collections.abc import Iterator

from sync_core.domain import Link, Side, SyncType
from sync_core.engine.withheld import NOT_SENT
from tests.battery.simulation.chronicle import ADDRESS, Meant
from tests.battery.simulation.evidence import Evidence, Held, linked_pairs
from tests.battery.simulation.sight import LISTS, ROOM, TEXTS, Sighting, Token, essence


def nothing_lost(evidence: Evidence) -> Iterator[str]:
    """Every value that a person typed is shown somewhere, stands in the history, or a person let go of it.

    One loss is allowed, because nobody can prevent it: a value typed between our last look at a contact and our
    write to it, where the service does not honour If-Match (docs: read, compare, write).
    """
    chronicle = evidence.chronicle
    shown = {token for item in evidence.shown for token in item.tokens()}
    shown |= {token for item in chronicle.sight.pipeliner(deleted=True) for token in item.tokens()}
    kept = set(_kept_in_history(evidence))
    for token, name in chronicle.typed.items():
        is_there = token in shown | kept | chronicle.dropped | chronicle.unseen or _is_joined(token, shown)
        if not is_there and not _is_cut(evidence, token):
            yield f"{name}'s {token[0]} {token[1]!r} is nowhere"


def _is_joined(token: Token, shown: set[Token]) -> bool:
    """Whether a note stands beside another one: of two that were written at once both stay."""
    return token[0] == "notes" and any(name == "notes" and token[1] in text for name, text in shown)


def _kept_in_history(evidence: Evidence) -> Iterator[Token]:
    for held in evidence.connections:
        for recorded in held.history:
            for change in recorded.entry.changes:
                texts = (change.old,) if isinstance(change.old, str) else change.old
                yield from ((change.field, essence(text)) for text in texts)


def _is_cut(evidence: Evidence, token: Token) -> bool:
    """Whether a service that cuts what is too long shows the beginning."""
    if evidence.office.crm.switches.over_length != "truncate":
        return False
    return any(
        token[1].startswith(other) for item in evidence.shown for name, other in item.tokens() if name == token[0]
    )


def what_was_meant_is_shown(evidence: Evidence) -> Iterator[str]:
    """A person's last word about a field, spoken while all agreed, is what both contacts of every link show."""
    for held, link, outlook, pipeliner in linked_pairs(evidence):
        being = evidence.chronicle.being(outlook.name)
        is_asked = any(other.rows.asked_about(link) for other in evidence.connections)
        if being.is_disturbed or being.is_asked_about or is_asked or outlook.name != pipeliner.name:
            continue
        for field_name, meant in being.meant.items():
            if field_name in _excused(held, link) or (field_name, meant.essence) in evidence.chronicle.unseen:
                continue
            if field_name in withheld_on(evidence, pipeliner):
                continue
            for item in _reached(evidence, held, meant, outlook, pipeliner):
                if item.essences(field_name) != ((meant.essence,) if meant.essence else ()):
                    yield f"{being.name}'s {field_name} was meant to be {meant.essence!r} but {item.side} shows another"


def _reached(
    evidence: Evidence, held: Held, meant: Meant, outlook: Sighting, pipeliner: Sighting
) -> tuple[Sighting, ...]:
    """Which contacts of a link a person's word must have reached, by the directions of the connections."""
    source = next((item for item in evidence.connections if item.record.folder_id == meant.folder_id), None)
    if source is not None and not source.record.settings.sync_type.reaches(Side.PIPELINER):
        return ()
    is_here = source is held
    to_outlook = is_here or held.record.settings.sync_type.reaches(Side.OUTLOOK)
    return (outlook, pipeliner) if to_outlook else (pipeliner,)


def both_sides_agree(evidence: Evidence) -> Iterator[str]:
    """In both directions, the contacts of a link show the same in every field, as far as both have room."""
    for held, link, outlook, pipeliner in linked_pairs(evidence):
        if held.record.settings.sync_type is not SyncType.TWO_WAY:
            continue
        excused = _excused(held, link) | _habits(evidence) | withheld_on(evidence, pipeliner)
        for name in TEXTS:
            if name not in excused and outlook.essences(name) != pipeliner.essences(name):
                yield f"{outlook.name}'s {name} differs: {outlook.values[name]} and {pipeliner.values[name]}"
        for name in LISTS:
            if name not in excused and not _lists_agree(name, outlook, pipeliner):
                yield f"{outlook.name}'s {name} differ: {outlook.values[name]} and {pipeliner.values[name]}"


def _lists_agree(name: str, outlook: Sighting, pipeliner: Sighting) -> bool:
    here, there = outlook.essences(name)[: ROOM[name]], pipeliner.essences(name)
    return set(here) <= set(there) and len(set(here)) >= min(len(set(there)), ROOM[name])


def _excused(held: Held, link: Link) -> frozenset[str]:
    """Fields that an attention item says wait for a person; all of them when it names none."""
    items = [item for item in held.rows.attention if item.link_id == link.id]
    if any(not item.fields for item in items):
        return frozenset((*TEXTS, *LISTS))
    named = {name for item in items for name in item.fields}
    by_slot = {path.partition(".")[0]: name for name, (path, _) in (*TEXTS.items(), *LISTS.items())}
    slots = {slot: name for name, (_, slot) in TEXTS.items()}
    slots |= {slot: name for name, (_, slots_) in LISTS.items() for slot in slots_}
    found = frozenset({*named, *(by_slot.get(name, "") for name in named), *(slots.get(name, "") for name in named)})
    return found if found.isdisjoint(ADDRESS) else found.union(ADDRESS)


def withheld_on(evidence: Evidence, pipeliner: Sighting) -> frozenset[str]:
    """Fields of a contact in which somebody typed what they may not edit in Pipeliner: it stays where it was typed."""
    return frozenset(
        change.field
        for held in evidence.connections
        for entry in (recorded.entry for recorded in held.history)
        if entry.why == NOT_SENT and entry.pipeliner_id == pipeliner.id
        for change in entry.changes
    )


def _habits(evidence: Evidence) -> frozenset[str]:
    """Fields that a service's own habit keeps apart."""
    crm = evidence.office.crm
    cut = {name for name, (_, slot) in TEXTS.items() if ("Contacts", slot) in crm.space.max_lengths}
    return frozenset(cut) if crm.switches.over_length == "truncate" else frozenset()
