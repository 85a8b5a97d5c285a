"""A contact's account: a correction of its name leaves the link, and no other account's job title is touched."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import RunMode
from tests.scenarios.world import World, new_world


async def _linked(name: str = "Acme Inc", **settings: Any) -> tuple[World, str]:
    world = new_world()
    account = world.crm.people.add_account(world.user_id, name)
    contact = world.write_in_crm("Okafor", "Chidi", email1="c@acme.test")
    world.crm.people.link_account(contact, account, position="CEO")
    await world.connect(**settings)
    await world.sync()
    return world, account


def _relations(world: World) -> dict[str, tuple[bool, str]]:
    accounts = {row["id"]: row["name"] for row in world.crm.state("Accounts")["entities"]["Accounts"]}
    rows = world.crm.state("ContactAccountRelations")["entities"]["ContactAccountRelations"]
    return {accounts[row["account_id"]]: (row["is_primary"], row["position"]) for row in rows if not row["is_deleted"]}


@pytest.mark.parametrize("rule", ["free_text", "create"])
@pytest.mark.parametrize("name", ["Acme Inc.", "ACME, Inc", "Acme", "Acme In"])
async def test_a_correction_of_a_company_s_name_leaves_its_account_linked(name: str, rule: str) -> None:
    """And makes no second account; each side keeps its own spelling."""
    world, _ = await _linked(account_rule=rule)
    world.edit_in_outlook("Okafor", companyName=name)

    await world.sync()

    assert _relations(world) == {"Acme Inc": (True, "CEO")}
    assert world.person("Okafor")["companyName"] == name
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_of_two_accounts_of_one_name_a_typo_and_its_correction_leave_the_right_one_linked() -> None:
    """Nobody has to guess among them."""
    world, account = await _linked()
    world.crm.people.add_account(world.user_id, "Acme Inc")
    for name in ("Acme In", "Acme Inc"):
        world.edit_in_outlook("Okafor", companyName=name)
        await world.sync()

    assert str(world.customer("Okafor")["primary_account"]).endswith(account)


@pytest.mark.parametrize("name", ["Acme AG", "Acmes Inc"])
async def test_a_name_that_is_exactly_another_account_s_links_that_one(name: str) -> None:
    """However little differs."""
    world, _ = await _linked()
    world.crm.people.add_account(world.user_id, name)
    world.edit_in_outlook("Okafor", companyName=name)

    await world.sync()

    assert _relations(world)[name][0]
    assert _relations(world)["Acme Inc"] == (False, "CEO")


@pytest.mark.parametrize(("before", "after"), [("Bank A", "Bank B"), ("Acme Inc", "Globex"), ("Spital 1", "Spital 2")])
async def test_another_company_is_not_taken_for_a_correction(before: str, after: str) -> None:
    """The account is left, and keeps what it says of the contact."""
    world, _ = await _linked(before)
    world.edit_in_outlook("Okafor", companyName=after)

    await world.sync()

    assert _relations(world) == {before: (False, "CEO")}
    assert world.customer("Okafor")["quick_account_name"] == after


async def test_a_change_of_company_leaves_every_account_its_own_job_title() -> None:
    """Board member at Globex stays so, and CEO at Acme; Outlook shows the one at the company that it shows."""
    world, _ = await _linked()
    globex = world.crm.people.add_account(world.user_id, "Globex")
    world.crm.people.link_account(world.customer("Okafor")["id"], globex, position="Board member")
    await world.sync()
    world.edit_in_outlook("Okafor", companyName="Globex")

    await world.sync()

    assert _relations(world) == {"Acme Inc": (False, "CEO"), "Globex": (True, "Board member")}
    assert world.person("Okafor")["jobTitle"] == "Board member"
