"""The doctor looks everywhere, and whoever purges a person names them: neither may tell a value again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from emulators.faults import Fault
from sync_core.domain import Trigger
from sync_core.errors import StoreUnavailable
from sync_core.storage import Operation, Row, SqliteStore, Table
from sync_core.web import Answer, api
from tests.cli.office import open_near_office
from tests.privacy import scenes
from tests.privacy.canaries import Canaries
from tests.privacy.scenes import Stage
from tests.privacy.witness import Witness
from tests.scenarios.world import new_world

OUTPUTS: Sequence[tuple[str, ...]] = ((), ("--json",), ("-v", "--json"))


async def _examined(stage: Stage) -> Answer:
    return await stage.witness.ask(stage.world, api.read_health, query={"deep": "1"})


async def _purged(stage: Stage, body: object) -> Answer:
    answer = await stage.witness.ask(stage.world, api.purge, body)
    await stage.witness.look(stage.world)
    return answer


class _QuotingStore(SqliteStore):
    """Once it has something to tell, it fails at every call as a library would, with that in its words."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.told = ""
        self.is_foreseen = False

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = 1000) -> list[Row]:
        """Do it, or fail."""
        self._fail()
        return await super().read(table, partition, start, end, limit)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Do it, or fail."""
        self._fail()
        return await super().transact(table, partition, operations)

    def _fail(self) -> None:
        if not self.told:
            return
        error = ValueError(self.told)
        if self.is_foreseen:
            raise StoreUnavailable("the table did not answer (ValueError)") from error
        raise error


# Over HTTP


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_the_doctor_does_not_quote_a_service(stage: Stage, status: int) -> None:
    """Neither what it refuses the doctor with, nor what it refused a run with before, in words or headers."""
    await scenes.quoting_service(stage, "graph", "contacts/delta", status)
    for model in (stage.world.graph, stage.world.crm):
        model.faults.clear()
    first = await _examined(stage)
    headers = {"X-Echo": stage.canaries.word("header"), "WWW-Authenticate": stage.canaries.word("challenge")}
    quoting = Fault(times=None, status=status, headers=headers, body=scenes.quoting(stage.canaries))
    for model in (stage.world.graph, stage.world.crm):
        model.faults.plant(quoting)
        answer = await _examined(stage)
        assert (answer.status, b"FAILED" in answer.body) == (503, True)

    assert json.loads(first.body)["findings"]
    assert stage.witness.leaks() == []


@pytest.mark.parametrize("is_foreseen", [True, False])
async def test_neither_quotes_the_state(canaries: Canaries, witness: Witness, is_foreseen: bool) -> None:
    """What the tables' library says of a row stands in no finding, no problem and no log line."""
    store = _QuotingStore()
    stage = Stage(witness.attach(new_world(store=store)), canaries, witness)
    await stage.world.connect()
    stage.world.write_in_outlook(stage.name("Outlook"), "Kim", personalNotes=canaries.text("notes"))
    await stage.come_to_rest(1)
    store.told, store.is_foreseen = scenes.quoting(canaries), is_foreseen
    examined = await _examined(stage)
    purged = await witness.ask(stage.world, api.purge, {"connection": stage.world.record.id})

    assert b"FAILED" in examined.body
    assert purged.status >= 500
    assert witness.leaks() == []


async def test_a_purge_does_not_repeat_whom_it_concerns(stage: Stage) -> None:
    """Refused, done, done again, and of a connection: answers, logs, runs and what is stored hold ids and counts."""
    await scenes.filled(stage)
    address, number = stage.canaries.mail("forgotten"), stage.canaries.phone("forgotten")
    addresses = [{"address": address, "name": "-"}]
    stage.world.write_in_outlook(stage.name("forgotten"), "Kim", emailAddresses=addresses, mobilePhone=number)
    await stage.come_to_rest(1)
    refused = [
        await _purged(stage, body)
        for body in (
            {"person": address},
            {"person": address, "connection": stage.world.record.id},
            {"person": f"{address}\x00", "even_if_linked": True},
            {"person": address * 20},
            {"connection": address},
            {"person": {"mail": address}},
            f'{{"person": "{address}'.encode(),
        )
    ]
    erased = [await _purged(stage, {"person": address, "even_if_linked": True}) for _ in range(2)]
    (run,) = [
        run for run in await stage.world.deployment.reader(stage.world.record.id).runs() if run.trigger is Trigger.PURGE
    ]
    stage.witness.say("run record", str(run))
    ended = await _purged(stage, {"connection": stage.world.record.id})

    assert {answer.status for answer in refused} <= {400, 404}
    assert [json.loads(answer.body)["is_proved"] for answer in (*erased, ended)] == [True] * 3
    assert any("purged" in line for line in stage.witness.log.lines)
    assert stage.witness.leaks() == []


# On the command line


def test_the_command_doctor_tells_no_values(canaries: Canaries, witness: Witness, tmp_path: Path) -> None:
    """Well, with services that quote, with wrong keys, and with settings that cannot be read; also verbose."""
    near = open_near_office(tmp_path)
    near.crm.people.create_contact(near.user_id, last_name=canaries.text("surname"), email1=canaries.mail("crm"))
    near.connect()
    near.run("sync")
    secret = canaries.word("secret")
    settings: tuple[dict[str, str], ...] = (
        {},
        {"PIPELINER_API_PASSWORD": secret},
        {"PIPELINER_SERVICE_URL": f"https://user:{secret}@service.example", "SYNC_SCHEDULE": secret},
        {"SYNC_STATE": f"AccountName=acme;AccountKey={secret}"},
        {"APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={secret}"},
    )
    for changes in settings:
        for options in OUTPUTS:
            witness.say(f"doctor {sorted(changes)} {options}", near.run("doctor", *options, **changes).words)
    for status in (400, 401, 403, 500):
        for model in (near.graph, near.crm):
            model.faults.plant(Fault(times=None, status=status, body=scenes.quoting(canaries)))
            witness.say(f"doctor {status}", near.run("doctor", "-v", "--json").words)
            model.faults.clear()

    assert all(words for _, words in witness.seen)
    assert witness.leaks() == []


def test_the_command_purge_does_not_repeat_whom_it_concerns(
    canaries: Canaries, witness: Witness, tmp_path: Path
) -> None:
    """Refused, answered with no, of nobody, done, and of a connection."""
    near = open_near_office(tmp_path)
    address = canaries.mail("crm")
    near.crm.people.create_contact(near.user_id, last_name=canaries.text("surname"), email1=address)
    connection_id = near.connect()
    near.run("sync")
    person = ("purge", "--person", address)
    witness.say("purge at a terminal", near.type((*person, "--even-if-linked"), "n\n").words)
    for options in OUTPUTS:
        witness.say(f"purge refused {options}", near.run(*person, "--yes", *options).words)
        nobody = ("purge", "--person", canaries.mail("nobody"), "--yes")
        witness.say(f"purge of nobody {options}", near.run(*nobody, *options).words)
        witness.say(f"purge {options}", near.run(*person, "--even-if-linked", "--yes", *options).words)
    ended = near.run("purge", "--connection", connection_id, "--yes", "-v", "--json")
    witness.say("purge of a connection", ended.words)

    assert ended.document["purged"]["is_proved"]
    assert len(witness.seen) == 11
    assert witness.leaks() == []
