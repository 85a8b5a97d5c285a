"""`python -m sync_core doctor` on the emulators: each fault has its line and its remedy, and nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulators.clock import ServiceClock
from emulators.faults import Fault
from emulators.in_process import PassingClock
from tests.cli.office import MAILBOX, NearOffice, rows_of
from tests.doctor.surgery import examined, folder_of, the, verdicts


def test_healthy_deployment_is_told_line_by_line(office: NearOffice) -> None:
    """Every check of a good deployment is ok, and the exit status is 0."""
    connection_id = office.connect()

    ran = office.run("doctor")

    assert ran.status == 0
    assert ran.out.rstrip().endswith("all is well")
    lines = ran.out.splitlines()[:-1]
    assert {line.split()[0] for line in lines} == {"ok"}
    assert sum(f"connection {connection_id}" in line for line in lines) == 7


def test_doctor_changes_nothing(office: NearOffice) -> None:
    """Both services get nothing but questions, and the probe rows are gone afterwards."""
    office.connect()
    before = rows_of(office.state)
    office.graph.requests.clear()
    office.crm.requests.clear()

    examined(office)

    assert {kind.split()[0] for kind in [*office.graph.requests, *office.crm.requests]} == {"GET"}
    assert rows_of(office.state) == before


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        ({"PIPELINER_API_TOKEN": "mistyped"}, "pipeliner", "PIPELINER_API_TOKEN and PIPELINER_API_PASSWORD"),
        ({"PIPELINER_SPACE_ID": "em_Elsewhere"}, "pipeliner", "copy PIPELINER_SPACE_ID"),
        ({"SYNC_SCHEDULE": "0 */5 * * * 9"}, "schedule", "outside 0 to 6"),
        ({"PIPELINER_API_PASSWORD": "<password>"}, "secrets", "an example's value"),
        ({"PIPELINER_API_PASSWORD": "@Microsoft.KeyVault(SecretUri=x)"}, "secrets", "Key Vault Secrets User"),
        ({"AzureFunctionsJobHost__functionTimeout": "00:05:00"}, "time budget", "set it to 240 or less"),
    ],
)
def test_wrong_setting_is_named(office: NearOffice, changes: dict[str, str], check: str, said: str) -> None:
    """A setting that can be read but does not fit reality fails alone, with the remedy."""
    finding = the(examined(office, **changes), check)

    assert finding["verdict"] == "FAILED"
    assert said in finding["found"] + finding["remedy"]


def test_unreadable_settings_are_all_told(office: NearOffice) -> None:
    """Where no other command could start, every fault is a line, and no value stands in it."""
    found = examined(office, PIPELINER_SPACE_ID="", GRAPH_BASE_URL="ftp://canary.example", SYNC_SCHEDULE="hourly")

    assert verdicts(found, "FAILED") == ["settings"] * 3
    assert {finding["subject"] for finding in found} == {"PIPELINER_SPACE_ID", "GRAPH_BASE_URL", "SYNC_SCHEDULE"}
    assert "canary" not in str(found)


def test_foreign_graph_root_is_a_line(office: NearOffice) -> None:
    """What only the opening of the app finds is told in the same way."""
    office.open_app = None
    ran = office.run("doctor", "--json", SYNC_STATE="nowhere")

    assert (ran.status, ran.document["findings"][0]["subject"]) == (1, "SYNC_STATE")


@pytest.mark.parametrize(
    ("harm", "check", "said"),
    [
        (lambda office: office.graph.remove_mailbox(MAILBOX), "mailbox", "mailbox in Exchange Online"),
        (lambda office: office.graph.remove_user(MAILBOX), "mailbox", "mailbox in Exchange Online"),
        (lambda office: office.graph.drop_access(MAILBOX), "mailbox", "infra/access/grant.ps1"),
        (lambda office: office.graph.delete_folder(MAILBOX, folder_of(office)), "folder", "restore the folder"),
        (lambda office: office.crm.people.deactivate_user(office.user_id), "user", "activate the user"),
        (lambda office: office.crm.people.require_fields(["cf_branch"]), "required fields", "cf_branch"),
    ],
    ids=["mailbox", "user_of_tenant", "access", "folder", "user", "required_field"],
)
def test_fault_of_a_connection_is_named(office: NearOffice, harm: object, check: str, said: str) -> None:
    """What a person took away since the connection was made fails on its connection, with the way back."""
    connection_id = office.connect()
    assert callable(harm)
    harm(office)

    found = examined(office)

    assert verdicts(found, "FAILED") == [check]
    finding = the(found, check)
    assert finding["subject"] == f"connection {connection_id}"
    assert said in finding["found"] + finding["remedy"]


def test_required_field_with_a_default_is_well(office: NearOffice) -> None:
    """A default fills what the map cannot, and a mapped field is asked of the contacts."""
    office.crm.people.add_field("cf_branch")
    office.connect("--setting", 'required_defaults={"cf_branch": "north"}')
    office.crm.people.require_fields(["cf_branch", "email1"])

    found = examined(office)

    assert verdicts(found, "FAILED") == []
    (finding,) = [finding for finding in found if finding["check"] == "required fields"]
    assert "contacts need email1 in Outlook" in finding["found"]


def test_field_that_was_taken_away_is_named(office: NearOffice) -> None:
    """A key field that is no longer there fails."""
    field_id = office.crm.people.add_field("cf_key")
    office.connect("--setting", 'key_field="cf_key"')
    office.crm.people._flag("Fields", field_id, deleted=True)

    assert "cf_key" in the(examined(office), "fields")["found"]


def test_skewed_clock_is_a_warning(office: NearOffice) -> None:
    """Clocks that differ by minutes are told with the difference, and fail nothing."""
    ours = datetime.now(UTC) - timedelta(minutes=4)
    office.clock = PassingClock(ServiceClock(source=lambda: ours))

    found = examined(office)

    assert verdicts(found, "warning") == ["clock", "clock"]
    assert all("ahead of ours" in finding["found"] for finding in found if finding["check"] == "clock")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("GET .*Clients", status=503, times=None), "status page"),
        (Fault("GET .*Clients", status=429, times=None), "PIPELINER_REQUESTS_PER_SECOND"),
        (Fault("GET .*Clients", status=403, times=None), "Administration > Applications"),
        (Fault("GET .*Clients", drop=True, times=None), "correct the address"),
    ],
    ids=["503", "429", "403", "no_answer"],
)
def test_outage_of_pipeliner_does_not_stop_the_rest(office: NearOffice, fault: Fault, said: str) -> None:
    """A fault is told once for its kind; what needs the service is not run, and all else is examined."""
    office.connect()
    office.crm.faults.plant(fault)

    found = examined(office)

    assert verdicts(found, "FAILED") == ["pipeliner"]
    assert said in the(found, "pipeliner")["remedy"]
    assert verdicts(found, "not run") == ["pipeliner permissions", "user"]
    assert {"graph", "mailbox", "folder", "state"} <= set(verdicts(found, "ok"))


def test_outage_of_graph_does_not_stop_the_rest(office: NearOffice) -> None:
    """Graph's 401 is told once, and Pipeliner's side is examined."""
    office.connect()
    office.graph.faults.plant(Fault("GET", status=401, times=None))

    found = examined(office)

    assert verdicts(found, "FAILED") == ["graph"]
    assert verdicts(found, "not run") == ["mailbox"]
    assert {"user", "fields", "required fields"} <= set(verdicts(found, "ok"))


def test_missing_permission_names_the_entity(office: NearOffice) -> None:
    """A key that may not read accounts fails on accounts alone."""
    office.crm.faults.plant(Fault("GET .*/Accounts", status=403, times=None))

    finding = the(examined(office), "pipeliner permissions")

    assert (finding["verdict"], finding["subject"]) == ("FAILED", "Accounts")


@pytest.mark.parametrize(
    ("application", "verdict", "said"),
    [
        ('{"username": "canary-token-7f3a", "name": "Sync", "is_active": true}', "ok", "switched on"),
        ('{"username": "canary-token-7f3a", "name": "Sync", "is_active": false}', "FAILED", "switched off"),
        ('{"username": "another", "name": "Other", "is_active": true}', "ok", "does not list"),
    ],
)
def test_application_behind_the_key_is_looked_up(office: NearOffice, application: str, verdict: str, said: str) -> None:
    """Where the space shows its applications, that of the key must be switched on."""
    body = f'{{"success": true, "data": [{application}]}}'
    office.crm.faults.plant(Fault("GET .*ApiAccesses", status=200, body=body, times=None))

    (finding,) = [one for one in examined(office) if one["check"] == "pipeliner application"]

    assert finding["verdict"] == verdict
    assert said in finding["found"]


def test_paused_connection_is_a_warning(office: NearOffice) -> None:
    """A connection that rests is told with its reason; nothing is wrong with the deployment."""
    office.run("pause", office.connect())

    finding = the(examined(office), "standing")

    assert (finding["verdict"], "paused_by_person" in finding["found"]) == ("warning", True)


def test_changed_space_fails_the_connection(office: NearOffice) -> None:
    """A connection that was made with another space says so, beside the space's own line."""
    office.connect()

    found = examined(office, PIPELINER_SPACE_ID="em_Elsewhere")

    assert "made with the space em_Emulated" in the(found, "space")["found"]


def test_field_of_one_contact_type_is_a_warning(office: NearOffice) -> None:
    """What only the form of one contact type requires stops no contact of another type."""
    office.connect()
    partner = office.crm.people.add_contact_type("Partner")
    office.crm.people.require_fields(["cf_branch"], partner)

    finding = the(examined(office), "required fields")

    assert (finding["verdict"], "cf_branch" in finding["found"]) == ("warning", True)


def test_required_field_does_not_concern_who_creates_nothing(office: NearOffice) -> None:
    """A connection that only writes to Outlook needs no field in Pipeliner."""
    office.connect("--sync-type", "to_outlook")
    office.crm.people.require_fields(["cf_branch"])

    assert verdicts(examined(office), "FAILED") == []


def test_forms_that_are_closed_demand_nothing(office: NearOffice) -> None:
    """A key that may not read contact types still gets its report; a refusal becomes an attention item later."""
    office.connect()
    office.crm.faults.plant(Fault("GET .*ContactTypes", status=403, times=None))

    assert verdicts(examined(office), "FAILED") == []


def test_host_without_a_time_limit_is_well(office: NearOffice) -> None:
    """Where the host never ends a function, any budget fits."""
    found = examined(office, AzureFunctionsJobHost__functionTimeout="-1")

    (finding,) = [finding for finding in found if finding["check"] == "time budget"]
    assert (finding["verdict"], "no limit" in finding["found"]) == ("ok", True)


def test_a_key_that_may_not_read_roles_is_told_with_both_remedies(office: NearOffice) -> None:
    """Before anything comes of it: open the roles to the application, or count by ownership alone."""
    office.connect()
    office.crm.switches.roles_readable = False

    finding = the(examined(office), "rights")

    assert finding["verdict"] == "FAILED"
    assert "may not read the roles" in finding["found"]
    assert "users, roles and units" in finding["remedy"]
    assert "rights: ownership" in finding["remedy"]
