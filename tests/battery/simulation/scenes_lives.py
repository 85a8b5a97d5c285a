"""Scenes of what becomes of a contact: deleted, restored, moved, copied, merged, handed over, or too much."""

from __future__ import annotations

from tests.battery.simulation.stage import TICK, Stage
from tests.battery.simulation.story import Json
from tests.battery.simulation.words import some_text


def deleted_and_restored(stage: Stage) -> list[Json]:
    """Back from the dead, before or after we saw it."""
    who, side = stage.who(), stage.side()
    back = {"action": "restore", "who": who, "at": 0, "side": side}
    pause = [TICK] if stage.rng.random() < 0.6 else []
    return [TICK, stage.delete(who, side), *pause, back, TICK]


def restored_after_our_delete(stage: Stage) -> list[Json]:
    """A person takes the contact back that the sync deleted: it carries the id of a deleted one."""
    who, at = stage.who(), stage.at()
    return [
        TICK,
        stage.delete(who, "pipeliner"),
        TICK,
        {"action": "restore", "who": who, "at": at, "side": "outlook"},
        TICK,
    ]


def moved_and_returned(stage: Stage) -> list[Json]:
    """Out of the folder and back."""
    at = {"who": stage.who(), "at": stage.at()}
    pause = [TICK] if stage.rng.random() < 0.6 else []
    edit = [stage.edit(str(at["who"]), "pipeliner")] if stage.rng.random() < 0.5 else []
    return [TICK, {"action": "move_away", **at}, *edit, *pause, {"action": "move_back", **at}, TICK]


def copied_and_edited(stage: Stage) -> list[Json]:
    """The copy carries our stored id."""
    who, at = stage.who(), stage.at()
    edit = {**stage.edit(who, "outlook"), "which": 1, "at": at}
    return [TICK, {"action": "copy", "who": who, "at": at}, edit, TICK]


def merged(stage: Stage) -> list[Json]:
    """Two contacts become one in Pipeliner."""
    return [TICK, {"action": "merge", "who": stage.who(), "into": stage.who()}, TICK]


def handed_over(stage: Stage) -> list[Json]:
    """A contact leaves one salesman's scope, perhaps with an edit that was not sent."""
    who = stage.who()
    edit = [stage.edit(who, "outlook")] if stage.rng.random() < 0.6 else []
    back = [TICK, stage.reassign(who, 0)] if stage.rng.random() < 0.4 else []
    return [TICK, *edit, stage.reassign(who, 1), *back, TICK]


def shared_and_taken_back(stage: Stage) -> list[Json]:
    """The colleague's folder follows."""
    who, user = stage.who(), stage.rng.randrange(2)
    shared = {"action": "share", "who": who, "user": user, "role": 2}
    return [TICK, shared, TICK, stage.edit(who, stage.side()), {"action": "unshare", "who": who, "user": user}, TICK]


def hidden_for_a_while(stage: Stage) -> list[Json]:
    """A lost permission is no delete."""
    who, at = stage.who(), stage.at()
    full = {"action": "sync", "at": at, "mode": "full"}
    shown = [{"action": "hide", "who": who, "hidden": False}] if stage.rng.random() < 0.6 else []
    return [TICK, {"action": "hide", "who": who}, stage.edit(who, "outlook"), full, *shown, TICK]


def account_renamed(stage: Stage) -> list[Json]:
    """The company of its contacts changes, although none of them was touched."""
    who = stage.who()
    renamed = {"action": "rename_account", "account": 0, "value": stage.words.value("company")}
    return [{"action": "link_account", "who": who, "account": 0}, TICK, renamed, TICK]


def mass_delete(stage: Stage) -> list[Json]:
    """More than the safety limits let through in one run."""
    side = stage.side()
    people = stage.rng.sample(stage.people, min(3, len(stage.people)))
    return [TICK, *(stage.delete(who, side) for who in people), TICK]


def mass_change(stage: Stage) -> list[Json]:
    """A bad import: the same field of many contacts."""
    field = some_text(stage.rng)
    people = stage.rng.sample(stage.people, min(3, len(stage.people)))
    return [TICK, *(stage.edit(who, "pipeliner", field) for who in people), TICK]


def too_much_for_the_other_side(stage: Stage) -> list[Json]:
    """A text that is too long, or more phones than fit."""
    who = stage.who()
    if stage.rng.random() < 0.5:
        edit = stage.edit(who, "pipeliner", "city")
        return [TICK, {**edit, "value": stage.words.long("city")}, TICK]
    return [
        TICK,
        *(stage.entry(who, "outlook", "business_phones") for _ in range(2)),
        stage.entry(who, "pipeliner", "business_phones"),
        TICK,
    ]


def cannot_be_created(stage: Stage) -> list[Json]:
    """What Pipeliner refuses waits for a person; an address that is none is left out."""
    birth = stage.newcomer("outlook")
    later = [TICK, stage.edit(birth["who"], "outlook", "city"), TICK]
    if stage.rng.random() < 0.7:
        birth["values"]["notes"] = f"{stage.words.value('notes')} \N{GRINNING FACE}"
        strict = {"action": "switch", "service": "crm", "name": "four_byte_text", "value": "reject"}
        return [strict, birth, *later]
    birth["values"]["emails"] = ["nobody, at nowhere"]
    return [birth, *later]


def same_address_for_two(stage: Stage) -> list[Json]:
    """A shared address does not say who is meant."""
    one, two = stage.newcomer("pipeliner"), stage.newcomer("pipeliner")
    other = stage.newcomer("outlook")
    address = stage.words.value("emails")
    for birth in (one, two, other):
        birth["values"]["emails"] = [address]
    return [one, two, other, TICK]


def third_tool_circle(stage: Stage) -> list[Json]:
    """Another tool sets a field back after every run."""
    who = stage.who()
    rounds = [step for _ in range(13) for step in (stage.edit(who, "pipeliner", "mobile_phone"), TICK)]
    return [TICK, *rounds, {"action": "wait", "seconds": 4000}, TICK]


def typed_again(stage: Stage) -> list[Json]:
    """Somebody deletes a contact and types it anew, before or after we saw that it was gone."""
    who, at, side = stage.who(), stage.at(), stage.side()
    if stage.rng.random() < 0.7:
        return [TICK, {"action": "type_again", "who": who, "at": at, "side": side}, TICK]
    edit = stage.edit(who, "pipeliner" if side == "outlook" else "outlook")
    return [TICK, edit, {"action": "type_again", "who": who, "at": at, "side": side}, TICK]


def migrated(stage: Stage) -> list[Json]:
    """All cards of a folder get new ids."""
    at = stage.at()
    edit = [stage.edit(stage.who(), stage.side())] if stage.rng.random() < 0.4 else []
    return [TICK, *edit, {"action": "migrate", "at": at}, TICK]


def typed_over(stage: Stage) -> list[Json]:
    """Another person is typed over a contact, and somebody says so, or deletes it."""
    who, at, side = stage.who(), stage.at(), stage.side()
    over = {**stage.type_over(who, side), "at": at}
    said = {"action": "answer", "at": at, "which": 0}
    gone = stage.delete(str(over["other"]), side)
    then = stage.rng.choice(([said], [gone, TICK], [stage.edit(who, stage.side()), TICK, said], []))
    return [TICK, over, TICK, *then, TICK]


def deleted_with_time(stage: Stage) -> list[Json]:
    """A contact is deleted, and a quarter of an hour goes by; perhaps it is back before."""
    who, side = stage.who(), stage.side()
    soon, late = {"action": "wait", "seconds": 400}, {"action": "wait", "seconds": 700}
    back = [{"action": "restore", "who": who, "at": 0, "side": side}] if stage.rng.random() < 0.4 else []
    return [TICK, stage.delete(who, side), TICK, soon, *back, TICK, late, TICK]
