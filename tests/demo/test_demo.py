"""The demo shows the main job and judges itself honestly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.demo import __main__ as demo
from emulators.demo.functions_chapter import reason_to_leave_out
from emulators.demo.runner import Check, Report, Sides, Step, StepReport, Told, Usage, at_most, equal, run_steps
from emulators.demo.showing import Stage
from emulators.demo.steps import STEPS
from tests.left_out import reason_left_out

PROJECT = Path(__file__).resolve().parents[2]
LIMIT_S = 240


def told(*checks: Check) -> Told:
    """Tell of a step with these checks."""
    return Told("someone acts", Sides("a", "b"), Sides("c", "d"), checks)


@dataclass(slots=True)
class Tale:
    """A story without services; every step uses one request to Graph."""

    plays: int = 0

    def take_usage(self) -> Usage:
        """Return what was used."""
        return Usage(graph_requests=1)


async def comes_out(tale: Tale) -> Told:
    """Play well."""
    tale.plays += 1
    return told(equal("one is one", 1, 1), at_most("few", 4, 4))


async def disappoints(tale: Tale) -> Told:
    """Play to the end with another outcome."""
    tale.plays += 1
    return told(equal("the city", "Kyoto", "Oslo"), equal("one is one", 1, 1))


async def breaks_off(tale: Tale) -> Told:
    """Fail on the way."""
    tale.plays += 1
    raise LookupError("Outlook shows no Novak")


@pytest.fixture(scope="module")
def finished() -> subprocess.CompletedProcess[str]:
    """The demo, run once as a person types it."""
    command = [sys.executable, "-m", "emulators.demo", "--json"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=LIMIT_S, check=False)


def test_every_step_comes_out(finished: subprocess.CompletedProcess[str]) -> None:
    """One JSON report on stdout, all steps of the main job in it, and exit status 0."""
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-2000:]
    report = json.loads(finished.stdout)
    assert report["ok"] is True
    assert [step["name"] for step in report["steps"]][: len(STEPS)] == [step.name for step in STEPS]
    assert report["totals"]["steps"] == len(report["steps"])
    assert finished.stderr == ""


def test_the_idle_run_is_counted(finished: subprocess.CompletedProcess[str]) -> None:
    """It asks Graph once, Pipeliner not at all, and the storage at most four times."""
    idle = json.loads(finished.stdout)["steps"][len(STEPS) - 1]
    assert (idle["graph_requests"], idle["pipeliner_requests"]) == (1, 0)
    assert 0 < idle["storage_operations"] <= 4


def test_the_chapter_on_azure_functions_runs_or_is_named(finished: subprocess.CompletedProcess[str]) -> None:
    """Where the worker library and Azurite are, its steps are shown; elsewhere one line says why not."""
    report = json.loads(finished.stdout)
    shown = [step["name"] for step in report["steps"] if "Azure Functions" in step["name"]]
    assert (len(shown), len(report["left_out"])) == ((0, 1) if reason_to_leave_out() else (3, 0))
    if not reason_left_out("functions") and not reason_left_out("azurite"):
        assert shown


async def test_an_expectation_that_is_not_met_fails_the_demo() -> None:
    """The other steps are still played, and both values are told."""
    tale = Tale()
    steps = [Step("first", comes_out), Step("second", disappoints), Step("third", comes_out)]
    heard: list[StepReport] = []
    report = Report(await run_steps(tale, steps, heard.append, (LookupError,)))
    assert ([step.ok for step in report.steps], report.ok, tale.plays) == ([True, False, True], False, 3)
    assert heard == report.steps
    [wrong] = [check for step in report.steps if step.told for check in step.told.checks if not check.ok]
    assert (wrong.expected, wrong.found) == ("Kyoto", "Oslo")
    assert report.as_json()["totals"]["graph_requests"] == 3


async def test_a_step_that_breaks_off_fails_the_demo() -> None:
    """Its reason is told and the next step is played."""
    report = Report(
        await run_steps(Tale(), [Step("first", breaks_off), Step("second", comes_out)], lambda _: None, (LookupError,))
    )
    assert [step.ok for step in report.steps] == [False, True]
    assert report.steps[0].problem == "LookupError: Outlook shows no Novak"


def test_a_demo_without_steps_is_no_success() -> None:
    """Nothing shown is nothing proved."""
    assert not Report().ok


def test_a_step_survives_its_way_through_json() -> None:
    """The chapter's process hands over what it found, whole."""
    step = StepReport("one", Usage(1, 2, None), 0.5, told(equal("city", "Kyoto", "Oslo")), "late")
    assert StepReport.from_json(json.loads(json.dumps(step.as_json()))) == step


def test_both_values_are_shown_to_the_person(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets in a contact's values are text, not markup."""
    stage = Stage()
    stage.tell(StepReport("one", Usage(), 0.1, told(equal("city", "[red]Kyoto", "[/] Oslo"))))
    stage.leave_out("no node")
    stage.close(Report([StepReport("one", Usage(), 0.1, problem="it [broke] off")]))
    shown = capsys.readouterr().out
    assert "expected [red]Kyoto" in shown
    assert "found    [/] Oslo" in shown
    assert "0 of 1 steps came out" in shown


@pytest.mark.parametrize("outcome", [comes_out, disappoints, breaks_off])
def test_the_exit_status_follows_the_steps(
    outcome: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when every step came out, else 1."""
    monkeypatch.setattr(demo, "STEPS", (Step("only", outcome),))
    monkeypatch.setattr(demo, "Story", lambda *_: Tale())
    monkeypatch.setattr(demo, "reason_to_leave_out", lambda: "not today")
    status = demo.main(["--json"])
    report = json.loads(capsys.readouterr().out)
    assert (status, report["ok"]) == ((0, True) if outcome is comes_out else (1, False))
    assert report["left_out"] == ["The same through Azure Functions: not today"]


def test_a_chapter_asked_for_must_be_possible(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --functions a missing tool is an error with its name, not a line among others."""
    monkeypatch.setattr(demo, "reason_to_leave_out", lambda: "Node is missing")
    assert demo.main(["--functions"]) == 2
    assert capsys.readouterr().err == "demo: Node is missing\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_it_keeps_serving_until_it_is_interrupted() -> None:
    """The lines to copy point the command line at the running emulators; Ctrl-C ends it with the demo's status."""
    command = [sys.executable, "-u", "-c", SERVE_WITHOUT_STEPS]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        environment = dict(
            line.removeprefix("export ").strip().replace("'", "").split("=", 1)
            for line in lines
            if line.startswith("export ")
        )
        status = subprocess.run(
            [sys.executable, "-m", "sync_core", "status", "--json"],
            cwd=PROJECT,
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    assert status.returncode == 0, status.stderr
    assert "hanna.lindqvist@lighthouse.example" in status.stdout
    assert process.returncode == 0


SERVE_WITHOUT_STEPS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from emulators.demo import __main__ as demo
demo.STEPS = demo.STEPS[:1]
demo.reason_to_leave_out = lambda: "left out here"
sys.exit(demo.main(["--serve"]))
"""
