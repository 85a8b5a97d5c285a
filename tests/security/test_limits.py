from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync_core.errors import InvalidSettings
from sync_core.settings import HttpSignIn
from sync_core.web import api
from sync_core.web.callers import KEY_HEADER, Role
from sync_core.web.door import Door
from sync_core.web.exchange import MAX_BODY_BYTES, Answer, Request
from sync_core.web.limits import MOST_CALLERS, RequestRates, TooManyRequests
from tests.scenarios.world import World, new_world
from tests.security.identities import ADA, BEN, KEYS, OFF, ON, TENANT, headers

JSON = {"content-type": "application/json"}


@dataclass
class Watch:
    """A clock that is moved by hand."""

    at_s: float = 0.0
    rates: RequestRates = field(init=False)

    def __post_init__(self) -> None:
        self.rates = RequestRates(lambda: self.at_s)

    def taken(self, caller: str = "ada", per_minute: int = 60) -> int:
        """Send requests until one is refused; gives how many were taken."""
        for count in range(10_000):
            try:
                self.rates.take(caller, per_minute)
            except TooManyRequests:
                return count
        raise AssertionError("no request was refused")


async def ask(request: Request, sign_in: HttpSignIn = KEYS, world: World | None = None) -> Answer:
    """Send a request to connect."""
    operator = (world or new_world(app={"sync_tenant_id": TENANT})).operator
    return await api.respond(api.connect, lambda: operator, request, Door(sign_in))


def problem(answer: Answer) -> Any:
    """Read a problem."""
    return json.loads(answer.body)


def test_a_minutes_requests_are_taken_at_once_then_as_many_as_flow_back() -> None:
    """The limit is a rate, not a window that starts anew."""
    watch = Watch()
    assert watch.taken() == 60
    watch.at_s = 30
    assert watch.taken() == 30
    watch.at_s = 3000
    assert watch.taken() == 60


def test_one_caller_does_not_use_up_anothers_requests() -> None:
    """Each has a bucket of his own."""
    watch = Watch()
    assert [watch.taken("ada"), watch.taken("ben"), watch.taken("ada")] == [60, 60, 0]


def test_the_wait_is_told() -> None:
    """After it, exactly one request is taken."""
    watch = Watch()
    watch.taken(per_minute=6)
    with pytest.raises(TooManyRequests, match="more than 6 requests in a minute") as refused:
        watch.rates.take("ada", 6)
    assert refused.value.retry_after_s == 10
    watch.at_s = 10
    assert watch.taken(per_minute=6) == 1


def test_the_memory_of_callers_is_bounded() -> None:
    """Of very many callers those are forgotten that asked least recently."""
    watch = Watch()
    watch.taken("first")
    for number in range(MOST_CALLERS):
        watch.rates.take(f"caller-{number}", 60)
    assert len(watch.rates) == MOST_CALLERS
    assert watch.taken("caller-999") == 59
    assert watch.taken("first") == 60


@pytest.mark.parametrize("sign_in", [KEYS, ON])
async def test_too_many_requests_are_answered_with_429(sign_in: HttpSignIn) -> None:
    """By key or by person, with Retry-After; another caller is still served."""
    operator = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 2}).operator
    door, statuses, waits = Door(sign_in), [], []
    for who, key in ((ADA, "k1"), (ADA, "k1"), (ADA, "k1"), (BEN, "k2")):
        request = Request(headers={KEY_HEADER: key, **headers(Role.ADMINISTRATOR, object_id=who)})
        answer = await api.respond(api.list_connections, lambda: operator, request, door)
        statuses.append(answer.status)
        waits.append(answer.headers.get("Retry-After"))
    assert (statuses, waits) == ([200, 200, 429, 200], [None, None, "30", None])


async def test_strangers_share_one_limit() -> None:
    """Who does not sign in cannot get a new bucket with each request."""
    operator = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 1}).operator
    door = Door(ON)
    asked: list[dict[str, str]] = [{}, {KEY_HEADER: "another"}, {"x-forwarded-for": "192.0.2.1"}]
    answers = [await api.respond(api.read_health, lambda: operator, Request(headers=one), door) for one in asked]
    assert [answer.status for answer in answers] == [200, 429, 429]


async def test_a_body_is_measured_before_anything_else() -> None:
    """Of every endpoint, also of one that reads none, and before the app is even built."""

    def never() -> Any:
        raise AssertionError("the app was built")

    for endpoint in (api.connect, api.read_health, api.approve_removals):
        request = Request(body=b"x" * (MAX_BODY_BYTES + 1), headers=JSON)
        assert (await api.respond(endpoint, never, request, Door())).status == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_a_body_must_be_declared_as_json(kind: str) -> None:
    """What a form of another site can send without asking is not read."""
    answer = await ask(Request(body=b"{}", headers={"content-type": kind} if kind else {}))
    assert (answer.status, problem(answer)["detail"]) == (
        415,
        "body: send it with the header Content-Type: application/json",
    )


async def test_a_charset_beside_the_kind_is_fine() -> None:
    """The request is read, and then refused for what is missing in it."""
    assert (await ask(Request(body=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"}))).status == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_page_of_another_site_changes_nothing(site: str) -> None:
    """A browser sends the person's sign-in along, and says whose page asked; reading is protected by the browser."""
    signed_in = {**JSON, **headers(Role.ADMINISTRATOR), "sec-fetch-site": site}
    for method, status in (("POST", 403), ("PATCH", 403), ("DELETE", 403), ("GET", 400)):
        assert (await ask(Request(body=b"{}", method=method, headers=signed_in), ON)).status == status
    assert (
        await ask(Request(body=b"{}", method="POST", headers={**signed_in, "sec-fetch-site": "none"}), ON)
    ).status == 400


DEEP = b"[" * 30_000 + b"]" * 30_000
HOSTILE = {
    "deep": b'{"mailbox": ' + DEEP + b"}",
    "unknown key": json.dumps({"k" * 50_000: 1, "mailbox": "a", "user": "a"}).encode(),
    "many unknown keys": json.dumps({f"key{number}": 1 for number in range(2000)}).encode(),
    "line ends": json.dumps({"ok\r\nX-Injected: 1\x1b[31m": 1}).encode(),
    "wrong types": b'{"mailbox": {"a": 1}, "user": [1], "settings": "none"}',
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_body_is_refused_in_few_words(name: str) -> None:
    """400, whatever it is, and the answer neither grows with the request nor carries control characters."""
    answer = await ask(Request(body=HOSTILE[name], headers=JSON))
    assert answer.status == 400
    assert len(answer.body) < 16_000
    assert len(problem(answer)["faults"]) <= 20
    assert all(fault.isprintable() for fault in problem(answer)["faults"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["after", "before", "contact"])
@pytest.mark.parametrize("value", ["x" * 601, "a\r\nb", "\x00"])
async def test_a_query_is_short_and_visible(name: str, value: str) -> None:
    """What is not so is refused without being repeated."""
    world = new_world()
    connection_id = await world.connect()
    endpoint = api.list_connections if name == "after" else api.read_history
    request = Request(route={"connection_id": connection_id}, query={name: value})
    answer = await api.respond(endpoint, lambda: world.operator, request, Door())
    assert (answer.status, problem(answer)["faults"]) == (400, [f"{name}: must be at most 600 visible characters"])


async def test_sign_in_that_is_off_refuses_everything() -> None:
    """The answer and the log say what to turn on; not even health is served."""
    operator = new_world(app={"sync_tenant_id": TENANT}).operator
    for endpoint in (api.read_health, api.list_connections):
        answer = await api.respond(endpoint, lambda: operator, Request(headers=headers(Role.ADMINISTRATOR)), Door(OFF))
        assert (answer.status, problem(answer)["type"].rpartition(":")[2]) == (500, "sign-in-off")
        assert "turn it on for this app" in problem(answer)["detail"]


async def test_who_is_not_signed_in_is_told_how() -> None:
    """401 with the header that the standard wants."""
    answer = await ask(Request(body=b"{}", headers=JSON), ON)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_an_app_that_cannot_be_built_says_so() -> None:
    """The door passes on what the settings lack."""

    def broken() -> Any:
        raise InvalidSettings(["SYNC_STATE is missing"])

    assert (await api.respond(api.read_health, broken, Request(), Door())).status == 500
