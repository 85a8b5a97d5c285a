from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync_core.errors import InvalidSettings, TooManyRequests
from sync_core.settings import HttpSignIn
from sync_core.web import Admission, Answer, Request, respond
from sync_core.web.admission import MOST_CALLERS, RequestRates
from sync_core.web.callers import KEY_HEADER, PRINCIPAL_HEADER, Role
from sync_core.web.exchange import MAX_BODY_BYTES
from sync_core.web.routes import BY_NAME
from tests.scenarios.world import World, new_world
from tests.security.identities import ADA, BEN, KEYS, OFF, ON, OTHER_TENANT, TENANT, headers

JSON = {"content-type": "application/json"}


@dataclass
class Watch:
    """A clock that is moved by hand."""

    at_s: float = 0.0
    rates: RequestRates = field(init=False)

    def __post_init__(self) -> None:
        self.rates = RequestRates(lambda: self.at_s)

    def taken(self, caller: str = "ada", per_minute: int = 60) -> int:
        """Send requests until one is refused; returns how many were taken."""
        for count in range(10_000):
            try:
                self.rates.take(caller, per_minute)
            except TooManyRequests:
                return count
        raise AssertionError("no request was refused")


async def ask(request: Request, sign_in: HttpSignIn = KEYS, world: World | None = None) -> Answer:
    """Send a request to connect."""
    deployment = (world or new_world(app={"sync_tenant_id": TENANT})).deployment
    return await respond(BY_NAME["connect"], lambda: deployment, request, Admission(sign_in))


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
    """Each has a bucket of their own."""
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
    deployment = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 2}).deployment
    admission, statuses, waits = Admission(sign_in), [], []
    for who, key in ((ADA, "k1"), (ADA, "k1"), (ADA, "k1"), (BEN, "k2")):
        request = Request(headers={KEY_HEADER: key, **headers(Role.ADMINISTRATOR, object_id=who)})
        answer = await respond(BY_NAME["list_connections"], lambda: deployment, request, admission)
        statuses.append(answer.status)
        waits.append(answer.headers.get("Retry-After"))
    assert (statuses, waits) == ([200, 200, 429, 200], [None, None, "30", None])


async def test_strangers_share_one_limit() -> None:
    """Who does not sign in cannot get a new bucket with each request."""
    deployment = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 1}).deployment
    admission = Admission(ON)
    asked: list[dict[str, str]] = [{}, {KEY_HEADER: "another"}, {"x-forwarded-for": "192.0.2.1"}]
    answers = [
        await respond(BY_NAME["read_health"], lambda: deployment, Request(headers=one), admission) for one in asked
    ]
    assert [answer.status for answer in answers] == [200, 429, 429]


async def test_a_body_is_measured_before_anything_else() -> None:
    """Of every endpoint, also of one that reads none, and before the app is even built."""

    def never() -> Any:
        raise AssertionError("the app was built")

    for endpoint in ("connect", "read_health", "approve_removals"):
        request = Request(body=b"x" * (MAX_BODY_BYTES + 1), headers=JSON)
        assert (await respond(BY_NAME[endpoint], never, request, Admission())).status == 413


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


PAGES_OF_OTHERS = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://app.example.test"},
    {"origin": "https://app.example.test.evil.example"},
    {"origin": "https://app.example.test:8443"},
    {"origin": "https://app.example.test:port"},
    {"origin": "https://app.example.test@evil.example"},
    {"referer": "https://evil.example/app.example.test"},
    {"origin": "https://app.example.test", "sec-fetch-site": "none, cross-site"},
    {"origin": "https://app.example.test", "sec-fetch-site": "SAME-SITE"},
]
OWN_PAGES: list[dict[str, str]] = [
    {},
    {"origin": "https://APP.example.test"},
    {"origin": "https://app.example.test:443"},
    {"referer": "https://app.example.test/page?a=b"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"host": "localhost:7071", "origin": "http://localhost:7071"},
]


@pytest.mark.parametrize("endpoint", ["approve_removals", "request_sync", "retry_set_aside", "disconnect"])
async def test_a_page_of_another_site_changes_nothing_without_a_body_either(endpoint: str) -> None:
    """A form needs no body; a browser that tells nothing of the fetch still tells whose page it is."""
    world = new_world(app={"sync_tenant_id": TENANT})
    connection_id, method = await world.connect(), BY_NAME[endpoint].method.value
    for told, are_refused in ((PAGES_OF_OTHERS, True), (OWN_PAGES, False)):
        for page in told:
            given = {"host": "app.example.test", **headers(Role.ADMINISTRATOR), **page}
            request = Request({"connection_id": connection_id}, method=method, headers=given)
            answer = await respond(BY_NAME[endpoint], lambda: world.deployment, request, Admission(ON))
            assert (answer.status == 403) is are_refused, page
            if are_refused:
                assert "page of another site" in problem(answer)["detail"]


async def test_without_a_host_no_page_is_the_apps_own() -> None:
    """What cannot be compared is foreign."""
    given = {**JSON, **headers(Role.ADMINISTRATOR), "origin": "https://"}
    assert (await ask(Request(body=b"{}", method="POST", headers=given), ON)).status == 403


_ADMINISTRATOR = headers(Role.ADMINISTRATOR)
REFUSED = {
    "too large": (413, Request(body=b"x" * (MAX_BODY_BYTES + 1), headers={**JSON, **_ADMINISTRATOR})),
    "not declared": (415, Request(body=b"{}", headers=_ADMINISTRATOR)),
    "unreadable identity": (401, Request(headers={PRINCIPAL_HEADER: "%%%"})),
    "another tenant": (403, Request(headers=headers(Role.ADMINISTRATOR, tenant=OTHER_TENANT))),
    "no role": (403, Request(headers=headers())),
    "page of another site": (403, Request(method="POST", headers={**_ADMINISTRATOR, "origin": "https://evil.example"})),
    "nobody": (401, Request()),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refused_request_counts(name: str) -> None:
    """Whatever refuses it: so many are answered, then 429; whoever may come in is not kept out by it."""
    deployment = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 3}).deployment
    admission = Admission(ON)

    async def status(request: Request) -> int:
        return (await respond(BY_NAME["list_connections"], lambda: deployment, request, admission)).status

    assert await status(Request(headers=headers(Role.ADMINISTRATOR, object_id=BEN))) == 200
    refusal, request = REFUSED[name]
    assert [await status(request) for _ in range(5)] == [refusal] * 3 + [429] * 2
    assert await status(Request(headers=headers(Role.ADMINISTRATOR, object_id=BEN))) == 200


async def test_too_large_bodies_count_before_the_app_is_built() -> None:
    """By the limit that holds unless another is set; the app need not be built to be protected."""

    def never() -> Any:
        raise AssertionError("the app was built")

    admission, seen = Admission(KEYS), []
    for _ in range(130):
        request = Request(body=b"x" * (MAX_BODY_BYTES + 1), headers={**JSON, KEY_HEADER: "key"})
        seen.append((await respond(BY_NAME["connect"], never, request, admission)).status)
    assert set(seen[:120]) == {413}
    assert seen[-1] == 429


@pytest.mark.parametrize(
    ("sent", "query"),
    [
        ({KEY_HEADER: "good,{}"}, {}),
        ({KEY_HEADER: "good, {}"}, {"code": "{}"}),
        ({}, {"code": "good,{}"}),
        ({}, {"CODE": "good,{}"}),
    ],
)
async def test_what_is_sent_beside_the_key_makes_no_new_caller(sent: dict[str, str], query: dict[str, str]) -> None:
    """The host checks the first of several values: that one says who calls, by header and by parameter alike."""
    deployment = new_world(app={"sync_max_requests_per_minute": 3}).deployment
    admission, statuses = Admission(KEYS), []
    given: list[tuple[dict[str, str], dict[str, str]]] = [({KEY_HEADER: "good"}, {})]
    for number in range(3):
        filled = [{name: value.format(number) for name, value in part.items()} for part in (sent, query)]
        given.append((filled[0], filled[1]))
    for fields, parameters in given:
        request = Request(query=parameters, headers=fields)
        statuses.append((await respond(BY_NAME["list_connections"], lambda: deployment, request, admission)).status)
    assert statuses == [200, 200, 200, 429]


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
    endpoint = "list_connections" if name == "after" else "read_history"
    request = Request(route={"connection_id": connection_id}, query={name: value})
    answer = await respond(BY_NAME[endpoint], lambda: world.deployment, request, Admission())
    assert (answer.status, problem(answer)["faults"]) == (400, [f"{name}: must be at most 600 visible characters"])


UNNAMEABLE = ("x" * 500, "x" * 401, "ü" * 390, "~" * 390, f"{'x' * 400}@", "\ud800", "a\x00b", "a\nb", "\u202ea@b")


@pytest.mark.parametrize("person", UNNAMEABLE)
async def test_a_person_whom_no_row_can_name_is_refused(person: str) -> None:
    """With 400, though some fit by their number of characters and not by how a key is written."""
    world = new_world()
    await world.connect()
    for name, wish in (
        ("purge", {"person": person}),
        ("link_contacts", {"outlook": person, "pipeliner": "x"}),
        ("link_contacts", {"outlook": "x", "pipeliner": person}),
        ("unlink_contact", {"contact": person}),
    ):
        request = Request({"connection_id": world.record.id}, body=json.dumps(wish).encode(), headers=JSON)
        assert (await respond(BY_NAME[name], lambda: world.deployment, request, Admission())).status == 400, name


async def test_sign_in_that_is_off_refuses_everything() -> None:
    """The answer and the log say what to turn on; not even health is served."""
    deployment = new_world(app={"sync_tenant_id": TENANT}).deployment
    for endpoint in ("read_health", "list_connections"):
        answer = await respond(
            BY_NAME[endpoint], lambda: deployment, Request(headers=headers(Role.ADMINISTRATOR)), Admission(OFF)
        )
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

    assert (await respond(BY_NAME["read_health"], broken, Request(), Admission())).status == 500
