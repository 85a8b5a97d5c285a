from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.faults import Fault
from emulators.pipeliner import PipelinerModel
from emulators.wire import Answer, Dropped, Request
from tests.emulators.pipeliner.pipeliner_scenarios import AUTHORIZATION, ROOT, Crm, crm


def _control(space: Crm, method: str, name: str, body: Any = None, query: str = "") -> Any:
    answer = space.model.control(Request(method, f"/_control/{name}", query, {}, json.dumps(body).encode()))
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_persons_edit_is_marked_as_a_users() -> None:
    """Edits in the application move `modified_by_user`, writes by API do not."""
    space = crm()
    contact = space.create(last_name="Ahlers")

    assert space.patch(contact["id"], city="Kiel")["modified_by_user"] is None
    space.model.people.edit_contact(contact["id"], city="Lübeck", account_position="Buyer")
    edited = space.get(contact["id"])
    assert (edited["city"], edited["position"]) == ("Lübeck", "Buyer")
    assert edited["modified_by_user"] == edited["modified"]


def test_people_do_to_contacts_what_people_do() -> None:
    """Clearing, archiving, reassigning, deleting and restoring show in the API."""
    space = crm()
    people = space.model.people
    other = people.add_user("otto@sales.example", "Otto", "Other")
    contact = people.create_contact(space.owner, first_name="Ada", last_name="Ahlers", city="Kiel")

    people.clear_contact(contact, "city", "first_name")
    people.archive_contact(contact)
    people.reassign_contact(contact, other)
    shown = space.get(contact, expand="owner")
    assert (shown["city"], shown["first_name"], shown["is_archived"]) == ("", "", True)
    assert shown["owner"]["formatted_name"] == "Otto Other"
    people.delete_contact(contact)
    assert space.ids() == []
    people.restore_contact(contact)
    assert space.ids() == [contact]


def test_people_link_share_and_rename() -> None:
    """Links and shares begin, change and end; a renamed account shows under its contacts."""
    space = crm()
    people = space.model.people
    account = people.add_account(space.owner, "Nordwerk")
    contact = people.create_contact(space.owner, last_name="Ahlers")

    people.link_account(contact, account, position="Buyer")
    people.change_position(contact, "Seller")
    people.rename_account(account, "Nordwerk AG")
    people.share(contact, space.owner, role=1)
    people.share(contact, space.owner)
    shown = space.get(contact, expand="primary_account,sharing_clients")
    assert (shown["account_position"], shown["primary_account"]["name"]) == ("Seller", "Nordwerk AG")
    assert [share["role"] for share in shown["sharing_clients"]] == [2]
    people.unlink_account(contact, account)
    people.unshare(contact, space.owner)
    bare = space.get(contact)
    assert (bare["primary_account"], bare["account_relations"], bare["sharing_clients"]) == (None, [], [])
    gone = space.listed("ContactSharingClientRelations", include_deleted="true")["data"]
    assert [share["is_deleted"] for share in gone] == [True]


def test_people_share_with_units() -> None:
    """A contact shared with a sales unit carries that relation until it ends."""
    space = crm()
    people = space.model.people
    contact, unit = people.create_contact(space.owner, last_name="Ahlers"), people.add_unit("North")

    people.share_with_unit(contact, unit, role=1)
    (share,) = space.get(contact, expand="sharing_units.unit")["sharing_units"]
    assert (share["role"], share["unit"]["name"]) == (1, "North")
    people.unshare_with_unit(contact, unit)
    assert space.get(contact)["sharing_units"] == []


def test_people_merge_as_the_api_does() -> None:
    """The first contact stays, the others are deleted."""
    space = crm()
    first, second = (space.create(last_name=name)["id"] for name in ("Ahlers", "Alers"))

    space.model.people.merge_contacts(first, second)

    assert space.ids() == [first]


def test_planted_faults_stand_between_client_and_service() -> None:
    """A request can be turned away before the action, or its answer lost after it."""
    space = crm()
    faults = space.model.faults
    faults.plant(Fault(r"POST .*/Contacts$", status=429, headers={"Retry-After": "3"}))
    faults.plant(Fault(r"POST .*/Contacts$", nth=2, drop=True, after_effect=True))
    body = {"owner_id": space.owner, "last_name": "Ahlers"}
    headers = {"authorization": AUTHORIZATION}
    request = Request("POST", f"{ROOT}/entities/Contacts", "", headers, json.dumps(body).encode())

    throttled = space.model.handle(request)
    assert isinstance(throttled, Answer)
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "3")
    assert "Date" in throttled.headers
    assert space.ids() == []
    assert space.model.handle(request) == Dropped(effect_done=True)
    assert len(space.ids()) == 1


def test_control_seeds_records_and_shows_everything() -> None:
    """Records are stored as given, with ids, times and children; the state holds deleted ones too."""
    space = crm()
    made = _control(
        space,
        "POST",
        "seed",
        {
            "Clients": [{"email": "otto@sales.example"}],
            "Accounts": [{"name": "Nordwerk", "owner_id": space.owner, "id": "00000000-0000-0000-0000-0000000000aa"}],
            "Contacts": [
                {
                    "last_name": "Ahlers",
                    "owner_id": space.owner,
                    "modified": "2020-01-01T00:00:00Z",
                    "account_relations": [
                        {"account_id": "00000000-0000-0000-0000-0000000000aa", "is_primary": True, "position": "Buyer"}
                    ],
                },
                {"last_name": "Brandow", "owner_id": space.owner, "is_deleted": True},
            ],
            "generate": {"count": 3, "owner_ids": [space.owner]},
        },
    )

    state = _control(space, "GET", "state", query="entity=Contacts")["entities"]
    assert list(state) == ["Contacts"]
    assert {contact["id"] for contact in state["Contacts"]} == {*made["Contacts"], *made["generated"]}
    first = space.listed(order_by="modified")["data"][0]
    assert (first["last_name"], first["modified"]) == ("Ahlers", "2020-01-01 00:00:00+00:00")
    assert first["account_position"] == "Buyer"
    assert space.listed()["total"] == 4


def test_control_moves_clock_switches_and_faults() -> None:
    """What tests in process do by attribute, tests over HTTP do by control requests."""
    space = crm()
    before = _control(space, "GET", "clock")["now"]

    assert _control(space, "POST", "clock", {"advance_s": 60})["now"] > before
    assert _control(space, "POST", "switches", {"trims_text": True})["trims_text"] is True
    assert space.create(last_name=" Ahlers ")["last_name"] == "Ahlers"
    _control(space, "POST", "faults", [{"pattern": "GET", "status": 503, "times": None}])
    assert space.send("GET", "Contacts").status == 503
    assert _control(space, "DELETE", "faults") == {"fired": 1}
    assert space.send("GET", "Contacts").status == 200
    assert _control(space, "GET", "requests") == {"total": 3, "by_kind": {"POST Contacts": 1, "GET Contacts list": 2}}
    assert _control(space, "DELETE", "requests") == {"total": 0, "by_kind": {}}


def test_control_lets_people_act() -> None:
    """Every action of a person is one control request."""
    space = crm()
    named = {"last_name": "Ahlers"}

    made = _control(space, "POST", "actions", {"action": "create_contact", "arguments": [space.owner], "named": named})

    assert space.get(made["result"])["last_name"] == "Ahlers"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("switches", {"dragon": True}),
        ("actions", {"action": "_edit"}),
        ("actions", {"action": "fly"}),
        ("seed", {"Dragons": [{}]}),
        ("seed", {"Contacts": [{"dragon": 1}]}),
        ("faults", {"dragon": 1}),
    ],
)
def test_control_refuses_what_it_does_not_know(name: str, body: Any) -> None:
    """A typing error in a test is a 400, never a silent nothing."""
    model = PipelinerModel()

    answer = model.control(Request("POST", f"/_control/{name}", "", {}, json.dumps(body).encode()))

    assert answer.status == 400
    assert model.control(Request("GET", "/_control/nothing")).status == 404
