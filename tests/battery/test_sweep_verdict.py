from __future__ import annotations

from dataclasses import dataclass

import pytest

from sync_core.domain import PipelinerId
from sync_core.queues import LocalQueue
from sync_core.state import StoredFeedState
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.kinds import Kind
from tests.battery.sweep.persons_edit import PersonsEdit
from tests.battery.sweep.scenario import (
    Act,
    gone_from_crm,
    gone_from_outlook,
    in_crm,
    in_outlook,
    new_in_crm,
    perform,
)
from tests.battery.sweep.sweeping import quiet
from tests.battery.sweep.trial import Case, after_acts, come_to_rest, judged, office_of, open_case
from tests.battery.sweep.workers import Office, open_worker
from tests.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Ended:
    """A case, and an office in which its undisturbed end was reached once more."""

    case: Case
    office: Office

    @property
    def world(self) -> World:
        """What people see and do there."""
        return open_worker("d", self.office.carriers, self.office, LocalQueue()).world

    async def close(self) -> None:
        """Forget all rows."""
        await self.office.store.close()


async def _ended() -> Ended:
    (scenario,) = [one for one in SCENARIOS if one.name == "edits_on_both_sides"]
    case = await open_case(scenario)
    office = office_of(case.frozen)
    await come_to_rest(office, await after_acts(scenario, office))
    return Ended(case, office)


def _doubled_in_outlook(world: World) -> None:
    world.graph.copy_contact(world.record.mailbox, world.person("Abel")["id"], world.folder_id)


async def _left_behind(world: World) -> None:
    await StoredFeedState(world.store, "em_Emulated").deliver(world.record.id, [PipelinerId("left-behind")])


WRONGS: dict[str, Act] = {
    "doubled in Outlook": _doubled_in_outlook,
    "doubled in Pipeliner": new_in_crm("Abel", phone2="2", city="Rome"),
    "another value in Outlook": in_outlook("Baker", mobilePhone="9"),
    "another value in Pipeliner": in_crm("Baker", city="Bonn"),
    "gone from Outlook": gone_from_outlook("Baker"),
    "gone from Pipeliner": gone_from_crm("Baker"),
    "work left behind": _left_behind,
}


@pytest.mark.parametrize("wrong", WRONGS)
async def test_the_verdict_sees_what_is_wrong(wrong: str) -> None:
    """The undisturbed end passes, and the same end with one thing wrong does not."""
    with quiet():
        ended = await _ended()
        fine = judged(ended.case, ended.office, [])
        await perform((WRONGS[wrong],), ended.world)
        problems = judged(ended.case, ended.office, [])
        await ended.close()

    assert fine == []
    assert problems != []


@pytest.mark.parametrize("kind", [Kind.OUTLOOK_EDIT, Kind.PIPELINER_EDIT])
async def test_the_verdict_sees_a_persons_edit_that_stays_on_one_side(kind: Kind) -> None:
    """Linked, alive on both sides, and nobody ran a run: the word is on one side only."""
    with quiet():
        ended = await _ended()
        edit = PersonsEdit.made(ended.office, "Abel", kind)
        unsent = judged(ended.case, ended.office, [edit])
        await come_to_rest(ended.office, LocalQueue())
        sent = judged(ended.case, ended.office, [edit])
        await ended.close()

    assert unsent != []
    assert sent == []
