"""The emulator stays cheap with many contacts."""

from __future__ import annotations

from time import process_time

from tests.emulators.graph.graph_client import KEY_ID, a_caller

MANY = 10_000


def test_ten_thousand_contacts_are_created_paged_and_found_quickly() -> None:
    """Creating, reading all by delta, an idle round and a look-up cost no more than they should."""
    caller = a_caller(throttle_limit=10 * MANY)
    for number in range(MANY):
        key = [{"id": KEY_ID, "value": f"k{number}"}]
        caller.model.create_contact(caller.user, {"surname": "Best", "singleValueExtendedProperties": key})

    started = process_time()
    entries, link = caller.round(
        caller.delta(prefer="odata.maxpagesize=200", select="surname"), "odata.maxpagesize=200"
    )
    for number in range(200):
        caller.follow(link := caller.follow(link).json()["@odata.deltaLink"])
        condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY_ID}' and ep/value eq 'K{number}')"
        assert len(caller.call("GET", "contacts", filter=condition).json()["value"]) == 1
    spent_s = process_time() - started

    assert len(entries) == MANY
    assert spent_s < 3
