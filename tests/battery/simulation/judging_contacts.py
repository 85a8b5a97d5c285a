"""Whether a contact was doubled, or deleted against the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sync_core.domain import Action, Reason, Side, SyncType
from sync_core.engine.recovery import CREATED_BY_US
from sync_core.engine.succeeding import SUCCEEDED
from tests.battery.simulation.chronicle import Being
from tests.battery.simulation.evidence import Evidence, Held, linked_pairs
from tests.battery.simulation.sight import Sighting


def no_duplicates(evidence: Evidence) -> Iterator[str]:
    """A person exists at most once in each folder and in Pipeliner, plus what people copied, restored or doubled.

    Known limit: when a contact of several folders is deleted in Pipeliner and edited in more than one of them
    before the next run, each folder's edit wins over the delete, and each creates it again. And a contact that a
    person wrote into a folder of a connection to Outlook is remembered for one run only.
    """
    count = Counter((item.name, item.place or item.side) for item in evidence.shown)
    for (name, place), found in count.items():
        being = evidence.chronicle.being(name)
        allowed = 1 + being.extra + being.is_blurred * _is_met_late(evidence, name) + _made_again(evidence, name)
        allowed += _is_kept_apart(evidence, name, place) + _is_told_late(evidence, name, place)
        if found > allowed:
            where = "pipeliner" if place == "pipeliner" else "outlook"
            yield f"{name} exists {found} times, {allowed} allowed, in {where}"


def nobody_shares_a_contact(evidence: Evidence) -> Iterator[str]:
    """The two contacts of a link are one person's, unless somebody is asked about them."""
    for held, link, outlook, pipeliner in linked_pairs(evidence):
        if outlook.name != pipeliner.name and not held.rows.asked_about(link):
            yield f"{outlook.name} and {pipeliner.name} share a link in {held.record.id}"


def nobody_is_created_twice(evidence: Evidence) -> Iterator[str]:
    """Of the contacts that the sync created for a person one at most is there, on each side.

    A card that somebody moved to another folder is theirs.
    """
    by_id = {item.id: item for item in evidence.shown}
    for held in evidence.connections:
        made: Counter[tuple[str, Side]] = Counter()
        for entry in (recorded.entry for recorded in held.history):
            if entry.action is Action.CREATED and entry.side is not None:
                key = entry.outlook_id if entry.side is Side.OUTLOOK else entry.pipeliner_id
                item = by_id.get(str(key))
                is_there = item is not None and item.place in {"", None, held.record.folder_id}
                made[item.name if item else "", entry.side] += is_there
        for (name, side), count in made.items():
            being = evidence.chronicle.being(name)
            if count > 1 + being.extra + being.is_blurred * _is_met_late(evidence, name):
                yield f"{count} contacts of {name} in {side.value} were created by {held.record.id}"


def answers_are_kept(evidence: Evidence) -> Iterator[str]:
    """Nobody is asked again and again what they have answered."""
    for (connection_id, _, reason, candidates), times in evidence.deployment.answered.items():
        if times > 2:
            yield f"{connection_id} asked {times} times for {reason.value} about {len(candidates)} candidates"


def _is_met_late(evidence: Evidence, name: str) -> bool:
    """Whether a person was made on both sides by hand, so that edits of their names could keep the two apart."""
    sides = {item["side"] for item in evidence.office.births if item["who"] == name}
    return len(sides) > 1


def _is_kept_apart(evidence: Evidence, name: str, folder_id: str) -> bool:
    """Whether a person wrote that contact by hand into a folder that only receives."""
    for held in evidence.connections:
        if held.record.folder_id == folder_id and held.record.settings.sync_type is SyncType.TO_OUTLOOK:
            return any(birth["who"] == name and birth["side"] == "outlook" for birth in evidence.office.births)
    return False


def _is_told_late(evidence: Evidence, name: str, folder_id: str) -> bool:
    """Whether Graph told of a person's card only after the sync had made one, and somebody is asked about the two."""
    own = {item.id for item in evidence.shown if (item.name, item.place) == (name, folder_id)}
    asked = {
        item.outlook_id for held in evidence.connections for item in held.rows.attention if item.reason is Reason.DOUBLE
    }
    return evidence.deployment.noted["listing cut"] > 0 and not own.isdisjoint(asked)


_AGAIN = frozenset({"edited in Outlook meanwhile: the edit wins", CREATED_BY_US})


def _made_again(evidence: Evidence, name: str) -> int:
    """In how many connections beyond the first an edit of that person won over a delete in Pipeliner."""
    places = evidence.chronicle.being(name).places
    connections = {
        held.record.id
        for held in evidence.connections
        for entry in (recorded.entry for recorded in held.history)
        if entry.action is Action.CREATED and entry.side is Side.PIPELINER and entry.why in _AGAIN
        if ("outlook", str(entry.outlook_id)) in places
    }
    return max(0, len(connections) - 1)


def no_wrong_delete(evidence: Evidence) -> Iterator[str]:
    """A contact is gone only because a person deleted it or its counterpart, merged it, or handed it over."""
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
            if not causes and not _is_succeeded(evidence, being, place):
                yield f"{being.name}'s contact in {place[0]} is gone, and nobody deleted it"


def _is_succeeded(evidence: Evidence, being: Being, place: tuple[str, str]) -> bool:
    """Whether the sync removed its own copy because a person's own card of the same person is in its place."""
    for held in evidence.connections:
        entries = [recorded.entry for recorded in held.history]
        made = {one.outlook_id for one in entries if one.action is Action.CREATED and one.side is Side.OUTLOOK}
        links = {one.link_id for one in entries if one.why == SUCCEEDED and one.outlook_id == place[1]}
        after = {str(one.outlook_id) for one in entries if one.link_id in links and one.action is Action.LINKED}
        if place[1] in made and any(("outlook", key) in being.places for key in after):
            return True
    return False


def deletes_travel(evidence: Evidence) -> Iterator[str]:
    """A delete about which nobody disagreed takes the counterpart along, or stays where the rules keep it.

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
                is_known = is_known and not _is_kept_from_them(held, in_pipeliner[0])
                if travels and is_known and not in_pipeliner[0].is_veiled:
                    yield f"{being.name} was deleted in Outlook but is still in Pipeliner"
                if not travels and not in_pipeliner and not _others_delete(evidence, held):
                    yield f"{being.name} was deleted in Outlook, and in Pipeliner against the rules"


def _is_kept_from_them(held: Held, pipeliner: Sighting) -> bool:
    """Whether the contact was kept because the connection's user may not delete it in Pipeliner."""
    entries = (recorded.entry for recorded in held.history)
    return any("not the user's to delete" in entry.why and entry.pipeliner_id == pipeliner.id for entry in entries)


def _was_out_of_sight(held: Held, pipeliner: Sighting) -> bool:
    """Whether a link rested because Pipeliner did not show its contact: what happens meanwhile deletes nothing."""
    entries = (recorded.entry for recorded in held.history)
    return any("does not show it" in entry.why and entry.pipeliner_id == pipeliner.id for entry in entries)


def _others_delete(evidence: Evidence, held: Held) -> bool:
    return any(other is not held for other in evidence.connections)
