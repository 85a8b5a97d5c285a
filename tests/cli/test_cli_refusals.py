"""What a person reads who typed or set something wrong: what it is, where, and the remedy; nothing changes."""

from __future__ import annotations

import pytest

from tests.cli.office import CONNECT, MAILBOX, NearOffice, Office, Ran, rows_of


def _refused(office: NearOffice, *typed: str, says: tuple[str, ...], **changes: str) -> Ran:
    """Run a command that must be refused with these words, for people and for programs, and change nothing."""
    before = rows_of(office.state)
    ran, told = office.run(*typed, **changes), office.run(*typed, "--json", **changes)
    assert (ran.status, ran.out, told.status, told.err) == (2, "", 2, "")
    for words in says:
        assert words in ran.err
        assert words in told.document["error"]["message"]
    assert rows_of(office.state) == before
    return told


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PIPELINER_SERVICE_URL", "", ("PIPELINER_SERVICE_URL is missing", "Show API Access")),
        ("PIPELINER_SPACE_ID", "", ("PIPELINER_SPACE_ID is missing", "Show API Access")),
        ("PIPELINER_API_TOKEN", "", ("PIPELINER_API_TOKEN is missing", "Show API Access")),
        ("PIPELINER_API_PASSWORD", "", ("PIPELINER_API_PASSWORD is missing", "Show API Access")),
        ("PIPELINER_SERVICE_URL", "http://far.example", ("PIPELINER_SERVICE_URL", "must be an https address")),
        ("PIPELINER_SPACE_ID", "a space", ("PIPELINER_SPACE_ID is not valid", "copy the space id")),
        ("PIPELINER_REQUESTS_PER_SECOND", "0", ("PIPELINER_REQUESTS_PER_SECOND", "greater than 0")),
        ("PIPELINER_REQUESTS_PER_SECOND", "many", ("PIPELINER_REQUESTS_PER_SECOND", "valid number")),
        ("GRAPH_BASE_URL", "graph.microsoft.com", ("GRAPH_BASE_URL", "must be an https address")),
        ("SYNC_SCHEDULE", "*/5 * * * *", ("SYNC_SCHEDULE", "six fields")),
        ("SYNC_PASS_BUDGET_S", "5", ("SYNC_PASS_BUDGET_S", "greater than or equal to 10")),
        ("SYNC_STATE", "state.sqlite", ("SYNC_STATE is not understood", "sqlite:///<file>")),
        ("SYNC_STATE", "sqlite:///", ("SYNC_STATE names no file", "sqlite:///<file>")),
        ("SYNC_STATE", "AccountName=canary-password-91bc", ("SYNC_STATE", "copy it whole")),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    near: NearOffice, name: str, value: str, says: tuple[str, ...]
) -> None:
    """The setting, what is wrong with it and where the right value is; never the value itself."""
    near.connect()

    told = _refused(near, "status", says=says, **{name: value})

    assert told.document["error"]["type"] == "InvalidSettings"


def test_all_wrong_settings_are_named_at_once(near: NearOffice) -> None:
    """Nobody has to run it once for each."""
    wrong = {"PIPELINER_SPACE_ID": "", "PIPELINER_API_TOKEN": "", "SYNC_SCHEDULE": "often"}

    told = _refused(near, "sync", says=("PIPELINER_SPACE_ID", "PIPELINER_API_TOKEN", "SYNC_SCHEDULE"), **wrong)

    assert len(told.document["error"]["faults"]) == 3


def test_a_state_file_that_is_none_is_refused(near: NearOffice) -> None:
    """And stays as it is."""
    text = near.folder / "notes.txt"
    text.write_text("no database at all, only words, and enough of them to be read as a header of a file")

    _refused(
        near, "status", says=("SYNC_STATE", "cannot be opened", "a writable folder"), SYNC_STATE=f"sqlite:///{text}"
    )

    assert text.read_text().startswith("no database")


def test_a_graph_that_is_no_cloud_of_microsoft_is_refused(office: Office) -> None:
    """Its token would go to a stranger."""
    ran = office.run("status", GRAPH_BASE_URL="https://graph.example")

    assert (ran.status, ran.out) == (2, "")
    assert "GRAPH_BASE_URL names no Microsoft cloud; choose one of https://graph.microsoft.com" in ran.err


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ((), ("COMMAND", "--help")),
        (("synch",), ("invalid choice: 'synch'", "connect")),
        (("connect",), ("--mailbox, --user", "required")),
        ((*CONNECT, "--scope", "all"), ("--scope", "invalid choice: 'all'", "owned_or_editable")),
        ((*CONNECT, "--sync-type", "one_way"), ("--sync-type", "to_outlook")),
        ((*CONNECT, "--delete-protection", "maybe"), ("--delete-protection", "off")),
        ((*CONNECT, "--setting", "colour=1"), ("--setting colour: there is no such setting", "max_delete_count")),
        ((*CONNECT, "--setting", "key_field"), ("--setting key_field: the value is not JSON", "KEY=JSON")),
        ((*CONNECT, "--setting", "scope='owned'"), ("--setting scope: the value is not JSON",)),
        ((*CONNECT, "--scope", "owned", "--setting", 'scope="visible"'), ("--setting scope: it is given twice",)),
        ((*CONNECT, "--setting", "max_delete_count=-1"), ("settings.max_delete_count", "greater than or equal to 0")),
        ((*CONNECT, "--setting", 'field_directions={"shoe": "both"}'), ("field_directions", "unknown field shoe")),
        (("connect", "--mailbox", "", "--user", "x"), ("mailbox", "at least 1 character")),
        (("history", "--limit", "0"), ("--limit", "from 1 to 1000")),
        (("history", "--limit", "lots"), ("--limit", "from 1 to 1000")),
        (("history", "--before", "yesterday"), ("'yesterday' is no id of a history entry", "list the history")),
        (("status", "--full"), ("unrecognized arguments: --full", "--help")),
        (("status", "ffff-none"), ("there is no connection 'ffff-none'", "choose from")),
        (("sync", "ffff-none"), ("there is no connection 'ffff-none'", MAILBOX)),
        (("disconnect", "ffff-none", "--yes"), ("there is no connection 'ffff-none'", "choose from")),
        (("approve",), ("holds nothing back", "nothing to approve")),
    ],
)
def test_wrong_arguments_are_named_with_what_would_be_right(
    near: NearOffice, typed: tuple[str, ...], says: tuple[str, ...]
) -> None:
    """Before any service is asked."""
    near.connect()
    asked = near.crm.total_requests + near.graph.total_requests

    _refused(near, *typed, says=says)

    assert near.crm.total_requests + near.graph.total_requests == asked


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--mailbox", "nobody@example.test", "--user", MAILBOX), ("mailbox: ", "nobody@example.test", "check that")),
        (("--mailbox", MAILBOX, "--user", "nobody@example.test"), ("user: no Pipeliner user has this e-mail",)),
        (("--mailbox", MAILBOX, "--user", MAILBOX, "--folder", "Friends"), ("no contact folder 'Friends'", "use new")),
        (("--mailbox", MAILBOX, "--user", MAILBOX), ("syncs it already", "disconnect that one")),
        (
            ("--mailbox", MAILBOX, "--user", MAILBOX, "--setting", 'key_field="cf_key"'),
            ("settings.key_field", "no contact field cf_key of type input"),
        ),
    ],
)
def test_what_the_services_do_not_know_is_named(
    near: NearOffice, options: tuple[str, ...], says: tuple[str, ...]
) -> None:
    """The mailbox, the user, the folder or the field; no connection is made."""
    near.connect()

    told = _refused(near, "connect", *options, says=says)

    assert told.document["error"]["type"] == "InvalidRequest"


def test_a_connection_is_found_by_the_beginning_of_its_id(near: NearOffice) -> None:
    """As long as no other begins so; with several, leaving it out is refused and both are listed."""
    near.graph.add_folder(MAILBOX, "Second")
    first, second = near.connect(), near.connect("--folder", "Second")
    common = first[: next((at for at in range(16) if first[at] != second[at]), 16)]

    shown = near.run("status", first[: len(common) + 1], "--json").document["connections"]

    assert [item["id"] for item in shown] == [first]
    _refused(near, "history", says=("CONNECTION is missing", first, second))
    _refused(near, "status", common, says=("begins several ids", first, second))


def test_a_connection_is_found_by_its_mailboxs_address(near: NearOffice) -> None:
    """In any ASCII case; what only looks like the address is another, and of several connections one must be meant."""
    near.graph.add_folder(MAILBOX, "Second")
    first = near.connect()

    shown = near.run("status", MAILBOX.upper(), "--json").document["connections"]
    assert [item["id"] for item in shown] == [first]
    _refused(near, "status", MAILBOX.replace("a", "\uff41"), says=("there is no connection",))
    second = near.connect("--folder", "Second")
    _refused(near, "status", MAILBOX, says=("names several", first, second))


def test_without_any_connection_the_way_to_one_is_shown(near: NearOffice) -> None:
    """Commands about one connection are refused, lists are empty."""
    _refused(near, "history", says=("there is no connection yet; make one with connect",))

    assert near.run("sync").out == "there is no connection to sync\n"
    assert near.run("attention", "--json").document == {"items": []}
