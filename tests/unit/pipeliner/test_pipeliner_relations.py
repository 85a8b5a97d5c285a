from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.in_process import PassingClock
from sync_core.domain import PipelinerId
from sync_core.engine.ports import Refused
from sync_core.errors import ServiceUnavailable
from sync_core.http import Answer, Request, Transport
from sync_core.pipeliner import PipelinerClient
from sync_core.pipeliner.companies import link, unlink

CONTACT = PipelinerId("c-1")
ERROR = {"success": False, "name": "ERROR_X", "message": "x"}


class _PassiveService(Transport):
    """Holds relations as they are: unlike the emulator it demotes none by itself."""

    def __init__(self, *relations: dict[str, Any], refuses: str = "", missing: str = "") -> None:
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self._relations = relations
        self._refuses = refuses
        self._missing = missing

    async def send(self, request: Request) -> Answer:
        if request.method == "GET":
            return _answer(200, {"success": True, "data": self._relations, "page_info": {"has_next_page": False}})
        record_id = request.path.rpartition("/")[2]
        self.writes.append((request.method, record_id, json.loads(request.body)))
        if record_id == self._missing:
            return _answer(404, ERROR)
        if record_id == self._refuses:
            return _answer(422, ERROR)
        return _answer(200, {"success": True, "data": {"id": record_id}})

    async def close(self) -> None:
        """Nothing is open."""


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def _relation(relation_id: str, account_id: str, *, primary: bool, deleted: bool = False) -> dict[str, Any]:
    return {"id": relation_id, "account_id": account_id, "is_primary": primary, "is_deleted": deleted}


def _client(service: _PassiveService) -> PipelinerClient:
    return PipelinerClient(service, "s", PassingClock())


async def test_new_primary_comes_before_the_former_one_is_demoted() -> None:
    """In between the contact has two companies rather than none."""
    service = _PassiveService(_relation("r-1", "A-1", primary=True), _relation("r-2", "a-2", primary=False))
    assert await link(_client(service), CONTACT, "a-3", "Buyer") is None
    assert service.writes == [
        (
            "POST",
            "ContactAccountRelations",
            {"contact_id": "c-1", "account_id": "a-3", "is_primary": True, "position": "Buyer"},
        ),
        ("PATCH", "r-1", {"is_primary": False}),
    ]


async def test_relation_to_the_account_is_promoted_and_its_title_left_alone_without_one() -> None:
    """Ids are the same in any case."""
    service = _PassiveService(_relation("r-1", "a-1", primary=True), _relation("r-2", "A-2", primary=False))
    assert await link(_client(service), CONTACT, "a-2", None) is None
    assert service.writes == [("PATCH", "r-2", {"is_primary": True}), ("PATCH", "r-1", {"is_primary": False})]


async def test_deleted_relation_is_not_brought_back() -> None:
    """A new one is made instead."""
    service = _PassiveService(_relation("r-1", "a-1", primary=True, deleted=True))
    assert await link(_client(service), CONTACT, "a-1", None) is None
    assert [method for method, _, _ in service.writes] == ["POST"]


async def test_leaving_demotes_every_primary_relation() -> None:
    """A crash may have left two."""
    service = _PassiveService(
        _relation("r-1", "a-1", primary=True),
        _relation("r-2", "a-2", primary=False),
        _relation("r-3", "a-3", primary=True),
    )
    assert await unlink(_client(service), CONTACT) is None
    assert [record_id for _, record_id, _ in service.writes] == ["r-1", "r-3"]


async def test_refused_demotion_is_told() -> None:
    """The contact would show the former company."""
    service = _PassiveService(_relation("r-1", "a-1", primary=True), refuses="r-1")
    assert isinstance(await unlink(_client(service), CONTACT), Refused)


async def test_relation_that_went_away_meanwhile_asks_for_another_try() -> None:
    """The next one makes a new relation."""
    service = _PassiveService(_relation("r-1", "a-1", primary=False), missing="r-1")
    with pytest.raises(ServiceUnavailable):
        await link(_client(service), CONTACT, "a-1", None)
