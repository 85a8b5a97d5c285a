"""The demo's flow and its troubles, with a canary in every field of every contact and in every answer of a service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emulators.faults import Fault
from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.web import api
from tests.privacy.canaries import Canaries
from tests.privacy.witness import Witness
from tests.scenarios.world import World, new_world

CUSTOM = [
    {"pipeliner": "cf_department", "outlook": "department"},
    {"pipeliner": "cf_spouse", "outlook": "spouseName"},
    {"pipeliner": "cf_home", "outlook": "homeAddress.city"},
]
_ADDRESS = ("street", "city", "state", "postalCode", "countryOrRegion")
_LINES = ("middleName", "title", "jobTitle", "companyName", "department", "spouseName", "nickName", "officeLocation")


def outlook_values(canaries: Canaries, who: str) -> dict[str, Any]:
    """Every property that Outlook has for a contact; those that are not synced too."""
    return {
        **{name: canaries.text(f"{who} {name}") for name in _LINES},
        "givenName": canaries.text(f"{who} given"),
        "personalNotes": canaries.text(f"{who} notes"),
        "emailAddresses": [{"address": canaries.mail(f"o{number}"), "name": "-"} for number in range(3)],
        "businessPhones": [canaries.phone(f"{who} work"), canaries.phone(f"{who} work 2")],
        "homePhones": [canaries.phone(f"{who} home")],
        "mobilePhone": canaries.phone(f"{who} mobile"),
        "businessAddress": {part: canaries.text(f"{who} {part}") for part in _ADDRESS},
        "homeAddress": {part: canaries.text(f"{who} home {part}") for part in _ADDRESS},
        "categories": [canaries.text(f"{who} category")],
        "children": [canaries.text(f"{who} child")],
    }


def crm_values(canaries: Canaries, who: str) -> dict[str, Any]:
    """Every field that Pipeliner has for a contact, custom ones included."""
    lines = ("middle_name", "title", "position", "quick_account_name", "address", "city", "state_province", "zip_code")
    texts = (*lines, "country", "comments", "cf_department", "cf_spouse", "cf_home")
    return {
        **{name: canaries.text(f"{who} {name}") for name in texts},
        **{f"email{number}": canaries.mail(f"p{number}") for number in range(1, 6)},
        **{f"phone{number}": canaries.phone(f"{who} phone{number}") for number in range(1, 5)},
    }


@dataclass(slots=True)
class Stage:
    """A world under observation, and the names of its people, which are canaries too."""

    world: World
    canaries: Canaries
    witness: Witness

    def name(self, who: str) -> str:
        """Mint a last name."""
        return self.canaries.text(f"{who} surname")

    async def come_to_rest(self, times: int = 3) -> None:
        """Let time pass and sync, as the timer would; what is stored is looked at each time."""
        for _ in range(times):
            await self.world.deployment.clock.sleep(400)
            await self.world.tick()
            await self.witness.look(self.world)

    async def failing_run(self, mode: RunMode = RunMode.DELTA) -> None:
        """Run a run whatever comes of it."""
        await self.witness.invoke(self.world, RunRequest(self.world.record.id, Trigger.COMMAND, mode))
        await self.witness.look(self.world)


def new_stage(canaries: Canaries, witness: Witness) -> Stage:
    """Build a world with custom fields and an account, watched from the beginning."""
    world = witness.attach(new_world())
    for name in ("cf_department", "cf_spouse", "cf_home"):
        world.crm.people.add_field(name, "input")
    return Stage(world, canaries, witness)


async def filled(stage: Stage) -> tuple[str, str]:
    """Connect; one contact comes from each side with everything it has. Gives their last names."""
    from_outlook, from_crm = stage.name("Outlook"), stage.name("Pipeliner")
    world = stage.world
    contact = world.write_in_crm(
        from_crm, stage.canaries.text("Pipeliner given"), **crm_values(stage.canaries, "Pipeliner")
    )
    account = world.crm.people.add_account(world.user_id, stage.canaries.text("account"))
    world.crm.people.link_account(contact, account, position=stage.canaries.text("position at the account"))
    await world.connect(custom_fields=CUSTOM)
    world.write_in_outlook(from_outlook, **outlook_values(stage.canaries, "Outlook"))
    await stage.come_to_rest()
    return from_outlook, from_crm


async def everyday(stage: Stage) -> None:
    """Edits on both sides, conflicts, a move out of the folder, deletes on both sides."""
    from_outlook, from_crm = await filled(stage)
    world, new = stage.world, stage.canaries
    world.edit_in_outlook(from_outlook, mobilePhone=new.phone("edited"), jobTitle=new.text("edited job"))
    world.edit_in_crm(from_crm, city=new.text("edited city"), cf_spouse=new.text("edited spouse"))
    await stage.come_to_rest(1)
    world.edit_in_outlook(from_crm, businessAddress={"city": new.text("losing city")}, personalNotes=new.text("losing"))
    world.edit_in_crm(from_crm, city=new.text("winning city"), comments=new.text("winning"))
    await stage.come_to_rest(1)
    world.delete_in_crm(from_outlook)
    world.delete_in_outlook(from_crm)
    await stage.come_to_rest()


async def waiting_for_people(stage: Stage) -> None:
    """Nameless, empty, doubled, too long and too many: each becomes an attention item."""
    await filled(stage)
    world, new = stage.world, stage.canaries
    world.graph.create_contact(world.record.mailbox, {"companyName": new.text("nameless company")}, world.folder_id)
    address, ambiguous = new.mail("shared"), stage.name("ambiguous")
    for _ in range(2):
        world.write_in_crm(ambiguous, "Kim", email1=address)
    world.write_in_outlook(ambiguous, "Kim", emailAddresses=[{"address": address, "name": "-"}])
    long = stage.name("long")
    world.write_in_crm(long, "Kim", comments=new.text("long notes") * 3000)
    world.write_in_crm(stage.name("many"), "Kim", **{f"email{slot}": new.mail(f"many{slot}") for slot in range(1, 6)})
    await stage.come_to_rest()


async def safety_limits(stage: Stage) -> None:
    """Mass deletes and mass changes wait for an approval, and get it; then a reconciliation."""
    world, new = stage.world, stage.canaries
    names = [stage.name(f"person {number}") for number in range(26)]
    for name in names:
        world.write_in_crm(name, "Kim")
    await world.connect(custom_fields=CUSTOM)
    await stage.come_to_rest(1)
    for name in names[:25]:
        world.edit_in_crm(name, city=new.text("mass city"))
    await stage.come_to_rest(1)
    for name in names[:12]:
        world.delete_in_crm(name)
    await stage.come_to_rest(2)
    await stage.failing_run(RunMode.RECONCILE)


def quoting(canaries: Canaries) -> str:
    """A body in both services' shapes of an error that quotes every value there is, as services do."""
    told = "; ".join(f"the value {value!r} is not valid" for value in canaries.values())
    error = {"code": "ErrorInvalidProperty", "message": told, "innerError": {"message": told}}
    field = {
        "field_name": "comments",
        "name": "ERROR_FIELD",
        "message": told,
        "errors": [{"name": "X", "message": told}],
    }
    crm = {"success": False, "code": 1, "name": "ERROR_VALIDATION", "message": told, "traceback": told}
    return json.dumps({**crm, "error": error, "field_errors": [field], "entity_errors": [{"message": told}]})


async def quoting_service(stage: Stage, service: str, line: str, status: int) -> None:
    """A service that refuses or breaks off with the contact's own values in its words and headers."""
    from_outlook, from_crm = await filled(stage)
    world, new = stage.world, stage.canaries
    world.edit_in_outlook(from_outlook, jobTitle=new.text("refused job"))
    world.edit_in_crm(from_crm, city=new.text("refused city"))
    world.write_in_outlook(stage.name("refused Outlook"), new.text("given"))
    world.write_in_crm(stage.name("refused Pipeliner"), new.text("given"))
    headers = {"X-Echo": new.word("header"), "WWW-Authenticate": new.word("challenge"), "Retry-After": "1"}
    model = world.graph if service == "graph" else world.crm
    model.faults.plant(Fault(line, times=12, status=status, headers=headers, body=quoting(new)))
    await stage.witness.ask(world, api.read_health)
    await stage.come_to_rest(2)
    await stage.failing_run(RunMode.FULL)
    await stage.failing_run(RunMode.RECONCILE)


async def ended(stage: Stage) -> None:
    """Disconnected, and the contacts that the sync made are taken back."""
    await filled(stage)
    await stage.witness.ask(
        stage.world, api.disconnect, query={"contacts": "remove"}, connection_id=stage.world.record.id
    )
    await stage.witness.look(stage.world)
