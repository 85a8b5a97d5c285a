from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from sync_core.domain import ConflictRule, Mark, OutlookState, PipelinerState, Resolution, Situation, SyncType, rule_for
from sync_core.queues import LocalQueue
from tests.battery.figures import record
from tests.battery.sweep.habits import USUAL
from tests.battery.sweep.picture import writes_of
from tests.battery.sweep.scenario import (
    Scenario,
    gone_from_crm,
    gone_from_outlook,
    handed_over,
    hidden_in_crm,
    in_crm,
    in_outlook,
    moved_away,
    new_in_crm,
    new_in_outlook,
    perform,
    synced,
)
from tests.battery.sweep.sweeping import quiet
from tests.battery.sweep.trial import frozen_world, office_of
from tests.battery.sweep.workers import Worker, open_worker
from tests.scenarios.world import World

OLD, IN_OUTLOOK, IN_PIPELINER = "1", "2", "3"
OUTLOOK_ACTS = {
    OutlookState.UNCHANGED: (),
    OutlookState.EDITED: (in_outlook("Abel", mobilePhone=IN_OUTLOOK),),
    OutlookState.DELETED: (gone_from_outlook("Abel"),),
    OutlookState.MOVED: (moved_away("Abel"),),
    OutlookState.EDIT_ARRIVED: (in_outlook("Abel", mobilePhone=IN_OUTLOOK), in_crm("Abel", phone2=IN_OUTLOOK)),
    OutlookState.EDIT_BLOCKED: (in_outlook("Abel", mobilePhone=IN_OUTLOOK), in_crm("Abel", phone2=IN_OUTLOOK)),
}
PIPELINER_ACTS = {
    PipelinerState.UNCHANGED: (),
    PipelinerState.EDITED: (in_crm("Abel", phone2=IN_PIPELINER),),
    PipelinerState.DELETED: (gone_from_crm("Abel"),),
    PipelinerState.LEFT_SCOPE: (handed_over("Abel"),),
    PipelinerState.OUT_OF_SIGHT: (hidden_in_crm("Abel"),),
}
SITUATIONS = (
    *product((OutlookState.UNCHANGED, OutlookState.EDITED, OutlookState.DELETED, OutlookState.MOVED), PipelinerState),
    (OutlookState.EDIT_ARRIVED, PipelinerState.DELETED),
    (OutlookState.EDIT_BLOCKED, PipelinerState.LEFT_SCOPE),
)
"""The finer kinds of an edit only matter, and only arise, beside one state of Pipeliner each."""


@dataclass(frozen=True, slots=True)
class Phones:
    """The one phone of the contact in the folder and in Pipeliner; None where no such contact may be."""

    outlook: str | None
    pipeliner: str | None


@pytest.mark.parametrize("rule", list(ConflictRule))
@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("sync_type", list(SyncType))
async def test_every_situation_comes_out_of_a_whole_run_as_the_table_says(
    sync_type: SyncType, is_protected: bool, rule: ConflictRule
) -> None:
    """Promise 4: all situations that people make, each through a whole run, and the next run writes nothing."""
    with quiet():
        frozen = await frozen_world(_start(sync_type, is_protected, rule), USUAL)
        wrong = []
        for outlook, pipeliner in SITUATIONS:
            office = office_of(frozen)
            worker = open_worker("a", office.carriers, office, LocalQueue())
            await perform((*OUTLOOK_ACTS[outlook], *PIPELINER_ACTS[pipeliner]), worker.world)
            seen = Situation(outlook, pipeliner, Mark.NONE, sync_type, is_protected)
            resolution = rule_for(seen).resolution
            found = await _after_a_run(worker)
            before = writes_of(office.services)
            await worker.round()
            if (
                found != _expected(resolution, outlook, pipeliner, sync_type, rule)
                or writes_of(office.services) != before
            ):
                wrong.append((outlook, pipeliner, resolution, found))
            await office.store.close()
    record("truth table", runs=len(SITUATIONS))
    assert not wrong


def _start(sync_type: SyncType, is_protected: bool, rule: ConflictRule) -> Scenario:
    """One contact, alike on both sides, which to_pipeliner can only have from Outlook."""
    born_in_outlook = sync_type is SyncType.TO_PIPELINER
    return Scenario(
        "start",
        before=() if born_in_outlook else (new_in_crm("Abel", phone2=OLD),),
        between=(new_in_outlook("Abel", mobilePhone=OLD), synced) if born_in_outlook else (),
        settings={"sync_type": sync_type, "delete_protection": is_protected, "conflict_rule": rule},
    )


async def _after_a_run(worker: Worker) -> Phones:
    await worker.round()
    return _phones(worker.world)


def _phones(world: World) -> Phones:
    in_folder = [item["mobilePhone"] for item in world.outlook()]
    customers = [row["phone2"] for row in world.customers()]
    assert len(in_folder) <= 1, "doubled in Outlook"
    assert len(customers) <= 1, "doubled in Pipeliner"
    return Phones(*in_folder or [None], *customers or [None])


def _expected(
    resolution: Resolution, outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, rule: ConflictRule
) -> Phones:
    on_both = outlook in {OutlookState.EDIT_ARRIVED, OutlookState.EDIT_BLOCKED}
    told = IN_OUTLOOK if on_both or outlook is OutlookState.EDITED else OLD
    held = IN_OUTLOOK if on_both else IN_PIPELINER if pipeliner is PipelinerState.EDITED else OLD
    in_folder = told if outlook not in {OutlookState.DELETED, OutlookState.MOVED} else None
    customer = held if pipeliner is not PipelinerState.DELETED else None
    return {
        Resolution.MERGE: _merged(told, held, sync_type, rule),
        Resolution.DORMANT: Phones(in_folder, customer),
        Resolution.END: Phones(None, customer),
        Resolution.DELETE_IN_PIPELINER: Phones(None, None),
        Resolution.DELETE_IN_OUTLOOK: Phones(None, None),
        Resolution.REMOVE_FROM_OUTLOOK: Phones(None, customer),
        Resolution.SEND_THEN_REMOVE: Phones(None, customer),  # handed over, it is not theirs to edit any more
        Resolution.RECREATE_IN_OUTLOOK: Phones(held, held),
        Resolution.RECREATE_IN_PIPELINER: Phones(told, told),
    }[resolution]


def _merged(told: str, held: str, sync_type: SyncType, rule: ConflictRule) -> Phones:
    """Pipeliner's edit is the newer one; in one direction the side that is not led keeps its own."""
    is_told, is_edited = told != OLD, held != OLD
    if sync_type is SyncType.TO_PIPELINER:
        return Phones(told, told if is_told else held)
    if sync_type is SyncType.TO_OUTLOOK:
        return Phones(held if is_edited else told, held)
    outlook_wins = is_told and (not is_edited or rule is ConflictRule.OUTLOOK)
    winner = told if outlook_wins else held
    return Phones(winner, winner)
