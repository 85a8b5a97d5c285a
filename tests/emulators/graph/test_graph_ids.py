"""Ids: two formats, case-sensitive, and what a move does to them."""

from __future__ import annotations

from urllib.parse import quote

from tests.emulators.graph.graph_client import IMMUTABLE, a_caller, error_of


def test_preference_chooses_the_id_format_of_each_answer() -> None:
    """Either format reads the contact; the answer shows the preferred one and says so."""
    caller = a_caller()
    made = caller.create()

    immutable = caller.call("GET", f"contacts/{quote(made['id'])}", prefer=f"odata.maxpagesize=5, {IMMUTABLE}")
    default = caller.call("GET", f"contacts/{quote(immutable.json()['id'])}")

    assert immutable.json()["id"] != made["id"]
    assert immutable.headers["Preference-Applied"] == IMMUTABLE
    assert default.json()["id"] == made["id"]
    assert "Preference-Applied" not in default.headers


def test_ids_are_long_url_safe_and_case_sensitive() -> None:
    """Ids that differ in nothing but case are two contacts."""
    caller = a_caller()
    ids = [caller.create(IMMUTABLE)["id"] for _ in range(60)]

    assert len(ids[0]) == 152
    assert ids[0].endswith("=")
    assert len({name.lower() for name in ids}) < len(set(ids)) == 60
    assert error_of(caller.call("GET", f"contacts/{quote(ids[0].swapcase())}")) == (404, "ErrorItemNotFound")


def test_move_renews_the_default_id_and_keeps_the_immutable_one() -> None:
    """After a move the old default id is stale, the immutable id shows the new folder."""
    caller = a_caller()
    made = caller.create(IMMUTABLE)
    before = caller.model.contact(caller.user, made["id"])["default_id"]
    folder = caller.model.add_folder(caller.user, "Clients")

    caller.model.move_contact(caller.user, made["id"], folder)

    found = caller.call("GET", f"contacts/{quote(made['id'])}", prefer=IMMUTABLE).json()
    assert (found["id"], found["parentFolderId"]) == (made["id"], folder)
    assert error_of(caller.call("GET", f"contacts/{quote(before)}")) == (404, "ErrorItemNotFound")


def test_same_seed_makes_the_same_service() -> None:
    """Two services of one seed answer alike; another seed has other ids."""
    first, again, other = ([a_caller(seed=seed).create()["id"]] for seed in (1, 1, 2))

    assert first == again
    assert first != other
