"""The control interface: seeding, reading the state, persons' actions, switches, faults and counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.graph import GraphModel, GraphSwitches
from emulators.wire import Request
from tests.emulators.graph.graph_client import ANN, KEY_ID, GraphCaller, a_caller


def control(caller: GraphCaller, method: str, name: str, body: Any = None) -> Any:
    """One control request that works."""
    encoded = b"" if body is None else json.dumps(body).encode()
    answer = caller.model.control(Request(method, f"/_control/{name}", body=encoded))
    assert answer.status == 200, answer.body
    return answer.json()


def test_seed_fills_mailboxes_and_state_shows_everything() -> None:
    """What was seeded is read back with folders, lists, both ids and extended properties."""
    caller = GraphCaller(GraphModel())
    key = [{"id": KEY_ID, "value": "k"}]
    mailbox = {
        "upn": ANN,
        "contacts": [{"surname": "Best", "singleValueExtendedProperties": key}],
        "folders": [{"name": "Clients", "contact_lists": ["Team"], "contacts": [{}, {}], "by_hand": False}],
    }

    seeded = control(caller, "POST", "seed", {"mailboxes": [mailbox]})["mailboxes"][0]
    state = control(caller, "GET", "state")["mailboxes"][0]

    folders = {folder["name"]: folder for folder in state["folders"]}
    contact = folders["Contacts"]["contacts"][0]
    assert (state["id"], state["upn"]) == (seeded["id"], ANN)
    assert (contact["surname"], contact["jobTitle"], contact["extended"]) == ("Best", "", {KEY_ID: "k"})
    assert contact["immutable_id"] == seeded["contacts"][0] != contact["default_id"]
    assert folders["Contacts"]["hidden"]
    assert folders["Clients"]["id"] == seeded["folders"][0]["folder_id"]
    assert folders["Clients"]["contact_lists"] == ["Team"]
    assert [entry["jobTitle"] for entry in folders["Clients"]["contacts"]] == [None, None]


def test_persons_actions_are_done_by_name_one_or_several() -> None:
    """Each action gives its result; a list of actions is done in order."""
    caller = a_caller()

    made = control(caller, "POST", "actions", {"action": "create_contact", "user": ANN, "fields": {"surname": "A"}})
    contact = {"user": ANN, "contact_id": made["result"]}
    results = control(
        caller,
        "POST",
        "actions",
        [
            {"action": "edit_contact", **contact, "changes": {"surname": "B"}},
            {"action": "delete_contact", **contact},
            {"action": "restore_contact", **contact},
            {"action": "copy_contact", **contact},
            {"action": "rename_folder", "user": ANN, "folder_id": caller.model.add_folder(ANN, "C"), "name": "D"},
            {"action": "contacts", "user": ANN},
        ],
    )

    assert [entry["surname"] for entry in results[-1]["result"]] == ["B", "B"]


def test_clock_switches_apps_and_counts_are_in_reach() -> None:
    """The clock moves, switches change, apps are known, counts are read and reset."""
    caller = a_caller()

    before = control(caller, "GET", "clock")["now"]
    assert control(caller, "POST", "clock", {"advance_s": 86400})["now"] > before
    assert control(caller, "POST", "switches", {"throttle_limit": 5})["throttle_limit"] == 5
    assert control(caller, "GET", "switches") == caller.model.switches.as_json()
    assert control(caller, "POST", "apps", {"client_id": "a", "client_secret": "b"}) == {}
    caller.call("GET", "contacts")
    assert control(caller, "GET", "requests") == {"total": 1, "kinds": {"GET contacts": 1}}
    assert control(caller, "DELETE", "requests") == {"total": 0, "kinds": {}}


def test_faults_are_planted_and_cleared() -> None:
    """A planted fault fires until cleared, and the clearing tells how many fired."""
    caller = a_caller()

    assert control(caller, "POST", "faults", [{"pattern": "GET", "status": 503, "times": None}]) == {"planted": 1}
    assert caller.call("GET", "contacts").status == 503
    assert control(caller, "DELETE", "faults") == {"fired": 1}
    assert caller.call("GET", "contacts").status == 200


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("POST", "actions", {"action": "control"}, 400),
        ("POST", "actions", {"action": "delete_contact", "user": ANN, "contact_id": "x"}, 400),
        ("POST", "switches", {"no_such": True}, 400),
        ("POST", "switches", {"throttle_limit": "many"}, 400),
        ("POST", "faults", [{"no_such": 1}], 400),
        ("POST", "seed", {}, 400),
    ],
)
def test_wrong_control_request_is_refused_with_a_reason(method: str, name: str, body: Any, status: int) -> None:
    """Mistakes of a test do not go unnoticed."""
    encoded = b"" if body is None else json.dumps(body).encode()

    answer = a_caller().model.control(Request(method, f"/_control/{name}", body=encoded))

    assert answer.status == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "changes",
    [{"if_match_enforced": 1}, {"retry_after_form": "soon"}, {"folder_exists_status": 500}, {"throttle_limit": True}],
    ids=str,
)
def test_switch_does_not_take_a_wrong_value(changes: dict[str, Any]) -> None:
    """A value of the wrong kind, or none of the choices, changes nothing."""
    switches = GraphSwitches()

    with pytest.raises(ValueError, match="does not take"):
        switches.change({"length_limits": False, **changes})

    assert switches == GraphSwitches()
