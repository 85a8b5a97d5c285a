"""Scenes of people who act at the same time, on both sides or in the middle of a run."""

from __future__ import annotations

from tests.battery.simulation.stage import SIDES, TICK, Stage
from tests.battery.simulation.story import Json
from tests.battery.simulation.words import some_text


def both_edit_one_field(stage: Stage) -> list[Json]:
    """The classic conflict."""
    who, field = stage.who(), some_text(stage.rng)
    return [TICK, stage.edit(who, "outlook", field), stage.edit(who, "pipeliner", field), TICK]


def both_edit_different_fields(stage: Stage) -> list[Json]:
    """Both edits survive."""
    who = stage.who()
    return [TICK, stage.edit(who, "outlook", "city"), stage.edit(who, "pipeliner", "notes"), TICK]


def both_add_an_address(stage: Stage) -> list[Json]:
    """Lists merge entry by entry."""
    who = stage.who()
    return [TICK, stage.entry(who, "outlook", "emails"), stage.entry(who, "pipeliner", "emails"), TICK]


def one_clears_one_edits(stage: Stage) -> list[Json]:
    """A blank never beats a value."""
    who, field = stage.who(), some_text(stage.rng)
    first, second = stage.rng.sample(SIDES, 2)
    return [TICK, stage.clear(who, first, field), stage.edit(who, second, field), TICK]


def edit_then_clear(stage: Stage) -> list[Json]:
    """The clearing travels."""
    who, field, side = stage.who(), some_text(stage.rng), stage.side()
    return [stage.edit(who, side, field), TICK, stage.clear(who, side, field), TICK]


def edit_against_delete(stage: Stage) -> list[Json]:
    """The edit wins."""
    who = stage.who()
    first, second = stage.rng.sample(SIDES, 2)
    both = [stage.edit(who, first), stage.delete(who, second)]
    stage.rng.shuffle(both)
    return [TICK, *both, TICK]


def deleted_on_both_sides(stage: Stage) -> list[Json]:
    """Nothing is left to do."""
    who = stage.who()
    return [TICK, stage.delete(who, "outlook"), stage.delete(who, "pipeliner"), TICK]


def created_on_both_sides(stage: Stage) -> list[Json]:
    """The same person, at the same time."""
    birth = stage.newcomer()
    return [birth, stage.counterpart_of(birth), TICK]


def created_while_we_create(stage: Stage) -> list[Json]:
    """The counterpart appears in the middle of a run."""
    birth = stage.newcomer()
    where = stage.rng.choice(("graph", "pipeliner"))
    return [birth, stage.interrupt(where, stage.rng.randint(1, 6), stage.counterpart_of(birth)), TICK]


def edited_between_read_and_write(stage: Stage) -> list[Json]:
    """A person edits the very contact that is being written, perhaps in the very field."""
    who = stage.who()
    first, second = stage.rng.sample(SIDES, 2)
    field = some_text(stage.rng)
    then = stage.edit(who, second, field if stage.rng.random() < 0.7 else "")
    pattern = r"PATCH .*/Contacts/" if second == "pipeliner" else r"POST .*\$batch"
    nth = 1 if second == "pipeliner" else stage.rng.randint(2, 4)
    where = "graph" if second == "outlook" else "pipeliner"
    guarded = [{"action": "switch", "service": "graph", "name": "if_match_enforced", "value": True}]
    steps = [TICK, stage.edit(who, first, field), stage.interrupt(where, nth, then, pattern=pattern), TICK]
    return [*guarded, *steps] if second == "outlook" and stage.rng.random() < 0.9 else steps


def somebody_acts_during_a_run(stage: Stage) -> list[Json]:
    """Anything may happen between two requests."""
    where = stage.rng.choice(("graph", "pipeliner", "store"))
    nth = stage.rng.randint(1, 8)
    return [stage.any_action(), stage.interrupt(where, nth, stage.any_action(), after=stage.rng.random() < 0.5), TICK]
