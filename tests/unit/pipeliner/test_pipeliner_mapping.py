from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync_core.domain import (
    STANDARD_FIELDS,
    Contact,
    Direction,
    FieldMap,
    LinkId,
    Ownership,
    ShareMode,
    UserId,
    Value,
    custom_field,
    field_map,
)
from sync_core.engine.ports import PipelinerDraft
from sync_core.pipeliner.mapping import (
    Account,
    ContactView,
    FreeText,
    Known,
    Linked,
    changed_body,
    does_not_fit,
    is_whole,
    moved_company_body,
    new_body,
    slots,
    title_body,
)

MAP = FieldMap()
NORDWIND = Account("acc-1", "Nordwind AG")
ACCOUNT_URI = "https://x.example/api/v100/rest/spaces/s/entities/Accounts/ACC-1"
OLGA = UserId("u-1")


def _record(**values: Any) -> dict[str, Any]:
    connection_status = {
        "id": "C-1",
        "revision": 3,
        "modified": "2026-01-05 08:00:00+00:00",
        "owner_id": "U-1",
        "share_mode": 0,
    }
    return {**connection_status, "primary_account": None, "sharing_clients": [], **values}


def test_ownership_is_read_with_ids_in_lower_case() -> None:
    """Editors and watchers are told apart, removed relations do not count."""
    shares = [
        {"client_id": "U-2", "role": 2},
        {"client_id": "U-3", "role": 1},
        {"client_id": "U-4", "role": 2, "is_deleted": True},
    ]
    contact = ContactView(MAP).contact(_record(sharing_clients=shares, unit_id="N-1", share_mode=3))
    assert contact.id == "c-1"
    assert contact.ownership == Ownership(
        OLGA, frozenset({UserId("u-2")}), frozenset({UserId("u-3")}), "n-1", ShareMode.ALL_EDIT
    )


def test_unknown_share_mode_counts_as_private() -> None:
    """What is not understood is shown to as few as possible."""
    assert ContactView(MAP).contact(_record(share_mode=4)).ownership.share_mode is ShareMode.PRIVATE
    assert ContactView(MAP).contact(_record(share_mode=True)).ownership.share_mode is ShareMode.PRIVATE


def test_only_needed_fields_are_asked_for() -> None:
    """The field map decides, and relations come along in the same request."""
    query = dict(ContactView(FieldMap(STANDARD_FIELDS[:1]), "cf_key").query("contact."))
    assert query["expand"] == "contact,contact.primary_account,contact.sharing_clients,contact.sharing_units"
    loaded = query["load-only"].split(",")
    assert {"contact.first_name", "contact.cf_key", "contact.primary_account.name"} <= {*loaded}
    assert "contact.last_name" not in loaded


def test_fields_that_do_not_travel_are_neither_read_nor_written() -> None:
    """A direction of none takes the row out on both ways."""
    rows = field_map({"city": Direction.NONE}, {}, ())
    assert ContactView(rows).contact(_record(city="Bern")).contact["city"] == ""
    assert changed_body({"city": "Bern"}, rows) == {}


def test_title_beside_the_name_stands_in_for_a_blank_one_at_the_account() -> None:
    """As the vendor describes the account position."""
    linked = {"id": "ACC-1", "name": "Nordwind AG"}
    view = ContactView(MAP)
    fallen_back = view.contact(_record(primary_account=linked, account_position="", position="Clerk"))
    assert fallen_back.contact.text("job_title") == "Clerk"
    alone = view.contact(_record(account_position="Ignored", position="Clerk"))
    assert alone.contact.text("job_title") == "Clerk"


def test_collapsed_record_is_whole_with_what_is_known_beside_it() -> None:
    """A record is read again only when something of it stays unknown."""
    record = _record(primary_account=ACCOUNT_URI, sharing_clients=["https://x.example/1"])
    shared = Ownership(OLGA, editor_ids=frozenset({UserId("u-2")}))
    known = Known({"acc-1": NORDWIND}, shared)
    assert is_whole(record, known)
    assert not is_whole(record, Known({"acc-1": NORDWIND}))
    assert not is_whole(record, Known({}, shared))
    contact = ContactView(MAP).contact(record, known)
    assert (contact.account_id, contact.contact.text("company")) == ("acc-1", "Nordwind AG")
    assert contact.ownership.editor_ids == {"u-2"}
    assert (contact.ownership.shares_unread, ContactView(MAP).contact(record).ownership.shares_unread) == (False, True)


def test_new_contact_is_linked_inside_its_create() -> None:
    """Contact and company come into being together, or neither does."""
    contact = Contact({"surname": "Ahlers", "company": "nordwind ag", "job_title": "Buyer"})
    draft = PipelinerDraft(LinkId("l-1"), contact, OLGA, {"gender": "", "cf_vip": True})
    linked = new_body(draft, MAP, Linked(NORDWIND), "cf_key")
    assert linked == {
        "owner_id": "u-1",
        "last_name": "Ahlers",
        "account_relations": [{"account_id": "acc-1", "is_primary": True}],
        "account_position": "Buyer",
        "cf_key": "l-1",
        "cf_vip": True,
    }
    free = new_body(draft, MAP, FreeText("nordwind ag"))
    assert (free["quick_account_name"], free["position"]) == ("nordwind ag", "Buyer")
    assert "account_relations" not in free


def test_job_title_follows_the_company() -> None:
    """It is written beside the contact only where no account shows it."""
    assert title_body("Buyer", is_linked=True) == {"account_position": "Buyer"}
    assert title_body("", is_linked=True) == {"account_position": "", "position": ""}
    assert title_body("Buyer", is_linked=False) == {"position": "Buyer"}
    assert moved_company_body(FreeText(""), "Buyer") == {"quick_account_name": "", "position": "Buyer"}
    assert moved_company_body(Linked(NORDWIND), "Buyer") == {}
    assert moved_company_body(Linked(NORDWIND), "") == {"position": ""}
    assert moved_company_body(FreeText("X"), None) == {"quick_account_name": "X"}


def test_clearing_is_an_empty_text_but_null_for_a_date() -> None:
    """Pipeliner shows unset text as an empty one."""
    assert slots(MAP.field("city"), "") == {"city": ""}
    assert slots(custom_field("cf_birthday", "birthday"), "") == {"cf_birthday": None}


_ENTRIES = st.lists(st.text(min_size=1).filter(str.strip), max_size=6).map(tuple)


@given(_ENTRIES)
def test_written_list_is_read_back_as_it_was(entries: tuple[str, ...]) -> None:
    """Slots hold a list without loss, or it is refused."""
    changes: dict[str, Value] = {"emails": entries}
    if len(entries) > 5:
        assert does_not_fit(changes, MAP) is not None
        return
    assert does_not_fit(changes, MAP) is None
    record = json.loads(json.dumps(_record(**changed_body(changes, MAP))))
    assert ContactView(MAP).contact(record).contact.entries("emails") == entries
