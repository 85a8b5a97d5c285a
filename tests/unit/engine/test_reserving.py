"""What a create reserves of a person: whoever has one of it in common is kept out."""

from __future__ import annotations

import pytest

from sync_core.domain import Contact, RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.engine.reserving import claim_of
from sync_core.queues import read_message, write_message

EVA = Contact({"given_name": "Eva", "surname": "Novak", "company": "Acme GmbH", "emails": ("eva@acme.test",)})


def reserved(**changes: str | tuple[str, ...]) -> frozenset[str]:
    """Return the handles that Eva reserves, with some of her values otherwise."""
    claim = claim_of("link", EVA.with_values(changes))
    return claim.strong | claim.named


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": "EVA", "company": "ACME"},
        {"emails": ("Eva@Acme.test",), "surname": "Other", "given_name": "Else", "company": ""},
        {"emails": ()},
    ],
    ids=["name and company written otherwise", "the address alone", "name and company alone"],
)
def test_whoever_shares_an_identifier_or_name_and_company_is_kept_out(
    changes: dict[str, str | tuple[str, ...]],
) -> None:
    """One hash in common is enough."""
    assert reserved() & reserved(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"emails": (), "company": "Bolt"},
        {"emails": ("info@acme.test",), "surname": "Beck", "given_name": "Karl"},
    ],
    ids=["a namesake of another company", "a colleague"],
)
def test_a_namesake_or_a_colleague_is_not_kept_out(changes: dict[str, str | tuple[str, ...]]) -> None:
    """The name alone reserves nothing, nor does the company."""
    assert not reserved() & reserved(**changes)


def test_a_recovery_is_asked_for_over_the_queue() -> None:
    """The message holds an id and what is to be done."""
    request = RunRequest("connection", Trigger.RECOVER, RunMode.RECOVER)
    assert read_message(write_message(request)) == request
