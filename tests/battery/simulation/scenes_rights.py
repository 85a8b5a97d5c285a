"""Scenes of who may: shares that end, units, roles, users who are deactivated, and roles that nobody can read."""

from __future__ import annotations

from tests.battery.simulation.stage import TICK, Stage
from tests.battery.simulation.story import Json


def only_watched_from_now_on(stage: Stage) -> list[Json]:
    """A colleague's contact that could be edited may only be looked at, and somebody edits or deletes it still."""
    who = stage.who()
    shared = {"action": "share", "who": who, "user": 0, "role": 2}
    watched = {"action": "watch", "who": who, "user": 0}
    late = [] if stage.rng.random() < 0.5 else [TICK]
    then = stage.edit(who, "outlook") if stage.rng.random() < 0.7 else stage.delete(who, "outlook")
    return [stage.reassign(who, 1), shared, TICK, watched, *late, then, TICK]


def rights_lost_in_mid_run(stage: Stage) -> list[Json]:
    """What is about to be written is given to a colleague, or is shared no more."""
    who, where = stage.who(), stage.rng.choice(("graph", "pipeliner", "store"))
    lost = stage.rng.choice((stage.reassign(who, 1), {"action": "unshare", "who": who, "user": 0}))
    return [TICK, stage.edit(who, "outlook"), stage.interrupt(where, stage.rng.randint(1, 8), lost), TICK]


def user_leaves(stage: Stage) -> list[Json]:
    """Somebody is deactivated, goes on typing, and perhaps comes back."""
    user, at = stage.somebody(), stage.at()
    gone, back = ({"action": "deactivate", "user": user, "active": active} for active in (False, True))
    resumed = [{"action": "pause", "at": at, "paused": False}, TICK] if stage.rng.random() < 0.7 else []
    typed = [stage.edit(stage.who(), "outlook"), stage.delete(stage.who(), stage.side())]
    returned = [back, *resumed] if stage.rng.random() < 0.7 else []
    return [TICK, gone, *typed, TICK, stage.edit(stage.who(), "outlook"), *returned, TICK]


def other_unit(stage: Stage) -> list[Json]:
    """A contact, or a user, moves to another unit, and perhaps back."""
    who, user = stage.who(), stage.somebody()
    moves = [{"action": "move_unit", "who": who, "unit": unit} for unit in (1, 0)]
    if stage.rng.random() < 0.5:
        moves = [{"action": "transfer", "user": user, "unit": unit} for unit in (1, 0)]
    back = [TICK, moves[1]] if stage.rng.random() < 0.5 else []
    return [TICK, moves[0], stage.edit(who, stage.side()), TICK, stage.delete(stage.who(), "outlook"), *back, TICK]


def other_role(stage: Stage) -> list[Json]:
    """A role that only reads, or edits all that it sees, or deletes nothing."""
    role = stage.role(stage.rng.choice((1, 1, 2, 4, 4)))
    if role["deletes"]:
        typed = [stage.edit(who, "outlook") for who in stage.rng.sample(stage.people, 2)]
        typed.append(stage.newcomer("outlook"))
    else:
        typed = [stage.delete(who, "outlook") for who in stage.rng.sample(stage.people, 2)]
    wide = [{**role, "level": 2, "deletes": True}, stage.edit(stage.who(), "outlook")]
    back = [TICK, *wide] if stage.rng.random() < 0.5 else []
    read = [TICK] if stage.rng.random() < 0.7 else []
    return [TICK, role, *read, *typed, TICK, *back, TICK]


def roles_unreadable(stage: Stage) -> list[Json]:
    """The key may not read roles any more, for a moment or for longer than what was read counts."""
    hidden, shown = (
        {"action": "switch", "service": "crm", "name": "roles_readable", "value": value} for value in (False, True)
    )
    waits = {"action": "wait", "seconds": stage.rng.choice((300, 1000, 1000))}
    typed = [stage.edit(stage.who(), "outlook"), stage.edit(stage.who(), "pipeliner"), stage.newcomer()]
    gone = [stage.delete(stage.who(), stage.side()), stage.reassign(stage.who(), 1)]
    changed = {"action": "give_role", "user": 0, "level": stage.rng.choice((1, 4)), "deletes": True}
    role = [changed] if stage.rng.random() < 0.4 else []
    back = [shown, TICK] if stage.rng.random() < 0.6 else []
    return [TICK, hidden, waits, TICK, *role, *stage.rng.sample([*typed, *gone], 3), TICK, *back]
