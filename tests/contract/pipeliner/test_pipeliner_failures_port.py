"""What goes wrong between us and Pipeliner, in our own errors."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import timedelta
from email.utils import format_datetime

import pytest

from emulators.http_face import HttpFace
from emulators.in_process import InProcessPipeliner, PassingClock
from emulators.pipeliner import PipelinerModel
from sync_core.domain import PipelinerId
from sync_core.engine.ports import PipelinerEdit
from sync_core.errors import (
    AccessDenied,
    ContactsFailing,
    CredentialsRejected,
    RequestRejected,
    ServiceUnavailable,
    SpaceGone,
    SyncError,
    Throttled,
)
from sync_core.http import Answer, Request, Transport, with_query
from sync_core.pipeliner import PipelinerClient, PipelinerSpace
from sync_core.pipeliner.requests_transport import RequestsTransport
from tests.contract.pipeliner.pipeliner_scenarios import ERROR_BODY, World

HTML = "<html><body>Nora Secret, try again later</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, ERROR_BODY, CredentialsRejected),
        (401, HTML, CredentialsRejected),
        (403, ERROR_BODY, AccessDenied),
        (403, HTML, AccessDenied),
        (400, ERROR_BODY, RequestRejected),
        (302, "", RequestRejected),
        (404, ERROR_BODY, SpaceGone),
        (404, HTML, ServiceUnavailable),
        (500, ERROR_BODY, ServiceUnavailable),
        (503, HTML, ServiceUnavailable),
        (200, HTML, ServiceUnavailable),
        (200, ERROR_BODY, AccessDenied),
        (200, '{"success": true}', ServiceUnavailable),
        (200, "[]", ServiceUnavailable),
    ],
)
async def test_each_answer_that_is_none_is_told_by_its_kind(
    world: World, status: int, body: str, expected: type[SyncError]
) -> None:
    """JSON in either shape, pages and redirects: the caller learns what to do, and never a value."""
    world.fault("GET .*/Contacts", times=None, status=status, body=body)
    with pytest.raises(expected) as caught:
        await world.space.match_page(None)
    assert "Secret" not in str(caught.value)


async def test_redirect_is_not_followed(world: World) -> None:
    """The credentials go nowhere but to the configured address."""
    world.fault("Clients", status=307, headers={"Location": "/api/v100/rest/spaces/em_Emulated/entities/Contacts"})
    with pytest.raises(RequestRejected, match="redirect"):
        await world.space.check()
    assert world.model.total_requests == 1


async def test_denied_entity_is_named(near: World) -> None:
    """A person has to grant exactly that."""
    near.fault("GET .*/Contacts", status=403, body=HTML)
    with pytest.raises(AccessDenied, match="permission for Contacts"):
        await near.space.match_page(None)


async def test_space_that_does_not_exist_is_gone(near: World) -> None:
    """A wrong space id is told at the first list."""
    with pytest.raises(SpaceGone):
        await PipelinerSpace(near.client_of("em_Other")).check()


async def test_wrong_password_is_rejected(world: World) -> None:
    """Nothing is tried twice."""
    with HttpFace(world.model) as face:
        transport = RequestsTransport(face.base_url, "emulator", "wrong")
        with pytest.raises(CredentialsRejected):
            await PipelinerSpace(PipelinerClient(transport, world.model.space_id, world.clock)).check()
        await transport.close()
    assert world.model.total_requests == 1


@pytest.mark.parametrize("form", ["seconds", "fraction", "date", "none", "nonsense"])
async def test_pause_is_honoured_in_every_form(near: World, form: str) -> None:
    """The wait is at least what was asked for, and without a word at least a second."""
    until = format_datetime(near.model.clock.peek() + timedelta(seconds=20), usegmt=True)
    asked = {"seconds": "20", "fraction": "20.5", "date": until, "none": "", "nonsense": "soon"}[form]
    near.fault("Clients", status=429, headers={"Retry-After": asked} if asked else {})
    await near.space.check()
    least = 1.0 if form in {"none", "nonsense"} else 19.0
    assert least <= sum(near.clock.slept) <= 22.0
    assert near.count("GET", "Clients") == 2


async def test_pause_beyond_a_minute_is_handed_on(near: World) -> None:
    """The caller waits, not the client."""
    near.fault("Clients", times=None, status=429, headers={"Retry-After": "61"})
    with pytest.raises(Throttled) as caught:
        await near.space.check()
    assert caught.value.retry_after_s == 61.0
    assert near.clock.slept == []


async def test_reads_are_tried_four_times_with_growing_pauses(near: World) -> None:
    """Then the service counts as unavailable."""
    near.fault("Clients", times=None, status=502, body=HTML)
    with pytest.raises(ServiceUnavailable):
        await near.space.check()
    assert near.count("GET", "Clients") == 4
    first, second, third = near.clock.slept
    assert 1 <= first <= 2 <= second <= 4 <= third <= 8


async def test_waiting_ends_after_a_minute_in_all(near: World) -> None:
    """Two pauses of half a minute are taken, a third is not."""
    near.fault("Clients", times=None, status=429, headers={"Retry-After": "30"})
    with pytest.raises(Throttled):
        await near.space.check()
    assert near.clock.slept == [30.0, 30.0]


@pytest.mark.parametrize("how", [{"drop": True}, {"cut_at": 30}])
async def test_read_survives_a_lost_answer(world: World, how: dict[str, bool | int]) -> None:
    """A dropped connection or half an answer is asked for again."""
    contact = world.people.create_contact(world.olga, last_name="A")
    world.fault("GET .*/Contacts", **how)
    assert set(await world.contacts.read([PipelinerId(contact)])) == {contact}


async def test_slow_answer_is_a_lost_one() -> None:
    """A read time-out ends the wait."""
    model = PipelinerModel()
    with HttpFace(model) as face:
        transport = RequestsTransport(face.base_url, "emulator", "emulator", read_timeout_s=0.05)
        client = PipelinerClient(transport, model.space_id, PassingClock(model.clock))
        world = World(model, transport)
        world.fault("Clients", times=None, delay_s=0.3)
        with pytest.raises(ServiceUnavailable, match="ReadTimeout"):
            await PipelinerSpace(client).check()
        await transport.close()


async def test_unreachable_service_is_unavailable_and_its_error_names_no_query() -> None:
    """The library's own text would quote the whole address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    transport = RequestsTransport(f"http://127.0.0.1:{port}", "emulator", "emulator")
    target = with_query("/entities/Contacts", (("filter[email1]", "nora@secret.example"),))
    with pytest.raises(ServiceUnavailable) as caught:
        await transport.send(Request("GET", target))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    await transport.close()


async def test_list_that_says_more_follows_but_not_where_is_no_whole_list(near: World) -> None:
    """A cut list must never pass for a complete one."""
    near.model.generate_contacts(3, [near.olga])
    near.model.switches.listing_cut = 0
    with pytest.raises(ServiceUnavailable, match="more Contacts follow"):
        await near.space.match_page(None)


async def test_cut_pages_that_name_their_end_are_walked_to_the_end(near: World) -> None:
    """Pages may be shorter than asked for."""
    near.model.generate_contacts(25, [near.olga])
    near.model.switches.listing_cut = 10
    seen, after = 0, None
    while True:
        page = await near.space.match_page(after)
        seen, after = seen + len(page.contacts), page.after
        if after is None:
            break
    assert seen == 25


async def test_unknown_keys_in_answers_do_no_harm(near: World) -> None:
    """Pipeliner may add fields at any time."""
    record = {
        "id": "AA-1",
        "modified": "2026-01-05 08:00:00+00:00",
        "revision": 7,
        "last_name": "A",
        "share_mode": 9,
        "brand_new": {"x": [1]},
        "primary_account": None,
        "email1": None,
        "sharing_clients": [{"client_id": "U-1", "role": 3, "later": True}, "https://x.example/1"],
    }
    body = {"success": True, "data": [record], "page_info": {"has_next_page": False, "later": 1}, "later": None}
    near.fault(r"GET .*/Contacts\?", status=200, body=json.dumps(body))
    found = await near.contacts.read([PipelinerId("aa-1")])
    assert found[PipelinerId("aa-1")].contact.text("surname") == "A"


async def test_record_without_a_readable_time_is_no_answer(near: World) -> None:
    """Nothing is made up; the id says which record it is."""
    body = {"success": True, "data": [{"id": "aa-1", "modified": "yesterday"}], "page_info": {"has_next_page": False}}
    near.fault(r"GET .*/Contacts\?", times=None, status=200, body=json.dumps(body))
    with pytest.raises(ContactsFailing, match="aa-1"):
        await near.contacts.read([PipelinerId("aa-1")])


class _Crowd(Transport):
    """Lets every waiting caller come in before it answers the first, and counts them."""

    def __init__(self, inner: Transport) -> None:
        self.most = 0
        self._inside = 0
        self._inner = inner

    async def send(self, request: Request) -> Answer:
        self._inside += 1
        self.most = max(self.most, self._inside)
        for _ in range(10):
            await asyncio.sleep(0)
        self._inside -= 1
        return await self._inner.send(request)

    async def close(self) -> None:
        await self._inner.close()


async def test_requests_in_flight_are_few() -> None:
    """Reading, changing and deleting many contacts runs three requests at once, no more."""
    model = PipelinerModel()
    crowd = _Crowd(InProcessPipeliner(model))
    world = World(model, crowd)
    made = [PipelinerId(contact) for contact in model.generate_contacts(12, [world.olga])]
    found = await world.contacts.read(made)
    await world.contacts.update([PipelinerEdit(contact, {"city": "Bern"}) for contact in found.values()])
    await world.contacts.delete(made)
    assert list(found) == made
    assert crowd.most == 3
