"""Contacts in the shapes that Pipeliner may show, and what the emulated Pipeliner makes of a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from emulators.pipeliner import PipelinerModel
from emulators.pipeliner.intake import Intake
from sync_core.domain import COMPANY, JOB_TITLE, FieldMap, Kind, Value
from sync_core.pipeliner.mapping import does_not_fit
from tests.battery.mapping_laws.people import CUSTOM, CUSTOM_TYPE_IDS, texts

Json = dict[str, Any]
STANDING: Json = {
    "id": "c-1",
    "revision": 3,
    "modified": "2026-01-05 08:00:00+00:00",
    "owner_id": "u-1",
    "share_mode": 0,
    "primary_account": None,
    "sharing_clients": [],
}
TEXT_FIELDS = (
    *("first_name", "middle_name", "last_name", "title", "address", "city", "state_province", "zip_code", "country"),
    *("comments", "email1", "email2", "email3", "email4", "email5", "phone1", "phone2", "phone3", "phone4", "phone5"),
    *("gapi_entity_id", "o365_entity_id"),
)
CUSTOM_TEXTS = tuple(row.name for row in CUSTOM if row.kind is not Kind.DATE)
ELSEWHERE = frozenset({COMPANY, JOB_TITLE})
"""Fields that are written with the company, in requests of their own."""


def with_custom_fields() -> PipelinerModel:
    """Make a space that has the custom fields."""
    model = PipelinerModel()
    for row in CUSTOM:
        model.people.add_field(row.name, CUSTOM_TYPE_IDS.get(row.name, "input"))
    return model


INTAKE = Intake(with_custom_fields().space)

records: st.SearchStrategy[Json] = st.builds(
    lambda plain, custom, day: {
        **STANDING,
        **dict.fromkeys(TEXT_FIELDS, ""),
        **dict.fromkeys(CUSTOM_TEXTS),
        **plain,
        **{name: text or None for name, text in custom.items()},
        "cf_birthday": day,
    },
    st.dictionaries(st.sampled_from(TEXT_FIELDS), texts, max_size=6),
    st.dictionaries(st.sampled_from(CUSTOM_TEXTS), texts, max_size=2),
    st.sampled_from((None, "1815-12-10")),
)
"""What a space may hold of a contact: unset texts are "", unset custom fields null, slots may have gaps."""


def after_write(before: Mapping[str, Any], body: Mapping[str, Any], *, access: str = "u") -> Json | None:
    """Let the service take a body; None when it refuses it, which changes nothing."""
    taken = INTAKE.take("Contacts", body, access, 0)
    return None if taken.problems else {**before, **taken.values}


def may_refuse(rows: FieldMap, values: Mapping[str, Value]) -> bool:
    """Whether there is a documented reason to refuse: something that is no date where a date is asked for."""
    return any(rows.field(name).kind is Kind.DATE and value for name, value in values.items())


def fits(rows: FieldMap, values: Mapping[str, Value]) -> bool:
    """Whether Pipeliner has slots for every entry; what does not fit is refused before it is sent."""
    return does_not_fit(values, rows) is None


def slots_of(rows: FieldMap, values: Mapping[str, Value]) -> frozenset[str]:
    """Name the fields of Pipeliner that hold these fields."""
    return frozenset(slot for name in values for slot in rows.field(name).pipeliner)
