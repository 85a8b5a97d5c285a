"""Two connections of one space whose people write down the same person, and what lies reserved in the state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from typing_extensions import override

from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.engine.run import RunResult
from sync_core.operations import tick, work
from sync_core.state.reservation_rows import Reservation, ReservedRows
from sync_core.storage import Operation, SqliteStore, Store, Table
from tests.scenarios.meddling import Meddlers, meet_meddlers
from tests.scenarios.world import COLLEAGUE, World, new_world

SPACE = "em_Emulated"
CREATES = r"^POST \S*/entities/Contacts"
EVA = {
    "surname": "Novak",
    "givenName": "Eva",
    "companyName": "Acme GmbH",
    "emailAddresses": [{"address": "eva@acme.test"}],
}
CHIDI = {"surname": "Okafor", "givenName": "Chidi", "emailAddresses": [{"address": "chidi@acme.test"}]}
"""What another person of Eva's company has otherwise."""


class MetStore(SqliteStore):
    """A store at which somebody acts once, right before a transaction that writes a row of some kind."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.met = 0
        self._plans: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    def before(self, key: str, act: Callable[[], Awaitable[None]]) -> None:
        """Have somebody act before the first transaction on a row whose key begins so."""
        self._plans.append((key, act))

    @override
    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Store, after those have acted whose transaction this is."""
        due = [plan for plan in self._plans if any(one.key.startswith(plan[0]) for one in operations)]
        self._plans = [plan for plan in self._plans if plan not in due]
        for _, act in due:
            self.met += 1
            await act()
        return await super().transact(table, partition, operations)


async def two_colleagues(*, store: Store | None = None, lag_s: float = 0.0, **settings: Any) -> tuple[World, Meddlers]:
    """Two salespeople who see each other's contacts, synced and at rest; Pipeliner's lists lag from then on."""
    world = new_world(store=store)
    chosen = {"scope": "visible"} | settings
    await world.connect(**chosen)
    await world.connect(COLLEAGUE, COLLEAGUE, **chosen)
    await both_sync(world)
    await world.deployment.clock.sleep(lag_s)
    world.crm.switches.visible_after_s = lag_s
    return world, meet_meddlers(world)


def write(world: World, number: int, **changes: Any) -> str:
    """Write Eva down in one of the two folders."""
    record = world.records[number]
    return world.graph.create_contact(record.mailbox, EVA | changes, record.folder_id)


async def run_of(world: World, number: int, worker: str = "") -> RunResult | None:
    """Run one run of one of the two, in a worker of its own."""
    request = RunRequest(world.records[number].id, Trigger.COMMAND)
    return await work(world.deployment, request, worker or f"worker-{number}")


async def both_sync(world: World, *, rounds: int = 2) -> None:
    """Let ticks come, and work off what they ask for."""
    for _ in range(rounds):
        await tick(world.deployment)
        await world.drain()


async def later(world: World, seconds: float, *, rounds: int = 2) -> None:
    """Let time pass, and both sync."""
    await world.deployment.clock.sleep(seconds)
    await both_sync(world, rounds=rounds)


def cards(world: World, number: int) -> list[str]:
    """Names in one of the two folders."""
    record = world.records[number]
    found = world.graph.contacts(record.mailbox, record.folder_id)
    return sorted(f"{one['givenName'] or ''} {one['surname'] or ''}".strip() for one in found)


async def linked_to(world: World, number: int) -> list[str]:
    """Pipeliner contacts to which one of the two is linked."""
    state = world.deployment.run_ports(world.records[number], "reader").state
    return sorted(str(link.pipeliner_id) for link in await state.links_page(None))


async def reserved(world: World) -> list[Reservation]:
    """What is reserved in the space, each create once."""
    held = await ReservedRows(world.store, SPACE).read_all()
    return sorted({one for entries in held.values() for one in entries})


def accounts(world: World) -> list[str]:
    """Names of the accounts in Pipeliner."""
    rows = world.crm.state("Accounts")["entities"]["Accounts"]
    return sorted(str(row["name"]) for row in rows if not row["is_deleted"])


async def assert_one_eva(world: World) -> None:
    """One contact in Pipeliner, one card each, both linked to it, and nothing reserved any more."""
    evas = [row["id"] for row in world.customers() if row["last_name"] == "Novak"]
    assert len(evas) == 1, f"{len(evas)} contacts in Pipeliner"
    assert (cards(world, 0), cards(world, 1)) == (["Eva Novak"], ["Eva Novak"])
    assert (await linked_to(world, 0), await linked_to(world, 1)) == (evas, evas)
    assert await reserved(world) == []
