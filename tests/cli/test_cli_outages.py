"""What a person reads when a service refuses us or does not answer, and that nothing is lost by it."""

from __future__ import annotations

from emulators.faults import Fault
from sync_core.app import App
from sync_core.queues import LocalQueue
from sync_core.settings import AppSettings
from tests.cli.office import CONNECT, MAILBOX, NearOffice, Office, closed_port, rows_of

_PERSON = "Okafor"
_DELTA = "GET .*/contacts/delta"


def test_whoever_refuses_us_is_named_with_what_to_check(office: Office) -> None:
    """Graph, Pipeliner, or a Graph that does not answer at all; no connection is made and no secret shown."""
    office.run(*CONNECT, "--no-sync")
    before = rows_of(office.state)

    wrong = office.run(*CONNECT, "--json", PIPELINER_API_PASSWORD="no-longer-valid")
    closed = office.run(*CONNECT, GRAPH_BASE_URL=closed_port())
    office.graph.revoke_tokens()
    revoked = office.run(*CONNECT, "--json")

    assert (wrong.status, wrong.document["error"]["type"]) == (2, "CredentialsRejected")
    assert "Pipeliner refused the API token and password" in wrong.document["error"]["message"]
    assert "no-longer-valid" not in wrong.words
    assert (closed.status, closed.out) == (2, "")
    assert "no whole answer came from 127.0.0.1 (ConnectError)" in closed.err
    assert (revoked.status, revoked.document["error"]["type"]) == (2, "CredentialsRejected")
    assert "check the app registration's secret or certificate" in revoked.document["error"]["message"]
    assert rows_of(office.state) == before


def test_a_sync_that_is_refused_pauses_the_connection_and_loses_nothing(near: NearOffice) -> None:
    """It says so wherever one looks, keeps every link, and the next sync tries again."""
    near.people("Okafor")
    connection = near.connect()
    near.run("sync")
    links = _links(near)
    near.graph.revoke_tokens()

    refused = near.run("sync", "--json")
    status, attention = near.run("status"), near.run("attention", "--json")

    assert (refused.status, refused.document["error"]["type"]) == (2, "CredentialsRejected")
    assert f"connection {connection}: Graph answered 401" in refused.document["error"]["message"]
    assert (status.status, f"{connection} is paused (credentials_rejected)" in status.out) == (1, True)
    assert attention.document["items"][0]["reason"] == "paused"
    assert _links(near) == links
    near.graph_token = "renewed"
    healed = near.run("sync", "--json")
    assert (healed.status, [story["id"] for story in healed.document["synced"]]) == (0, [connection])
    assert near.run("status", "--json").document["connections"][0]["status"] == "active"
    assert near.run("attention").status == 0


def _links(office: NearOffice) -> list[tuple[str, str, str, str]]:
    return [row for row in rows_of(office.state) if row[2].startswith("link")]


def test_a_pipeliner_that_is_down_does_not_stop_outlooks_side(near: NearOffice) -> None:
    """What could not be read is said, the exit status tells, and the next sync catches up."""
    near.people("Okafor")
    near.connect()
    near.run("sync")
    near.people("Novak")

    down = near.run("sync", PIPELINER_SERVICE_URL=closed_port())
    up = near.run("sync", "--json")

    assert (down.status, "nothing to write" in down.out) == (2, True)
    assert "error: Pipeliner's changes were not read: Pipeliner gave no answer (ConnectionError)" in down.err
    assert (up.status, up.document["synced"][0]["runs"][0]["counts"]["created_in_outlook"]) == (0, 1)


def test_a_pause_that_a_service_asks_for_is_waited_for(near: NearOffice) -> None:
    """A person is told for how long and why; the run goes on by itself."""
    near.people("Okafor")
    near.connect()
    near.graph.faults.plant(Fault(_DELTA, status=429, headers={"Retry-After": "90"}))

    ran = near.run("sync")

    assert (ran.status, "1 created in Outlook" in ran.out) == (0, True)
    assert "going on in 90 s (Ctrl-C leaves it to the next sync)" in ran.err
    assert 89 < sum(near.clock.slept) <= 90


def test_a_pause_of_more_than_two_minutes_is_not_waited_for(near: NearOffice) -> None:
    """The command stops and says when to come back; nothing is lost."""
    near.people("Okafor")
    near.connect()
    near.graph.faults.plant(Fault(_DELTA, status=429, headers={"Retry-After": "300"}))

    ran = near.run("sync", "--json")

    assert (ran.status, ran.document["error"]["type"]) == (2, "RetryLater")
    assert "left to the next sync, no sooner than in 300 s" in ran.document["error"]["message"]
    assert near.clock.slept == []
    assert near.run("sync").status == 0


def test_a_service_that_stays_down_is_tried_twice(near: NearOffice) -> None:
    """Then the command ends, with the service's last word."""
    connection = near.connect()
    near.graph.faults.plant(Fault(_DELTA, status=503, times=None))

    ran = near.run("sync")

    assert ran.status == 2
    assert f"error: connection {connection}: Graph answered 503" in ran.err
    assert len(near.clock.slept) == 1


def test_one_connection_that_fails_does_not_stop_another(near: NearOffice) -> None:
    """The healthy one syncs; the other is named."""
    near.graph.add_folder(MAILBOX, "Second")
    near.people("Okafor")
    broken, healthy = near.connect(), near.connect("--folder", "Second")
    folder = near.run("status", broken, "--json").document["connections"][0]["folder"]["id"]
    near.graph.delete_folder(MAILBOX, folder)

    ran = near.run("sync")

    assert ran.status == 2
    assert f"connection {healthy}: 1 created in Outlook" in ran.out
    assert f"error: connection {broken}: Graph answered 404" in ran.err


def test_an_unexpected_error_is_one_line_without_its_text(near: NearOffice) -> None:
    """The text might quote a contact; with -v the place is shown, and still no text."""
    near.connect()
    near.open_app = _failing

    short, long, told = near.run("status"), near.run("status", "-v"), near.run("status", "--json")

    assert (short.status, short.out) == (2, "")
    assert short.err == "error: unexpected ZeroDivisionError; run again with -v to see where\n"
    assert "in _failing" in long.err
    assert (told.document["error"]["type"], told.status) == ("ZeroDivisionError", 2)
    assert _PERSON not in short.words + long.words + told.words


def _failing(_settings: AppSettings, _queue: LocalQueue) -> App:
    raise ZeroDivisionError(_PERSON)
