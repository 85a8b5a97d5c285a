"""Allowances, tokens, and what every answer carries."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from emulators.wire import Answer, Dropped, Request
from tests.emulators.graph.graph_client import GraphCaller, a_caller, error_of, message_of, plant


def sign_in(caller: GraphCaller, **form: str) -> Answer:
    """Ask for a token with client credentials."""
    given = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s", **form}
    reply = caller.model.handle(Request("POST", "/tenant/oauth2/v2.0/token", body=urlencode(given).encode()))
    assert isinstance(reply, Answer)
    return reply


def test_allowance_is_counted_per_app_and_mailbox_in_ten_minutes() -> None:
    """One request too many is a 429 with the real wait; other mailboxes are untouched."""
    caller = a_caller(throttle_limit=3)
    caller.model.add_user("bob@example.test")
    bob = GraphCaller(caller.model, "bob@example.test")

    statuses = [caller.call("GET", "contacts").status for _ in range(3)]
    caller.model.clock.advance(100)
    refused = caller.call("GET", "contacts")

    assert statuses == [200, 200, 200]
    assert error_of(refused) == (429, "ApplicationThrottled")
    assert message_of(refused) == "Application is over its MailboxConcurrency limit."
    assert refused.headers["Retry-After"] == "500"
    assert bob.call("GET", "contacts").status == 200
    caller.model.clock.advance(501)
    assert caller.call("GET", "contacts").status == 200


def test_parts_of_a_batch_count_towards_the_allowance() -> None:
    """Each part is a request of its own for the limit."""
    caller = a_caller(throttle_limit=2)
    parts = [{"id": str(n), "method": "GET", "url": f"/users/{caller.user}/contacts"} for n in range(3)]

    assert [caller.batch(*parts)[str(n)]["status"] for n in range(3)].count(429) >= 1
    assert caller.call("GET", "contacts").status == 429


@pytest.mark.parametrize(
    ("form", "expected"),
    [("integer", "600"), ("fractional", "600.000"), ("none", None), ("long", "600")],
)
def test_wait_is_told_in_the_form_of_the_switch(form: str, expected: str | None) -> None:
    """Retry-After may be whole, fractional or missing."""
    caller = a_caller(throttle_limit=0, retry_after_form=form)

    assert caller.call("GET", "contacts").headers.get("Retry-After") == expected


def test_wait_may_be_told_as_a_date() -> None:
    """The date lies the wait ahead of the service's clock."""
    caller = a_caller(throttle_limit=0, retry_after_form="http_date")

    answer = caller.call("GET", "contacts")

    wait = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(answer.headers["Date"])
    assert wait == timedelta(minutes=10)


def test_long_wait_is_at_least_180_seconds() -> None:
    """The form "long" goes beyond what the SDK is willing to wait."""
    caller = a_caller(batch_throttled_share=1.0, retry_after_form="long")
    parts = [{"id": str(n), "method": "GET", "url": f"/users/{caller.user}/contacts"} for n in range(5)]

    assert caller.batch(*parts)["4"]["headers"]["Retry-After"] == "180"


def test_token_is_given_for_the_right_secret_only() -> None:
    """Configured apps are checked; without any, every client gets a token."""
    caller = a_caller(accept_any_token=False)

    assert sign_in(caller).json().keys() >= {"token_type", "expires_in", "access_token"}
    caller.model.sign_in.register_app("app", "right")
    assert sign_in(caller).status == 401
    assert sign_in(caller, client_id="other").json()["error"] == "unauthorized_client"
    assert sign_in(caller, grant_type="password").json()["error"] == "unsupported_grant_type"
    token = sign_in(caller, client_secret="right").json()["access_token"]
    caller.headers["authorization"] = f"Bearer {token}"
    assert caller.call("GET", "contacts").status == 200


def test_request_needs_a_bearer_token_that_the_service_accepts() -> None:
    """None, a foreign one (when foreign ones are not accepted), an expired and a revoked one are 401."""
    caller = a_caller()
    assert caller.call("GET", "contacts").status == 200
    caller.model.revoke_tokens()
    revoked = caller.call("GET", "contacts")
    caller.headers["authorization"] = "Bearer another"
    accepted = caller.call("GET", "contacts")
    caller.model.switches.accept_any_token = False
    foreign = caller.call("GET", "contacts")
    caller.headers["authorization"] = f"Bearer {sign_in(caller).json()['access_token']}"
    caller.model.clock.advance(3600)
    expired = caller.call("GET", "contacts")
    caller.headers["authorization"] = ""
    missing = caller.call("GET", "contacts")

    assert accepted.status == 200
    for refused in (revoked, foreign, expired, missing):
        assert error_of(refused) == (401, "InvalidAuthenticationToken")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_discovery_leads_to_the_token_endpoint() -> None:
    """What MSAL asks first points back to this service."""
    caller = a_caller()

    found = caller.call("GET", "/common/discovery/instance").json()
    settings = caller.follow(found["tenant_discovery_endpoint"]).json()

    assert settings["token_endpoint"] == "http://graph.test:81/common/oauth2/v2.0/token"
    assert caller.model.total_requests == 0


def test_every_answer_carries_its_ids_and_errors_repeat_them() -> None:
    """request-id, client-request-id, Date and the diagnostic come with success and refusal alike."""
    caller = a_caller()
    caller.headers["client-request-id"] = "mine"

    answers = [caller.call("GET", "contacts"), caller.call("GET", "contacts/unknown")]

    for answer in answers:
        assert answer.headers["client-request-id"] == "mine"
        assert "ServerInfo" in json.loads(answer.headers["x-ms-ags-diagnostic"])
        assert answer.headers["Date"].endswith("GMT")
    inner = answers[1].json()["error"]["innerError"]
    assert inner["request-id"] == answers[1].headers["request-id"] != answers[0].headers["request-id"]
    assert (inner["client-request-id"], inner["date"]) == ("mine", "2026-01-05T08:00:00")


def test_planted_faults_hit_plain_requests() -> None:
    """A create may be dropped after its effect, or refused with 409 or 412."""
    caller = a_caller()
    plant(caller, "POST .*/contacts", drop=True, after_effect=True)
    request = Request("POST", f"/v1.0/users/{caller.user}/contacts", "", caller.headers, b"{}")

    assert caller.model.handle(request) == Dropped(effect_done=True)
    assert len(caller.model.contacts(caller.user)) == 1
    plant(caller, "PATCH", status=412)
    assert caller.patch("x", surname="B").status == 412
