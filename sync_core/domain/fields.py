"""The field map: one field per field, with its place on both sides, as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sync_core.domain.contact import Contact, Kind, Side, Value, normal


class Direction(StrEnum):
    """Which way a field travels."""

    BOTH = "both"
    TO_OUTLOOK = "to_outlook"
    TO_PIPELINER = "to_pipeliner"
    NONE = "none"

    def reaches(self, side: Side) -> bool:
        """Whether a change may be written to that side."""
        return self is Direction.BOTH or self is _TOWARDS[side]


_TOWARDS = {Side.OUTLOOK: Direction.TO_OUTLOOK, Side.PIPELINER: Direction.TO_PIPELINER}

LINE_LIMIT = 255
"""Characters that either side is trusted to hold in a line; Outlook's practice, undocumented."""
TEXT_LIMIT = 32_000
"""Characters of a note or a street that both sides are trusted to hold."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the map.

    `outlook` is a Graph property path (`businessAddress.street`, `businessPhones`), `pipeliner` the api_names
    that hold the value: one per entry for a list; for company and job title the linked one, then the free text.
    """

    name: str
    label: str
    kind: Kind
    outlook: str
    pipeliner: tuple[str, ...]
    direction: Direction = Direction.BOTH
    outlook_entries: int = 1
    limit: int = LINE_LIMIT

    @property
    def whole(self) -> str:
        """The value that this field is one part of: an address; "" for a field that is a value by itself."""
        whole, dot, _ = self.outlook.partition(".")
        return whole if dot else ""

    def entries(self, side: Side) -> int:
        """How many entries of a list that side can hold."""
        return self.outlook_entries if side is Side.OUTLOOK else len(self.pipeliner)


COMPANY = "company"
JOB_TITLE = "job_title"
EMAILS = "emails"
SURNAME = "surname"
GIVEN_NAME = "given_name"

STANDARD_FIELDS: tuple[Field, ...] = (
    Field(GIVEN_NAME, "First name", Kind.LINE, "givenName", ("first_name",)),
    Field("middle_name", "Middle name", Kind.LINE, "middleName", ("middle_name",)),
    Field(SURNAME, "Last name", Kind.LINE, "surname", ("last_name",)),
    Field("title", "Title (Dr., Ms)", Kind.LINE, "title", ("title",)),
    Field(JOB_TITLE, "Job title", Kind.LINE, "jobTitle", ("account_position", "position")),
    Field(COMPANY, "Company", Kind.LINE, "companyName", ("primary_account", "quick_account_name")),
    Field(
        EMAILS,
        "E-mail addresses",
        Kind.EMAILS,
        "emailAddresses",
        ("email1", "email2", "email3", "email4", "email5"),
        outlook_entries=3,
    ),
    Field("business_phones", "Business phones", Kind.PHONES, "businessPhones", ("phone1", "phone4"), outlook_entries=2),
    Field("mobile_phone", "Mobile phone", Kind.PHONE, "mobilePhone", ("phone2",)),
    Field("home_phones", "Home phone", Kind.PHONES, "homePhones", ("phone3",), outlook_entries=2),
    Field("street", "Street (business)", Kind.TEXT, "businessAddress.street", ("address",)),
    Field("city", "City (business)", Kind.LINE, "businessAddress.city", ("city",)),
    Field("state", "State or province (business)", Kind.LINE, "businessAddress.state", ("state_province",)),
    Field("postal_code", "Postal code (business)", Kind.LINE, "businessAddress.postalCode", ("zip_code",)),
    Field("country", "Country or region (business)", Kind.LINE, "businessAddress.countryOrRegion", ("country",)),
    Field("notes", "Notes", Kind.NOTE, "personalNotes", ("comments",), limit=TEXT_LIMIT),
    Field("categories", "Categories", Kind.TAGS, "categories", ("tags",), Direction.NONE, outlook_entries=100),
)

PHONE_FIELDS = ("business_phones", "mobile_phone", "home_phones")
PHONE_SLOTS = ("phone1", "phone2", "phone3", "phone4", "phone5")

CUSTOM_OUTLOOK_PROPERTIES: Mapping[str, Kind] = {
    "assistantName": Kind.LINE,
    "birthday": Kind.DATE,
    "businessHomePage": Kind.LINE,
    "department": Kind.LINE,
    "generation": Kind.LINE,
    "initials": Kind.LINE,
    "manager": Kind.LINE,
    "nickName": Kind.LINE,
    "officeLocation": Kind.LINE,
    "profession": Kind.LINE,
    "spouseName": Kind.LINE,
    "yomiCompanyName": Kind.LINE,
    "yomiGivenName": Kind.LINE,
    "yomiSurname": Kind.LINE,
    **{
        f"{address}.{part}": Kind.TEXT if part == "street" else Kind.LINE
        for address in ("homeAddress", "otherAddress")
        for part in ("street", "city", "state", "postalCode", "countryOrRegion")
    },
}
"""Graph properties that a connection may map to a custom field of Pipeliner (`cf_…`)."""

CUSTOM_TYPES: Mapping[Kind, frozenset[str]] = {
    Kind.LINE: frozenset({"input", "text_area", "url", "email", "phone"}),
    Kind.TEXT: frozenset({"input", "text_area"}),
    Kind.DATE: frozenset({"date"}),
}
"""Pipeliner field types (`Fields.type_id`) that can hold a kind of value."""


def custom_field(api_name: str, outlook: str, direction: Direction = Direction.BOTH) -> Field:
    """Row of a custom field; `outlook` must be one of CUSTOM_OUTLOOK_PROPERTIES (KeyError otherwise)."""
    return Field(api_name, api_name, CUSTOM_OUTLOOK_PROPERTIES[outlook], outlook, (api_name,), direction)


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The fields that are in force for one connection."""

    fields: tuple[Field, ...] = STANDARD_FIELDS
    wholes: tuple[tuple[Field, ...], ...] = dataclasses.field(init=False, repr=False, compare=False)
    """The fields that are parts of one value, as of an address, and travel the same way: they are decided together."""
    _travelling: tuple[Field, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Choose once what is gone through with every contact."""
        travelling = tuple(field for field in self.fields if field.direction is not Direction.NONE)
        parts: dict[tuple[str, Direction], list[Field]] = {}
        for field in travelling:
            if field.whole:
                parts.setdefault((field.whole, field.direction), []).append(field)
        wholes = tuple(tuple(found) for found in parts.values() if len(found) > 1)
        object.__setattr__(self, "_travelling", travelling)
        object.__setattr__(self, "wholes", wholes)

    def __iter__(self) -> Iterator[Field]:
        """All fields that travel at all."""
        return iter(self._travelling)

    def field(self, name: str) -> Field:
        """Field of that name; KeyError when the map has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def normalised(self, contact: Contact) -> Contact:
        """Return the contact with every value in its normal form and only the fields of this map."""
        values = {field.name: normal(field.kind, contact[field.name]) for field in self}
        return Contact({name: value for name, value in values.items() if value})


def field_map(
    directions: Mapping[str, Direction],
    phone_slots: Mapping[str, Sequence[str]],
    custom: Iterable[Field],
) -> FieldMap:
    """Standard fields with a connection's own directions and phone slots, then its custom fields."""
    fields = []
    for field in (*STANDARD_FIELDS, *custom):
        direction = directions.get(field.name, field.direction)
        slots = tuple(phone_slots.get(field.name, field.pipeliner))
        fields.append(replace(field, direction=direction, pipeliner=slots))
    return FieldMap(tuple(fields))


def too_long(field: Field, value: Value) -> bool:
    """Whether a value has more characters than the other side is trusted to hold."""
    texts = (value,) if isinstance(value, str) else value
    return any(len(text) > field.limit for text in texts)
