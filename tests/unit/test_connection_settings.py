from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sync_core.connection_settings import (
    ConnectionSettings,
    SpaceSettings,
    faults_of_a_user,
    parse_connection_settings,
)
from sync_core.domain import (
    CUSTOM_OUTLOOK_PROPERTIES,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    AccountRule,
    ConflictRule,
    Direction,
    FieldMap,
    Kind,
    Scope,
    SyncType,
)
from sync_core.errors import InvalidRequest

CANARY = "canary-5f3a"
OTHER_VALUES: dict[str, Any] = {
    "sync_type": "to_outlook",
    "scope": "visible",
    "delete_protection": False,
    "copies_when_deactivated": "remove_after_days:30",
    "deletion_delay_minutes": 7,
    "conflict_rule": "outlook",
    "tie_side": "pipeliner",
    "phone_format": "international",
    "first_sight": "outlook",
    "account_rule": "create",
    "field_directions": {"notes": "none"},
    "phone_slots": {"mobile_phone": ["phone2"]},
    "kept_when_shared": ["notes"],
    "custom_fields": [{"pipeliner": "cf_a", "outlook": "manager", "direction": "both"}],
    "required_defaults": {"cf_a": "x"},
    "key_field": "cf_key",
} | dict.fromkeys(
    ("max_delete_count", "max_delete_percent", "max_create_count", "max_change_count", "max_change_percent"), 7
)
AND_OTHERS: dict[str, Any] = OTHER_VALUES | {
    "sync_type": "to_pipeliner",
    "scope": "owned_or_editable",
    "copies_when_deactivated": "remove_after_days:7",
    "deletion_delay_minutes": 9,
    "conflict_rule": "pipeliner",
    "field_directions": {"notes": "to_outlook"},
    "custom_fields": [{"pipeliner": "cf_b", "outlook": "manager", "direction": "both"}],
    "required_defaults": {"cf_a": "y"},
    "key_field": "cf_other",
    "max_delete_count": 3,
}


def faults(**given: Any) -> tuple[str, ...]:
    """What is wrong with these connection settings."""
    with pytest.raises(InvalidRequest) as caught:
        parse_connection_settings(given)
    return caught.value.faults


def test_connection_settings_have_careful_defaults() -> None:
    """Two-way, the user's own contacts, nothing deleted in Pipeliner, few removals at once."""
    settings = parse_connection_settings({})

    assert (settings.sync_type, settings.scope, settings.delete_protection) == (SyncType.TWO_WAY, Scope.OWNED, True)
    assert (settings.conflict_rule, settings.account_rule) == (ConflictRule.NEWEST, AccountRule.FREE_TEXT)
    assert (settings.max_delete_count, settings.max_delete_percent) == (10, 10)
    assert (settings.max_change_count, settings.max_change_percent) == (20, 50)
    assert settings.field_map == FieldMap()


def test_connection_settings_make_the_field_map() -> None:
    """Directions, phone slots and custom fields come together in one map."""
    rows = parse_connection_settings(
        {
            "field_directions": {"notes": "to_pipeliner", "categories": "none"},
            "phone_slots": {"business_phones": ["phone1"], "home_phones": ["phone3", "phone5"]},
            "custom_fields": [{"pipeliner": "cf_birthday", "outlook": "birthday", "direction": "to_outlook"}],
        }
    ).field_map

    assert rows.field("notes").direction is Direction.TO_PIPELINER
    assert rows.field("business_phones").pipeliner == ("phone1",)
    assert rows.field("home_phones").pipeliner == ("phone3", "phone5")
    custom = rows.field("cf_birthday")
    assert (custom.kind, custom.outlook, custom.direction) == (Kind.DATE, "birthday", Direction.TO_OUTLOOK)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sync_type", "both", "'two_way', 'to_pipeliner' or 'to_outlook'"),
        ("scope", "all", "'owned', 'owned_or_editable' or 'visible'"),
        ("conflict_rule", "oldest", "'newest', 'pipeliner' or 'outlook'"),
        ("account_rule", "guess", "'free_text' or 'create'"),
        ("delete_protection", "perhaps", "boolean"),
        ("key_field", "sync_key", "pattern"),
        ("max_delete_count", -1, "greater than or equal to 0"),
        ("max_delete_percent", 101, "less than or equal to 100"),
        ("max_change_count", -1, "greater than or equal to 0"),
        ("max_change_percent", 101, "less than or equal to 100"),
        ("mailbox_colour", "red", "not permitted"),
        ("field_directions", {"notes": "up"}, "'both', 'to_outlook', 'to_pipeliner' or 'none'"),
        ("field_directions", {"shoe_size": "both"}, "unknown field shoe_size; choose from business_phones"),
        ("field_directions", {"categories": "both"}, "leave the direction none"),
        ("phone_slots", {"fax": ["phone1"]}, "fax: map business_phones, mobile_phone, home_phones to phone1"),
        ("phone_slots", {"home_phones": ["phone6"]}, "phone6: map business_phones"),
        ("phone_slots", {"home_phones": ["phone1"]}, "phone1 would hold two different phones; give each its own slot"),
        ("phone_slots", {"home_phones": ["phone3", "phone3"]}, "phone3 would hold two different phones"),
        ("phone_slots", {"mobile_phone": ["phone2", "phone5"]}, "mobile_phone takes one slot"),
        ("phone_slots", {"home_phones": []}, "home_phones one or two"),
        ("custom_fields", [{"pipeliner": "birthday", "outlook": "birthday"}], "pattern"),
        ("custom_fields", [{"pipeliner": "cf_x", "outlook": "photo"}], "'photo' cannot be mapped; choose one of"),
        ("custom_fields", [{"pipeliner": "cf_x"}], "required"),
    ],
)
def test_wrong_connection_setting_is_named_with_what_it_may_be(name: str, value: Any, said: str) -> None:
    """A fault begins with where it is and says what may stand there."""
    (fault,) = faults(**{name: value})

    assert fault.startswith(name)
    assert said in fault


@pytest.mark.parametrize(
    ("custom", "doubled"),
    [
        ([("cf_x", "birthday"), ("cf_x", "nickName")], "cf_x"),
        ([("cf_x", "birthday"), ("cf_y", "birthday")], "birthday"),
    ],
)
def test_field_mapped_twice_is_refused(custom: list[tuple[str, str]], doubled: str) -> None:
    """Neither side's field may stand in two rows."""
    rows = [{"pipeliner": pipeliner, "outlook": outlook} for pipeliner, outlook in custom]

    (fault,) = faults(custom_fields=rows)

    assert f"custom_fields map {doubled} twice; map each field once" in fault


def test_all_connection_faults_are_told_at_once() -> None:
    """One answer shows everything that is to be mended, without the values."""
    told = faults(sync_type=CANARY, scope=CANARY, max_delete_count=-1, required_defaults={"cf_a": [CANARY]})

    assert {fault.partition(":")[0].partition(".")[0] for fault in told} == {
        "sync_type",
        "scope",
        "max_delete_count",
        "required_defaults",
    }
    assert CANARY not in " ".join(told)


@pytest.mark.parametrize("slot", PHONE_SLOTS)
def test_every_phone_slot_can_be_given_to_the_mobile(slot: str) -> None:
    """Spaces label their five phones as they like: any may be the mobile, when the others keep out of its way."""
    others = [name for name in PHONE_SLOTS if name != slot]
    slots = {"mobile_phone": [slot], "business_phones": others[:2], "home_phones": others[2:]}

    assert parse_connection_settings({"phone_slots": slots}).field_map.field("mobile_phone").pipeliner == (slot,)


@pytest.mark.parametrize("outlook", CUSTOM_OUTLOOK_PROPERTIES)
def test_every_custom_property_can_be_mapped(outlook: str) -> None:
    """What is offered in the fault's list is accepted."""
    rows = parse_connection_settings({"custom_fields": [{"pipeliner": "cf_x", "outlook": outlook}]}).field_map

    assert rows.field("cf_x").outlook == outlook
    assert len(rows.fields) == len(STANDARD_FIELDS) + 1


@pytest.mark.parametrize("name", ConnectionSettings.model_fields)
def test_what_is_in_force_is_the_lock_then_the_connections_then_the_spaces_then_the_products(name: str) -> None:
    """For every setting alike."""
    of_space, own = OTHER_VALUES[name], AND_OTHERS[name]
    product = ConnectionSettings().model_dump(mode="json")[name]
    free, locked = SpaceSettings(settings={name: of_space}), SpaceSettings(settings={name: of_space}, locks=(name,))
    bare_lock = SpaceSettings(locks=(name,))
    found = [
        space.in_force(given).model_dump(mode="json")[name]
        for space, given in (
            (locked, {name: own}),
            (bare_lock, {name: own}),
            (free, {name: own}),
            (free, {}),
            (SpaceSettings(), {}),
        )
    ]
    assert found == [of_space, product, own, of_space, product]
    assert len({str(value) for value in (of_space, own, product)}) >= 2


def test_a_row_of_the_space_that_a_newer_version_wrote_is_no_guess() -> None:
    """Neither another number nor a field that nobody knows."""
    for stored in ('{"version": 2}', '{"version": 1, "halted": true}', "no json"):
        with pytest.raises(ValidationError):
            SpaceSettings.model_validate_json(stored)


def test_whatever_is_equal_is_no_loosening() -> None:
    """A user may send back all that is in force."""
    for own in (OTHER_VALUES, AND_OTHERS, {}):
        settings = parse_connection_settings({**own, "phone_slots": {}})
        assert faults_of_a_user(settings, settings, ConnectionSettings.model_fields) == []
