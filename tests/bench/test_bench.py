"""The benchmark measures in a process of its own and judges honestly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.bench import __main__ as bench
from emulators.bench.costs import Cost, Step
from emulators.bench.findings import Finding, compare_sizes
from emulators.bench.showing import cost_tables
from emulators.bench.situations import SAME_AT_EVERY_SIZE, NotMeasured

PROJECT = Path(__file__).resolve().parents[2]
SHAPE = {
    "situation",
    "contacts",
    "changed",
    "step",
    "graph_requests",
    "pipeliner_requests",
    "state_operations",
    "state_transactions",
    "index_operations",
    "cpu_s",
    "seconds",
    "peak_mb",
    "graph",
    "pipeliner",
}


def cost(situation: str, contacts: int = 1_000, step: Step = Step.RUN, requests: int = 5) -> Cost:
    """Invent a cost."""
    return Cost(
        situation=situation,
        contacts=contacts,
        changed=1,
        step=step,
        graph_requests=requests,
        pipeliner_requests=requests,
        state_operations=8,
        state_transactions=3,
        index_operations=2,
        cpu_s=0.25,
        seconds=0.5,
        peak_mb=90.4,
        graph={"GET delta": requests},
        pipeliner={"GET Contacts": requests},
    )


def test_all_bounds_hold_with_few_contacts() -> None:
    """Run as a person types it: progress on stderr, one JSON object on stdout, exit status 0."""
    options = ("--json", "--sizes", "200", "--directions", "from_pipeliner")
    command = [sys.executable, "-m", "emulators.bench", *options]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    report = json.loads(ended.stdout)
    assert (report["ok"], report["sizes"]) == (True, [200])
    groups = {finding["group"] for finding in report["findings"]}
    assert {"import of function_app", "idle tick, 100 connections", "changes, 200 contacts"} <= groups
    assert {cost["step"] for cost in report["costs"]} == {"run", "echo", "idle"}
    assert all(set(cost) == SHAPE for cost in report["costs"])
    assert all(cost["cpu_s"] > 0 and 10 < cost["peak_mb"] < 150 for cost in report["costs"])
    assert all(line.startswith("bench: ") for line in ended.stderr.splitlines())


@pytest.mark.parametrize(("found", "status"), [(4, 0), (5, 1)])
def test_a_broken_bound_is_told_and_fails(
    found: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, with the number and its bound; at the bound it is still kept."""
    findings = [Finding("idle run", "state operations", found, 4), Finding("idle run", "seconds", 99.0)]
    measured = bench.Measured(findings, [cost("one_edited_in_outlook")])
    monkeypatch.setattr(bench, "measure", lambda *_: measured)
    assert bench.main(["--json"]) == status
    report = json.loads(capsys.readouterr().out)
    assert [finding["ok"] for finding in report["findings"]] == [status == 0, True]
    assert bench.main([]) == status
    assert f"{status} of 2 numbers" in capsys.readouterr().out
    assert bench.main(["--markdown"]) == status
    assert f"| idle run | state operations | {found} | 4 |" in capsys.readouterr().out.splitlines()


def test_the_readme_gets_its_tables_from_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table for each size, a row for each situation, its runs side by side in a cell."""
    costs = [cost("one_edited_in_outlook", size, step) for size in (200, 1_000) for step in Step]
    monkeypatch.setattr(bench, "measure", lambda *_: bench.Measured([], costs))
    assert bench.main(["--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = (
        "| 1 edited in Outlook | 5 / 5 / 5 | 5 / 5 / 5 | 8 / 8 / 8 | 3 / 3 / 3 | 2 / 2 / 2 | 0.25 / 0.25 / 0.25 | 90 |"
    )
    assert lines.count(row) == 2
    assert [line.split(" | ")[0] for line in lines if line.startswith(("| 200 ", "| 1,000 "))] == [
        "| 200 contacts",
        "| 1,000 contacts",
    ]


def test_what_cannot_be_measured_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and exit status 2."""

    def measure(*_: object) -> bench.Measured:
        raise NotMeasured("the first sync brought 3 of 4 contacts")

    monkeypatch.setattr(bench, "measure", measure)
    assert bench.main(["--json"]) == 2
    assert capsys.readouterr() == ("", "bench: the first sync brought 3 of 4 contacts\n")


def test_too_few_contacts_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred of them are changed at once, which may not be more than half."""
    with pytest.raises(SystemExit, match="2"):
        bench.main(["--sizes", "199"])
    assert "'199' is no number of contacts from 200 on" in capsys.readouterr().err


def test_a_cost_that_grows_with_the_contacts_is_found() -> None:
    """The difference between the sizes is a number with the bound nought; costs of a whole address book may grow."""
    measured = [
        cost(situation, size, step, 7 if (size, situation, step) == dearer else 5)
        for dearer in [(2_000, "one_edited_in_outlook", Step.ECHO)]
        for size in (1_000, 2_000)
        for situation in sorted(SAME_AT_EVERY_SIZE)
        for step in Step
    ]
    whole = [cost("first_sync_mixed", 1_000), cost("first_sync_mixed", 2_000, requests=9)]
    broken = [finding for finding in compare_sizes([*measured, *whole]) if not finding.ok]
    assert {finding.measured for finding in broken} == {2}
    assert {finding.what.partition(", ")[2] for finding in broken} == {"1 edited in Outlook"}
    assert len(broken) == 2


def test_one_size_alone_is_not_compared() -> None:
    """A difference of nothing would say nothing."""
    assert list(compare_sizes([cost("one_edited_in_outlook")])) == []


def test_a_situation_of_one_run_has_one_number_in_a_cell() -> None:
    """Only what belongs together stands in one row."""
    ((_, rows),) = cost_tables([cost("idle_run", step=Step.IDLE, requests=1)])
    assert [row[:3] for row in rows] == [("idle run, without its tick", "1", "1")]
