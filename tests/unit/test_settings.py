from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain.contact import Kind
from sync_core.domain.fields import CUSTOM_OUTLOOK_PROPERTIES, PHONE_SLOTS, STANDARD_FIELDS, Direction, FieldMap
from sync_core.domain.rules import AccountRule, ConflictRule, SyncType
from sync_core.domain.sides import Scope
from sync_core.errors import InvalidRequest, InvalidSettings
from sync_core.settings import AppSettings, load_settings, parse_connection_settings

CANARY = "canary-5f3a"
GOOD = {
    "PIPELINER_SERVICE_URL": "https://eu-central.api.pipelinersales.com",
    "PIPELINER_SPACE_ID": "us_Acme",
    "PIPELINER_API_TOKEN": f"token-{CANARY}",
    "PIPELINER_API_PASSWORD": f"password-{CANARY}",
    "SYNC_STATE": f"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={CANARY}",
}


def loaded(**changes: str) -> AppSettings:
    """Load the good settings with changes."""
    return load_settings(GOOD | changes)


def faults(environment: dict[str, str]) -> tuple[str, ...]:
    """What is wrong with these app settings."""
    with pytest.raises(InvalidSettings) as caught:
        load_settings(environment)
    return caught.value.faults


def connection_faults(**given: Any) -> tuple[str, ...]:
    """What is wrong with these connection settings."""
    with pytest.raises(InvalidRequest) as caught:
        parse_connection_settings(given)
    return caught.value.faults


# App settings


def test_few_settings_are_enough() -> None:
    """Service, space, key and state are all that must be set."""
    settings = loaded()

    assert settings.graph_base_url == "https://graph.microsoft.com"
    assert settings.sync_schedule == "0 */5 * * * *"
    assert (settings.pipeliner_requests_per_second, settings.sync_pass_budget_s) == (5.0, 480.0)
    assert settings.pipeliner_api_token.get_secret_value() == f"token-{CANARY}"


def test_schedule_of_six_fields_is_taken() -> None:
    """Every minute at second 30 is a schedule as Azure Functions reads it."""
    assert loaded(SYNC_SCHEDULE="30 * * * * *").sync_schedule == "30 * * * * *"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the process's own environment is read."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)

    assert load_settings() == loaded()


@pytest.mark.parametrize("missing", GOOD)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_missing_setting_is_named_with_its_remedy(missing: str, blank: str | None) -> None:
    """A setting that is absent or blank is told alone, with where to get it."""
    environment = {name: value for name, value in GOOD.items() if name != missing}

    (fault,) = faults(environment if blank is None else environment | {missing: blank})

    assert fault.startswith(f"{missing} is missing: ")
    assert "copy" in fault or "set" in fault


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PIPELINER_SERVICE_URL", "eu-central.api.pipelinersales.com", "must be an https address"),
        ("PIPELINER_SERVICE_URL", "http://eu-central.api.pipelinersales.com", "must be an https address"),
        ("PIPELINER_SERVICE_URL", "http://localhost.example.test", "must be an https address"),
        ("PIPELINER_SERVICE_URL", "https://", "must be an https address"),
        ("PIPELINER_SERVICE_URL", "https://me@example.test", "plain address"),
        ("PIPELINER_SERVICE_URL", "https://example.test?a=1", "plain address"),
        ("PIPELINER_SERVICE_URL", "https://example.test#a", "plain address"),
        ("PIPELINER_SPACE_ID", "us/Acme", "pattern"),
        ("PIPELINER_SPACE_NAME", "x" * 101, "at most 100"),
        ("PIPELINER_REQUESTS_PER_SECOND", "fast", "valid number"),
        ("PIPELINER_REQUESTS_PER_SECOND", "0", "greater than 0"),
        ("GRAPH_BASE_URL", "ftp://graph.microsoft.com", "must be an https address"),
        ("SYNC_SCHEDULE", "*/5 * * * *", "six fields, seconds first"),
        ("SYNC_PASS_BUDGET_S", "1", "greater than or equal to 10"),
    ],
)
def test_malformed_setting_is_named_with_what_it_must_be(variable: str, value: str, said: str) -> None:
    """A wrong value stops start-up with the variable's own name and the form that is asked for."""
    (fault,) = faults(GOOD | {variable: value})

    assert fault.startswith(f"{variable} is not valid: ")
    assert said in fault


def test_all_faults_are_told_at_once() -> None:
    """One start shows everything that is to be mended."""
    told = faults({"PIPELINER_SPACE_ID": "us Acme", "SYNC_SCHEDULE": "daily", "PIPELINER_API_TOKEN": CANARY})

    named = {fault.split()[0] for fault in told}
    assert named == {
        "PIPELINER_SERVICE_URL",
        "PIPELINER_SPACE_ID",
        "PIPELINER_API_PASSWORD",
        "SYNC_SCHEDULE",
        "SYNC_STATE",
    }


def test_no_secret_is_ever_shown() -> None:
    """Neither a fault nor a printed setting holds the value of a token, a password or a connection string."""
    secrets = {name: value for name, value in GOOD.items() if CANARY in value}
    told = faults(secrets | {"PIPELINER_SPACE_ID": f"{CANARY} !", "SYNC_SCHEDULE": CANARY, "GRAPH_BASE_URL": CANARY})

    assert CANARY not in " ".join(told)
    assert CANARY not in f"{loaded()!r} {loaded()}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://graph.microsoft.us/", "https://graph.microsoft.us"),
        ("https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us"),
        ("https://microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_national_clouds_and_loopback_are_allowed(given: str, kept: str) -> None:
    """Any https address will do for Graph; plain http only where nothing leaves the machine."""
    assert loaded(GRAPH_BASE_URL=given).graph_base_url == kept


def test_state_may_be_reached_by_managed_identity() -> None:
    """The address of the tables stands in for a connection string."""
    environment = {name: value for name, value in GOOD.items() if name != "SYNC_STATE"}
    tables = "https://acme.table.core.windows.net"

    settings = load_settings(environment | {"SYNC_STATE__tableServiceUri": tables})

    assert settings.sync_state_table_service_uri == tables


@pytest.mark.parametrize(
    ("space_id", "name", "shown"),
    [("us_Acme", "", "Acme"), ("us_Acme", "Acme Europe", "Acme Europe"), ("acme", "", "acme"), ("us_", "", "us_")],
)
def test_space_has_a_name_for_people(space_id: str, name: str, shown: str) -> None:
    """The configured name, else what the id says after its prefix, else the id."""
    assert loaded(PIPELINER_SPACE_ID=space_id, PIPELINER_SPACE_NAME=name).space_name == shown


def test_functions_need_a_queue() -> None:
    """Without storage for the queue the functions stop at once; the command line does without."""
    with pytest.raises(InvalidSettings, match="AzureWebJobsStorage is missing: set it"):
        load_settings(GOOD, needs_queue=True)

    for variable in ("AzureWebJobsStorage", "AzureWebJobsStorage__accountName"):
        assert load_settings(GOOD | {variable: "acme"}, needs_queue=True).pipeliner_space_id == "us_Acme"


# Connection settings


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

    assert rows.row("notes").direction is Direction.TO_PIPELINER
    assert rows.row("business_phones").pipeliner == ("phone1",)
    assert rows.row("home_phones").pipeliner == ("phone3", "phone5")
    custom = rows.row("cf_birthday")
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
    (fault,) = connection_faults(**{name: value})

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

    (fault,) = connection_faults(custom_fields=rows)

    assert f"custom_fields map {doubled} twice; map each field once" in fault


def test_all_connection_faults_are_told_at_once() -> None:
    """One answer shows everything that is to be mended, without the values."""
    told = connection_faults(sync_type=CANARY, scope=CANARY, max_delete_count=-1, required_defaults={"cf_a": [CANARY]})

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

    assert parse_connection_settings({"phone_slots": slots}).field_map.row("mobile_phone").pipeliner == (slot,)


@pytest.mark.parametrize("outlook", CUSTOM_OUTLOOK_PROPERTIES)
def test_every_custom_property_can_be_mapped(outlook: str) -> None:
    """What is offered in the fault's list is accepted."""
    rows = parse_connection_settings({"custom_fields": [{"pipeliner": "cf_x", "outlook": outlook}]}).field_map

    assert rows.row("cf_x").outlook == outlook
    assert len(rows.rows) == len(STANDARD_FIELDS) + 1
