"""Whatever is wrong with a request, the answer says what, where and the remedy, and nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from emulators.faults import Fault
from tests.functions.surroundings import Reply, Surroundings

pytestmark = pytest.mark.functions

OF_A_CONNECTION = {
    "read_connection": b"",
    "change_connection": {"status": "paused"},
    "disconnect": b"",
    "request_sync": b"",
    "approve_removals": b"",
    "read_history": b"",
    "read_attention": b"",
    "answer_item": {"item": "0123abcd", "choice": "same"},
    "list_answers": b"",
    "link_contacts": {"outlook": "jane", "pipeliner": "john"},
    "unlink_contact": {"contact": "jane"},
}
"""Functions whose route names a connection, with a good body."""

NOT_AN_OBJECT: list[tuple[Any, str]] = [
    (b"", "body: is not JSON"),
    (b"mailbox=ada", "send one JSON object, encoded in UTF-8"),
    (b'{"mailbox": "\xff"}', "body: is not JSON"),
    (b'{"mailbox": "\\ud800"}', "body: is not JSON"),
    (b'{"settings": {"required_defaults": {"cf_size": NaN}}}', "body: is not JSON"),
    (b'{"settings": {"required_defaults": {"cf_size": 1e999}}}', "body: is not JSON"),
    (b"[" * 60_000, "body: is not JSON"),
    (b"[]", "must be a JSON object, not a list"),
    (b"null", "must be a JSON object, not null"),
    (b"7", "must be a JSON object, not a number"),
]
WRONG_CONNECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"mailbox": 7}, ["mailbox: Input should be a valid string"]),
    ({"mail_box": "ada@example.test"}, ["mail_box: Extra inputs are not permitted"]),
    ({"mailbox": "nobody@example.test"}, ["mailbox: ", "check that the user exists and has a mailbox"]),
    ({"user": "nobody@example.test"}, ["user: no Pipeliner user has this e-mail address"]),
    ({"user": "no-such-id"}, ["user: no Pipeliner user has this id"]),
    ({"folder": "Friends"}, ["folder: the mailbox has no contact folder 'Friends'", "or use new"]),
    ({"folder": "default"}, ["folder: the default folder is empty"]),
    ({"settings": {"conflict_rule": "oldest"}}, ["settings.conflict_rule: ", "'newest', 'pipeliner' or 'outlook'"]),
    ({"settings": {"field_directions": {"shoe_size": "both"}}}, ["settings.field_directions: unknown field shoe_size"]),
    (
        {"settings": {"key_field": "cf_key", "required_defaults": {"cf_size": "7"}}},
        [
            "settings.required_defaults: the space has no contact field cf_size",
            "settings.key_field: the space has no contact field cf_key of type input",
        ],
    ),
]


@contextmanager
def nothing_changes(around: Surroundings) -> Iterator[None]:
    """Compare all tables, the queue and the folders before and after."""
    before = around.stored(), around.waiting(), around.graph.folder_ids(around.mailbox)
    yield
    assert (around.stored(), around.waiting(), around.graph.folder_ids(around.mailbox)) == before


def wanted(around: Surroundings, **changes: Any) -> dict[str, Any]:
    """A good request to connect, but for the changes."""
    return {"mailbox": around.mailbox, "user": around.mailbox, **changes}


def expect(reply: Reply, status: int, kind: str, *words: str) -> None:
    """Read a problem like a person and like a program."""
    assert (reply.status, reply.content["type"].rpartition(":")[2]) == (status, kind)
    for text in words:
        assert text in reply.words


@pytest.mark.parametrize(("body", "words"), NOT_AN_OBJECT, ids=range(len(NOT_AN_OBJECT)))
@pytest.mark.parametrize("function", ["connect", "change_connection"])
def test_a_body_that_is_no_json_object_is_refused(around: Surroundings, function: str, body: Any, words: str) -> None:
    """Also one that can be read but never be written again."""
    connection_id = around.connect()
    with nothing_changes(around):
        reply = around.call(function, route="" if function == "connect" else connection_id, body=body)
    expect(reply, 400, "invalid-request", words)


@pytest.mark.parametrize("function", ["connect", "change_connection", "request_sync"])
def test_a_body_that_is_too_large_is_not_read(around: Surroundings, function: str) -> None:
    """It is told how much would be taken."""
    connection_id = around.connect()
    with nothing_changes(around):
        route = "" if function == "connect" else connection_id
        reply = around.call(function, route=route, body={"mailbox": "x" * 65_536})
    expect(reply, 413, "body-too-large", "at most 65536")


@pytest.mark.parametrize(("changes", "words"), WRONG_CONNECTIONS, ids=range(len(WRONG_CONNECTIONS)))
def test_a_connection_that_cannot_be_is_refused(
    around: Surroundings, changes: dict[str, Any], words: list[str]
) -> None:
    """Every fault is named with its place, and neither a row nor a folder is left behind."""
    with nothing_changes(around):
        reply = around.call("connect", body=wanted(around, **changes))
    expect(reply, 400, "invalid-request", *words)
    assert reply.content["faults"]


def test_a_custom_field_must_be_there_and_fit(around: Surroundings) -> None:
    """A field that the space lacks, and one of a wrong type, are named together with what would do."""
    around.crm.people.add_field(f"cf_size{around.user_id[-4:]}", "integer")
    custom = [
        {"pipeliner": "cf_none", "outlook": "manager"},
        {"pipeliner": f"cf_size{around.user_id[-4:]}", "outlook": "birthday"},
    ]
    with nothing_changes(around):
        reply = around.call("connect", body=wanted(around, settings={"custom_fields": custom}))
    expect(reply, 400, "invalid-request", "the space has no contact field cf_none", "is of type integer")
    assert "birthday needs one of date" in reply.words


def test_several_faults_are_told_at_once(around: Surroundings) -> None:
    """Nobody has to try four times."""
    body = {"user": "", "folder": "", "settings": {"max_delete_percent": 101}}
    with nothing_changes(around):
        reply = around.call("connect", body=body)
    assert [fault.partition(":")[0] for fault in reply.content["faults"]] == [
        "mailbox",
        "user",
        "folder",
        "settings.max_delete_percent",
    ]


def test_a_folder_is_connected_once(around: Surroundings) -> None:
    """The connection that has it is named."""
    connection_id = around.connect()
    with nothing_changes(around):
        reply = around.call("connect", body=wanted(around))
    expect(reply, 400, "invalid-request", f"folder: connection {connection_id} syncs it already", "disconnect that one")


@pytest.mark.parametrize("connection_id", ["0123456789abcdef", "..", "a/b", "x" * 65, "ä"])
@pytest.mark.parametrize("function", list(OF_A_CONNECTION))
def test_an_unknown_connection_is_not_found(around: Surroundings, function: str, connection_id: str) -> None:
    """Whatever the id looks like, with the way to the right one."""
    with nothing_changes(around):
        reply = around.call(function, route=connection_id, body=OF_A_CONNECTION[function])
    expect(reply, 404, "not-found", "there is no connection", "list the connections")


@pytest.mark.parametrize("run_id", ["0123456789abcdef-00", "-", "../x", "x" * 129])
def test_an_unknown_run_is_not_found(around: Surroundings, run_id: str) -> None:
    """Also one of a connection that is there."""
    connection_id = around.connected()
    with nothing_changes(around):
        expect(around.call("read_run", route=run_id), 404, "not-found", "there is no run")
        expect(around.call("read_run", route=f"{connection_id}-00"), 404, "not-found", "kept for a limited time")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "body: changes nothing; give settings, status or both"),
        ({"status": "asleep"}, "status: Input should be 'active' or 'paused'"),
        ({"folder": "new"}, "folder: Extra inputs are not permitted"),
        ({"settings": {"scope": "all"}}, "scope: "),
        ({"settings": {"max_delete_count": -1}}, "max_delete_count: "),
    ],
)
def test_a_change_that_cannot_be_is_refused(around: Surroundings, body: Any, words: str) -> None:
    """The connection stays as it was."""
    connection_id = around.connect()
    with nothing_changes(around):
        expect(around.call("change_connection", route=connection_id, body=body), 400, "invalid-request", words)


@pytest.mark.parametrize(
    ("body", "words"),
    [({"mode": "quick"}, "mode: must be one of delta, full"), ({"mode": 1}, "mode: "), ({"made": "full"}, "made: ")],
)
def test_a_sync_of_an_unknown_mode_is_refused(around: Surroundings, body: Any, words: str) -> None:
    """No run is written down for it."""
    connection_id = around.connect()
    with nothing_changes(around):
        expect(around.call("request_sync", route=connection_id, body=body), 400, "invalid-request", words)


def test_a_paused_connection_syncs_on_nobodys_request(around: Surroundings) -> None:
    """The answer says why it is paused and what to do."""
    connection_id = around.connect()
    around.call("change_connection", route=connection_id, body={"status": "paused"})
    with nothing_changes(around):
        reply = around.call("request_sync", route=connection_id)
    expect(reply, 409, "paused", f"connection {connection_id} is paused (paused_by_person)", "resume it")


def test_what_is_paused_or_holds_nothing_is_not_approved(around: Surroundings) -> None:
    """By the same rule as on the command line: 409 says which of the two it is."""
    connection_id = around.connect()
    with nothing_changes(around):
        reply = around.call("approve_removals", route=connection_id)
    expect(reply, 409, "nothing-held", "holds nothing back; there is nothing to approve")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1e2", "", "٣", "9" * 5000])
@pytest.mark.parametrize("function", ["list_connections", "read_history", "read_attention"])
def test_a_limit_is_a_number_within_bounds(around: Surroundings, function: str, limit: str) -> None:
    """A wrong one is not silently replaced."""
    connection_id = around.connect()
    route = "" if function == "list_connections" else connection_id
    expect(around.call(function, route=route, query={"limit": limit}), 400, "invalid-request", "limit: ", "1 to 200")


@pytest.mark.parametrize("before", ["nonsense", "history.1.2"])
def test_history_goes_on_only_from_one_of_its_entries(around: Surroundings, before: str) -> None:
    """A made-up place is told from the end of the history."""
    connection_id = around.connect()
    reply = around.call("read_history", route=connection_id, query={"before": before})
    expect(reply, 400, "invalid-request", "before: is no id of a history entry", "follow next")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(pattern="/v1.0/users", status=503, headers={"Retry-After": "90"}), "Graph answered 503"),
        (Fault(pattern="/v1.0/users", status=429, headers={"Retry-After": "90"}), "Graph answered 429"),
        (Fault(pattern="/v1.0/users", drop=True), "no whole answer came from 127.0.0.1"),
    ],
    ids=["down", "throttled", "silent"],
)
def test_an_outage_of_graph_is_told_with_the_wait(around: Surroundings, fault: Fault, words: str) -> None:
    """503 with Retry-After, so that a program may try again by itself."""
    around.graph.faults.plant(fault)
    with nothing_changes(around):
        reply = around.call("connect", body=wanted(around))
    expect(reply, 503, "try-later", words)
    assert reply.headers["retry-after"] == ("30" if fault.drop else "90")


def test_an_outage_of_pipeliner_is_told_with_the_wait(around: Surroundings) -> None:
    """503 as well, naming the other service."""
    around.crm.faults.plant(Fault(pattern="/Clients", status=503, headers={"Retry-After": "100"}))
    with nothing_changes(around):
        reply = around.call("connect", body=wanted(around))
    expect(reply, 503, "try-later", "Pipeliner failed at GET Clients: status 503")
    assert reply.headers["retry-after"] == "100"


@pytest.mark.parametrize(("status", "reason"), [(401, "credentials_rejected"), (403, "access_denied")])
def test_a_service_that_refuses_the_app_is_told(around: Surroundings, status: int, reason: str) -> None:
    """502 with the stable reason, whichever of the two it is; expired credentials are the usual case."""
    for model, pattern, words in (
        (around.graph, "/v1.0/users", "Graph answered"),
        (around.crm, "/Clients", "Pipeliner"),
    ):
        model.faults.plant(Fault(pattern=pattern, status=status, times=None))
        with nothing_changes(around):
            reply = around.call("connect", body=wanted(around))
        model.faults.clear()
        expect(reply, 502, "service-refused", words)
        assert reply.content["reason"] == reason


def test_an_unforeseen_error_tells_nothing(around: Surroundings) -> None:
    """500 without a detail of it, while the log has its type and place, and neither has a value."""
    around.connect()
    where = next(where for where in around.stored() if where[2] == "1.watermarks")
    good = around.stored()[where]
    around.overwrite(*where, f'{{"contacts": "{around.mailbox}"}}')
    reply = around.call("connect", body=wanted(around))
    around.overwrite(*where, good)
    expect(reply, 500, "unexpected", "The app's log names its type and place")
    assert "a request about - failed: ValueError at state/feed.py:" in around.log()
    assert around.mailbox not in around.log() + str(reply.content)


def test_a_connection_whose_row_cannot_be_read_is_shown_and_repaired(around: Surroundings) -> None:
    """It is listed as paused with the names of what is unreadable, refuses runs, and full valid settings repair it."""
    connection_id = around.connect()
    where = next(where for where in around.stored() if where[2] == f"connection.{connection_id}")
    around.overwrite(*where, around.stored()[where].replace('"scope":"owned"', '"scope":"canary-5f3a"'))
    shown = around.call("read_connection", route=connection_id).content
    assert (shown["status"], shown["reason"], shown["unreadable"]) == ("paused", "unreadable", ["settings.scope"])
    assert (shown["settings"]["scope"], shown["settings"]["sync_type"]) == (None, "two_way")
    assert connection_id in {item["id"] for item in around.call("list_connections").content["items"]}
    (item,) = around.call("read_attention", route=connection_id).content["items"]
    assert (item["reason"], "settings.scope" in item["message"]) == ("paused", True)
    refused: dict[str, Any] = {"request_sync": b"", "retry_set_aside": b"", "change_connection": {"status": "active"}}
    with nothing_changes(around):
        for function, body in refused.items():
            expect(around.call(function, route=connection_id, body=body), 409, "unreadable", "settings.scope")
        other = around.call("change_connection", route=connection_id, body={"settings": {"max_delete_count": 7}})
    expect(other, 400, "invalid-request", "settings.scope: what is stored cannot be read; give it anew")
    repaired = around.call("change_connection", route=connection_id, body={"settings": {"scope": "visible"}}).content
    assert (repaired["status"], repaired["settings"]["scope"], repaired["unreadable"]) == ("active", "visible", [])
    assert '"mode":"full"' in around.waiting()[-1]
    assert "canary-5f3a" not in around.log() + str(shown)
