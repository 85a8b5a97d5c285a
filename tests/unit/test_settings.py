from __future__ import annotations

import pytest

from sync_core.errors import InvalidSettings
from sync_core.settings import AppSettings, load_settings

CANARY = "canary-5f3a"
GOOD = {
    "PIPELINER_SERVICE_URL": "https://eu-central.api.pipelinersales.com",
    "PIPELINER_SPACE_ID": "us_Acme",
    "PIPELINER_API_TOKEN": f"token-{CANARY}",
    "PIPELINER_API_PASSWORD": f"password-{CANARY}",
    "SYNC_STATE": f"DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={CANARY}",
}
IDENTITY_KEY = f"key-of-identifiers-{CANARY}-and-more"


def loaded(**changes: str) -> AppSettings:
    """Load the good settings with changes."""
    return load_settings(GOOD | changes)


def faults(environment: dict[str, str]) -> tuple[str, ...]:
    """What is wrong with these app settings."""
    with pytest.raises(InvalidSettings) as caught:
        load_settings(environment)
    return caught.value.faults


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

    settings = load_settings(environment | {"SYNC_STATE__tableServiceUri": tables, "SYNC_IDENTITY_KEY": IDENTITY_KEY})

    assert settings.sync_state_table_service_uri == tables


def test_a_state_in_azure_needs_the_key_of_its_hashes() -> None:
    """Reached by identity, or from the functions; the fault says where the key comes from, and holds no value."""
    environment = {name: value for name, value in GOOD.items() if name != "SYNC_STATE"}

    (fault,) = faults(environment | {"SYNC_STATE__tableServiceUri": "https://acme.table.core.windows.net"})

    assert fault.startswith("SYNC_IDENTITY_KEY is missing: ")
    assert "sync-identity-key of the key vault" in fault
    with pytest.raises(InvalidSettings, match=r"^SYNC_IDENTITY_KEY is missing: "):
        load_settings(GOOD | {"AzureWebJobsStorage": "acme"}, needs_queue=True)
    in_a_file = GOOD | {"SYNC_STATE": "sqlite:///state.sqlite", "AzureWebJobsStorage": "acme"}
    assert not load_settings(in_a_file, needs_queue=True).sync_identity_key


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (CANARY, "at least 32"),
        (f"@Microsoft.KeyVault(SecretUri=https://{CANARY}.vault.azure.net/secrets/sync-identity-key)", "not resolved"),
    ],
)
def test_a_key_that_others_could_guess_is_refused(key: str, said: str) -> None:
    """A short one, and the text of a reference that Azure did not resolve."""
    (fault,) = faults(GOOD | {"SYNC_IDENTITY_KEY": key})

    assert fault.startswith("SYNC_IDENTITY_KEY is not valid: ")
    assert said in fault
    assert CANARY not in fault


@pytest.mark.parametrize(
    ("space_id", "name", "shown"),
    [("us_Acme", "", "Acme"), ("us_Acme", "Acme Europe", "Acme Europe"), ("acme", "", "acme"), ("us_", "", "us_")],
)
def test_space_has_a_name_for_people(space_id: str, name: str, shown: str) -> None:
    """The configured name, else what the id says after its prefix, else the id."""
    assert loaded(PIPELINER_SPACE_ID=space_id, PIPELINER_SPACE_NAME=name).space_name == shown


def test_functions_need_a_queue() -> None:
    """Without storage for the queue the functions stop at once; the command line does without."""
    good = GOOD | {"SYNC_IDENTITY_KEY": IDENTITY_KEY}
    with pytest.raises(InvalidSettings, match="AzureWebJobsStorage is missing: set it"):
        load_settings(good, needs_queue=True)

    for variable in ("AzureWebJobsStorage", "AzureWebJobsStorage__accountName"):
        assert load_settings(good | {variable: "acme"}, needs_queue=True).pipeliner_space_id == "us_Acme"
