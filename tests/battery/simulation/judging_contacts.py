"""Whether a contact was doubled, or deleted against the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sync_core.domain.contact import Side
from sync_core.domain.records import Deed
from sync_core.domain.rules import SyncType
from sync_core.engine.recovery import CREATED_BY_US
from tests.battery.simulation.evidence import Evidence, Held
from tests.battery.simulation.sight import Sighting


def no_duplicates(evidence: Evidence) -> Iterator[str]:
    """A person exists at most once in each folder and in Pipeliner, plus what people copied, restored or doubled.

    Known limit: when a contact of several folders is deleted in Pipeliner and edited in more than one of them
    before the next pass, each folder's edit wins over the delete, and each creates it again. And a contact that a
    person wrote into a folder of a connection to Outlook is remembered for one pass only.
    """
    count = Counter((item.name, item.place or item.side) for item in evidence.shown)
    for (name, place), found in count.items():
        being = evidence.chronicle.being(name)
        allowed = 1 + being.extra + being.is_blurred * _is_met_late(evidence, name) + _made_again(evidence, name)
        allowed += _is_kept_apart(evidence, name, place)
        if found > allowed:
            where = "pipeliner" if place == "pipeliner" else "outlook"
            yield f"{name} exists {found} times, {allowed} allowed, in {where}"


def _is_met_late(evidence: Evidence, name: str) -> bool:
    """Whether a person was made on both sides by hand, so that edits of his names could keep the two apart."""
    sides = {item["side"] for item in evidence.office.births if item["who"] == name}
    return len(sides) > 1


def _is_kept_apart(evidence: Evidence, name: str, folder_id: str) -> bool:
    """Whether a person wrote that contact by hand into a folder that only receives."""
    for held in evidence.connections:
        if held.record.folder_id == folder_id and held.record.settings.sync_type is SyncType.TO_OUTLOOK:
            return any(birth["who"] == name and birth["side"] == "outlook" for birth in evidence.office.births)
    return False


_AGAIN = frozenset({"edited in Outlook meanwhile: the edit wins", CREATED_BY_US})


def _made_again(evidence: Evidence, name: str) -> int:
    """In how many connections beyond the first an edit of that person won over a delete in Pipeliner."""
    places = evidence.chronicle.being(name).places
    connections = {
        held.record.id
        for held in evidence.connections
        for entry in (recorded.entry for recorded in held.history)
        if entry.deed is Deed.CREATED and entry.side is Side.PIPELINER and entry.why in _AGAIN
        if ("outlook", str(entry.outlook_id)) in places
    }
    return max(0, len(connections) - 1)


def no_wrong_delete(evidence: Evidence) -> Iterator[str]:
    """A contact is gone only because a person deleted it or its twin, merged it, or handed it over."""
    living = {(item.side, item.id) for item in evidence.shown}
    hidden = evidence.office.crm.space.tables["Contacts"].hidden
    protected = all(
        held.record.settings.delete_protection or not held.record.settings.sync_type.reaches(Side.PIPELINER)
        for held in evidence.connections
    )
    for being in evidence.chronicle.beings.values():
        for place in being.places:
            if place in living or place[1] in hidden:
                continue
            causes = set(being.causes)
            if place[0] == "pipeliner" and protected:
                causes -= {"deleted in outlook"}
            if place[0] == "pipeliner":
                causes -= {"handed over"}
            if not causes:
                yield f"{being.name}'s contact in {place[0]} is gone, and nobody deleted it"


def deletes_travel(evidence: Evidence) -> Iterator[str]:
    """A delete about which nobody disagreed takes the twin along, or stays where the rules keep the twin.

    Where Graph goes on showing deleted contacts by their immutable ids, a delete looks like a move to another
    folder, which deletes nothing: there it need not travel.
    """
    looks_like_a_move = evidence.office.graph.switches.deleted_items_readable
    for being in evidence.chronicle.beings.values():
        farewell = being.farewell
        if farewell is None:
            continue
        items = [item for item in evidence.shown if item.name == being.name]
        for held in evidence.connections:
            settings = held.record.settings
            here = [item for item in items if item.place == held.record.folder_id]
            if farewell.side == "pipeliner" and settings.sync_type is not SyncType.TO_PIPELINER and here:
                yield f"{being.name} was deleted in Pipeliner but is still in Outlook"
            if farewell.side == "outlook" and farewell.folder_id == held.record.folder_id:
                in_pipeliner = [item for item in items if item.side == "pipeliner"]
                travels = settings.sync_type.reaches(Side.PIPELINER) and not settings.delete_protection
                if here:
                    yield f"{being.name} was deleted in Outlook but came back"
                is_known = in_pipeliner and not _was_out_of_sight(held, in_pipeliner[0]) and not looks_like_a_move
                if travels and is_known and not in_pipeliner[0].is_veiled:
                    yield f"{being.name} was deleted in Outlook but is still in Pipeliner"
                if not travels and not in_pipeliner and not _others_delete(evidence, held):
                    yield f"{being.name} was deleted in Outlook, and in Pipeliner against the rules"


def _was_out_of_sight(held: Held, pipeliner: Sighting) -> bool:
    """Whether a link rested because Pipeliner did not show its contact: what happens meanwhile deletes nothing."""
    entries = (recorded.entry for recorded in held.history)
    return any("does not show it" in entry.why and entry.pipeliner_id == pipeliner.id for entry in entries)


def _others_delete(evidence: Evidence, held: Held) -> bool:
    return any(other is not held for other in evidence.connections)
