"""The app as Azure's own worker library sees it: what is indexed, and what an import costs and needs."""

import json
import subprocess
import sys
from typing import Any

import pytest

from sync_core.errors import InvalidSettings
from sync_core.queues import POISON_QUEUE, RUNS_QUEUE
from sync_core.settings import _VARIABLES, PLATFORM_SETTINGS, load_settings
from tests.functions.invocation import HttpCall
from tests.functions.snapshot import PROJECT, differences, main, written
from tests.functions.worker_process import WorkerProcess

EXAMPLE = json.loads((PROJECT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"]
IMPORT = """
import sys, function_app
print([name for name in sys.modules if name.startswith(("msgraph.generated.models", "emulators", "tests"))])
"""


@pytest.mark.functions
def test_the_bindings_are_the_ones_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    """What is deployed, alone in a folder and without a setting, is accepted, and nothing is to be written anew."""
    assert main([]) == 0
    assert capsys.readouterr().out == ""


def test_the_snapshot_tells_what_differs() -> None:
    """A function more, one less, and one with another binding."""
    known = written()
    found = {**{name: known[name] for name in known if name != "tick"}, "poison": known["tick"], "new": known["tick"]}
    assert differences(found, known) == ["new", "poison", "tick"]
    assert differences(known, known) == []


def triggers(kind: str) -> dict[str, dict[str, Any]]:
    """Triggers of one kind, by function."""
    return {name: binding for name, bindings in written().items() for binding in bindings if binding["type"] == kind}


def test_every_queue_is_one_that_is_written_to() -> None:
    """The functions listen where runs are asked for, and where Azure puts what was given up."""
    queues = {name: (trigger["queueName"], trigger["connection"]) for name, trigger in triggers("queueTrigger").items()}
    storage = "AzureWebJobsStorage"
    assert queues == {"sync_connection": (RUNS_QUEUE, storage), "poison": (POISON_QUEUE, storage)}


def test_every_http_function_wants_a_key_and_has_its_own_way() -> None:
    """No endpoint is open to everybody, and no two answer the same requests."""
    ways = [(trigger["route"], tuple(trigger["methods"])) for trigger in triggers("httpTrigger").values()]
    assert len(set(ways)) == len(ways)
    assert {trigger["authLevel"] for trigger in triggers("httpTrigger").values()} == {"FUNCTION"}


@pytest.mark.parametrize(("timer", "setting"), [("tick", "SYNC_SCHEDULE"), ("reconcile", "SYNC_SWEEP_SCHEDULE")])
def test_a_timer_takes_its_schedule_from_a_setting_of_six_fields(timer: str, setting: str) -> None:
    """The worker does not check a schedule, and one of five fields would stop the host."""
    trigger = triggers("timerTrigger")[timer]
    assert (trigger["schedule"], trigger["runOnStartup"], trigger["useMonitor"]) == (f"%{setting}%", False, True)
    defaults = load_settings({name: value for name, value in EXAMPLE.items() if name != setting})
    schedule = getattr(defaults, setting.lower())
    assert (schedule, len(schedule.split())) == (EXAMPLE[setting], 6)


def test_an_import_is_light_and_needs_no_setting() -> None:
    """A cold start loads no typed Graph model, and nothing that is not deployed."""
    command = [sys.executable, "-c", IMPORT]
    environment = {"PYTHONPATH": str(PROJECT)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"


def test_the_example_settings_are_the_ones_that_are_read() -> None:
    """Nothing is missing, nothing is left over, and copied as they are they are valid."""
    assert set(EXAMPLE) == {*_VARIABLES.values(), *PLATFORM_SETTINGS}
    assert load_settings(EXAMPLE, needs_queue=True).pipeliner_space_id == "em_Emulated"
    with pytest.raises(InvalidSettings):
        load_settings({**EXAMPLE, "AzureWebJobsStorage": ""}, needs_queue=True)


@pytest.mark.functions
def test_missing_settings_are_named_all_at_once_by_the_first_invocation() -> None:
    """Who forgot five settings is told five, each with its remedy, in the answer and in the log."""
    wrong = {"PIPELINER_SPACE_ID": "em_Emulated", "PIPELINER_SERVICE_URL": "ftp://secret-host.example"}
    missing = ("PIPELINER_API_TOKEN", "PIPELINER_API_PASSWORD", "SYNC_STATE", "AzureWebJobsStorage")
    with WorkerProcess(PROJECT, wrong) as worker:
        answer = worker.http("read_health", HttpCall("GET", "/api/health")).answer
        problem = json.loads(answer.body)
        assert (answer.status, answer.headers["content-type"]) == (500, "application/problem+json")
        for function in (worker.timer("tick"), worker.queue("sync_connection", "{}"), worker.queue("poison", "{}")):
            assert function.error.startswith("InvalidSettings")
            assert all(f"{name} is missing: " in function.error for name in missing)
        log = worker.log()
    assert [fault.split()[0] for fault in problem["faults"]] == ["PIPELINER_SERVICE_URL", *missing]
    assert "PIPELINER_SERVICE_URL is not valid: must be an https address" in problem["detail"]
    assert all(f"{name} is missing: " in log for name in missing)
    assert "secret-host" not in log + str(problem)
