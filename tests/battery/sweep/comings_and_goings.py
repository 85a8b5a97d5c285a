"""Scenarios: scope, moves, deletes, resets, safety limits, several connections."""

from __future__ import annotations

from typing import Any

from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.operations import ConnectionChange, change
from sync_core.operations.asking import approve_removals
from sync_core.state import ConnectionStatus
from tests.battery.sweep.scenario import (
    Act,
    Said,
    Scenario,
    colleagues_in_crm,
    gone_from_crm,
    gone_from_outlook,
    handed_over,
    in_crm,
    in_outlook,
    moved_away,
    moved_back,
    new_in_crm,
    new_in_outlook,
    synced,
    taken_over,
)
from tests.scenarios.world import COLLEAGUE, MAILBOX, World

BOTH = (new_in_crm("Abel", phone2="1", city="Oslo"), new_in_crm("Baker"))
THREE = (*BOTH, new_in_crm("Cole", city="Oslo"))
TIGHT = {"max_delete_count": 1, "max_delete_percent": 0, "max_change_count": 1, "max_change_percent": 0}
UNPROTECTED: dict[str, Any] = {"delete_protection": False}


async def _approved(world: World) -> None:
    await approve_removals(world.deployment, world.record.id)


async def _full_round(world: World) -> None:
    await world.queue.put(RunRequest(world.record.id, Trigger.COMMAND, RunMode.FULL))


def _changed(**settings: Any) -> Act:
    async def act(world: World) -> None:
        await change(world.deployment, world.record.id, ConnectionChange.model_validate({"settings": settings}))

    return act


def _standing(status: ConnectionStatus) -> Act:
    async def act(world: World) -> None:
        await change(world.deployment, world.record.id, ConnectionChange(status=status))

    return act


async def _colleague_connected(world: World) -> None:
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="owned_or_editable", **UNPROTECTED)
    await synced(world)


def _shared(world: World) -> None:
    world.crm.people.share(world.customer("Abel")["id"], world.colleague_id)


def _shared_with_me(world: World) -> None:
    world.crm.people.share(world.customer("Abel")["id"], world.user_id)


def _unshared(world: World) -> None:
    world.crm.people.unshare(world.customer("Abel")["id"], world.user_id)


def _delta_lost(world: World) -> None:
    world.graph.expire_delta_tokens()


def _merged(world: World) -> None:
    world.crm.people.merge_contacts(world.customer("Abel")["id"], world.customer("Cole")["id"])


def _archived(world: World) -> None:
    world.crm.people.archive_contact(world.customer("Abel")["id"])


def _hidden(world: World) -> None:
    world.crm.people.hide(world.customer("Abel")["id"])


def _restored_in_pipeliner(world: World) -> None:
    (gone,) = world.customers(deleted=True)
    world.crm.people.restore_contact(gone["id"])


def _deleted_and_restored_in_outlook(world: World) -> None:
    identifier = world.person("Abel")["id"]
    world.graph.delete_contact(MAILBOX, identifier)
    world.graph.restore_contact(MAILBOX, identifier, world.folder_id)


ROME = (Said("Abel", ("1", "Rome"), ("1", "Rome")),)

SCOPES = (
    Scenario("comes_into_scope", before=(colleagues_in_crm("Abel"), BOTH[1]), acts=(taken_over("Abel"),)),
    Scenario("leaves_and_comes_back", before=BOTH, between=(handed_over("Abel"), synced), acts=(taken_over("Abel"),)),
    Scenario("leaves_and_comes_back_unnoticed", before=BOTH, acts=(handed_over("Abel"), taken_over("Abel"))),
    Scenario(
        "shared_with_the_user",
        before=(colleagues_in_crm("Abel"), BOTH[1]),
        acts=(_shared_with_me,),
        settings={"scope": "owned_or_editable"},
    ),
    Scenario(
        "shared_no_more",
        before=(colleagues_in_crm("Abel"), BOTH[1]),
        between=(_shared_with_me, synced),
        acts=(_unshared,),
        outlook="Baker",
        settings={"scope": "owned_or_editable"},
    ),
    Scenario("scope_widened", before=(colleagues_in_crm("Abel"), BOTH[1]), acts=(_changed(scope="visible"),)),
    Scenario(
        "scope_narrowed",
        before=(colleagues_in_crm("Abel"), BOTH[1]),
        acts=(_changed(scope="owned"),),
        outlook="Baker",
        settings={"scope": "visible"},
    ),
    Scenario(
        "paused_and_resumed",
        before=BOTH,
        between=(_standing(ConnectionStatus.PAUSED), in_crm("Abel", city="Rome"), synced),
        acts=(_standing(ConnectionStatus.ACTIVE),),
        said=ROME,
    ),
    Scenario("merged_in_pipeliner", before=(*BOTH, new_in_crm("Cole", phone1="7")), acts=(_merged,)),
    Scenario("archived", before=BOTH, acts=(_archived, in_outlook("Abel", mobilePhone="2"))),
    Scenario("hidden_from_us", before=BOTH, acts=(_hidden, in_outlook("Abel", mobilePhone="2"))),
)

MOVES = (
    Scenario("moved_away_and_back", before=BOTH, acts=(moved_away("Abel"), moved_back("Abel")), settings=UNPROTECTED),
    Scenario(
        "moved_back_after_a_rest",
        before=BOTH,
        between=(moved_away("Abel"), synced, in_crm("Abel", city="Rome"), synced),
        acts=(moved_back("Abel"),),
        said=ROME,
    ),
    Scenario("restored_in_outlook", before=BOTH, acts=(_deleted_and_restored_in_outlook,)),
    Scenario("restored_in_pipeliner_in_time", before=BOTH, acts=(gone_from_crm("Abel"), _restored_in_pipeliner)),
    Scenario(
        "restored_in_pipeliner_late",
        before=BOTH,
        between=(gone_from_crm("Abel"), synced),
        acts=(_restored_in_pipeliner,),
    ),
    Scenario(
        "deleted_and_born_anew",
        most_subjects=2,
        before=BOTH,
        acts=(gone_from_outlook("Abel"), new_in_outlook("Abel", mobilePhone="2")),
        settings=UNPROTECTED,
    ),
    Scenario(
        "two_deleted_in_pipeliner",
        before=THREE,
        acts=(gone_from_crm("Abel"), gone_from_crm("Cole")),
        outlook="Baker",
        customers="Baker",
    ),
    Scenario(
        "two_deleted_in_outlook",
        before=THREE,
        acts=(gone_from_outlook("Abel"), gone_from_outlook("Cole")),
        outlook="Baker",
        customers="Baker",
        settings=UNPROTECTED,
    ),
)

RESETS = (
    Scenario("delta_lost", before=BOTH, acts=(_delta_lost,)),
    Scenario(
        "delta_lost_with_edits",
        before=BOTH,
        acts=(in_outlook("Abel", mobilePhone="2"), _delta_lost, in_crm("Baker", city="Rome")),
    ),
    Scenario(
        "delta_lost_with_a_delete",
        before=BOTH,
        acts=(gone_from_outlook("Abel"), _delta_lost),
        outlook="Baker",
        customers="Baker",
        settings=UNPROTECTED,
    ),
    Scenario("delta_lost_with_a_birth", before=(BOTH[1],), acts=(new_in_outlook("Abel"), _delta_lost)),
    Scenario(
        "full_round", before=BOTH, acts=(_full_round, in_outlook("Abel", mobilePhone="2"), in_crm("Abel", city="Rome"))
    ),
)

GUARDS = (
    Scenario(
        "removals_held",
        subject="Baker",
        before=THREE,
        acts=(gone_from_crm("Abel"), gone_from_crm("Cole"), in_crm("Baker", city="Rome")),
        outlook="Abel Baker Cole",
        customers="Baker",
        settings=TIGHT,
    ),
    Scenario(
        "removals_approved",
        before=THREE,
        between=(gone_from_crm("Abel"), gone_from_crm("Cole"), synced),
        acts=(_approved,),
        outlook="Baker",
        customers="Baker",
        settings=TIGHT,
    ),
    Scenario(
        "mass_change_held",
        subject="Baker",
        before=THREE,
        acts=(in_crm("Abel", city="Rome"), in_crm("Cole", city="Rome"), in_outlook("Baker", mobilePhone="2")),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
        said=(Said("Abel", ("1", "Oslo"), ("1", "Rome")),),
        settings=TIGHT,
    ),
    Scenario(
        "mass_change_approved",
        before=THREE,
        between=(in_crm("Abel", city="Rome"), in_crm("Cole", city="Rome"), synced),
        acts=(_approved,),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
        said=ROME,
        settings=TIGHT,
    ),
)

CONNECTIONS = (
    Scenario(
        "reassigned_between_two",
        before=BOTH,
        between=(_colleague_connected,),
        acts=(handed_over("Abel"),),
        outlook="Baker",
        settings=UNPROTECTED,
    ),
    Scenario("shared_with_a_colleague", before=BOTH, between=(_colleague_connected,), acts=(_shared,)),
    Scenario(
        "edited_in_one_of_two_folders",
        before=(*BOTH, _shared),
        between=(_colleague_connected,),
        acts=(in_outlook("Abel", mobilePhone="2"),),
        said=(Said("Abel", ("2", "Oslo"), ("2", "Oslo")),),
    ),
)
