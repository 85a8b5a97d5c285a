from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from sync_core.domain.lifecycle import Fate, OutlookState, PipelinerState, decide
from sync_core.domain.rules import ConflictRule, SyncType
from sync_core.queues.local import LocalQueue
from tests.battery.figures import record
from tests.battery.sweep.habits import USUAL
from tests.battery.sweep.picture import writes_of
from tests.battery.sweep.scenario import (
    Scenario,
    gone_from_crm,
    gone_from_outlook,
    handed_over,
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
}
PIPELINER_ACTS = {
    PipelinerState.UNCHANGED: (),
    PipelinerState.EDITED: (in_crm("Abel", phone2=IN_PIPELINER),),
    PipelinerState.DELETED: (gone_from_crm("Abel"),),
    PipelinerState.LEFT_SCOPE: (handed_over("Abel"),),
}


@dataclass(frozen=True, slots=True)
class Phones:
    """The one phone of the contact in the folder and in Pipeliner; None where no such contact may be."""

    outlook: str | None
    pipeliner: str | None


@pytest.mark.parametrize("rule", list(ConflictRule))
@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("sync_type", list(SyncType))
async def test_every_situation_comes_out_of_a_whole_pass_as_the_table_says(
    sync_type: SyncType, is_protected: bool, rule: ConflictRule
) -> None:
    """Promise 4: sixteen situations, each through a pass over both services, and the next pass writes nothing."""
    with quiet():
        frozen = await frozen_world(_start(sync_type, is_protected, rule), USUAL)
        wrong = []
        for outlook, pipeliner in product(OutlookState, PipelinerState):
            office = office_of(frozen)
            worker = open_worker("a", office.carriers, office, LocalQueue())
            await perform((*OUTLOOK_ACTS[outlook], *PIPELINER_ACTS[pipeliner]), worker.world)
            fate = decide(outlook, pipeliner, sync_type, delete_protection=is_protected).fate
            found = await _after_a_pass(worker)
            before = writes_of(office.services)
            await worker.round()
            if found != _expected(fate, outlook, pipeliner, sync_type, rule) or writes_of(office.services) != before:
                wrong.append((outlook, pipeliner, fate, found))
            await office.store.close()
        frozen.close()
    record("truth table", passes=len(OutlookState) * len(PipelinerState))
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


async def _after_a_pass(worker: Worker) -> Phones:
    await worker.round()
    return _phones(worker.world)


def _phones(world: World) -> Phones:
    in_folder = [item["mobilePhone"] for item in world.outlook()]
    customers = [row["phone2"] for row in world.customers()]
    assert len(in_folder) <= 1, "doubled in Outlook"
    assert len(customers) <= 1, "doubled in Pipeliner"
    return Phones(*in_folder or [None], *customers or [None])


def _expected(
    fate: Fate, outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, rule: ConflictRule
) -> Phones:
    told = IN_OUTLOOK if outlook is OutlookState.EDITED else OLD
    held = IN_PIPELINER if pipeliner is PipelinerState.EDITED else OLD
    in_folder = told if outlook in {OutlookState.UNCHANGED, OutlookState.EDITED} else None
    customer = held if pipeliner is not PipelinerState.DELETED else None
    return {
        Fate.MERGE: _merged(told, held, sync_type, rule),
        Fate.REST: Phones(in_folder, customer),
        Fate.END: Phones(None, customer),
        Fate.DELETE_IN_PIPELINER: Phones(None, None),
        Fate.DELETE_IN_OUTLOOK: Phones(None, None),
        Fate.REMOVE_FROM_OUTLOOK: Phones(None, customer),
        Fate.SEND_THEN_REMOVE: Phones(None, told),
        Fate.RECREATE_IN_OUTLOOK: Phones(held, held),
        Fate.RECREATE_IN_PIPELINER: Phones(told, told),
    }[fate]


def _merged(told: str, held: str, sync_type: SyncType, rule: ConflictRule) -> Phones:
    """Pipeliner's edit is the newer one; in one direction the side that is not led keeps its own."""
    is_told, is_held = told != OLD, held != OLD
    if sync_type is SyncType.TO_PIPELINER:
        return Phones(told, told if is_told else held)
    if sync_type is SyncType.TO_OUTLOOK:
        return Phones(held if is_held else told, held)
    outlook_wins = is_told and (not is_held or rule is ConflictRule.OUTLOOK)
    winner = told if outlook_wins else held
    return Phones(winner, winner)
