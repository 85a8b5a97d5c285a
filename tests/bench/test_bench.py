"""The benchmark measures in a process of its own and judges honestly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from emulators.bench import __main__ as bench
from emulators.bench.findings import Finding
from emulators.bench.situations import NotMeasured, compare_sizes

PROJECT = Path(__file__).resolve().parents[2]


def test_all_bounds_hold_with_few_contacts() -> None:
    """Run as a person types it: progress on stderr, one JSON object on stdout, exit status 0."""
    command = [sys.executable, "-m", "emulators.bench", "--json", "--sizes", "200", "300"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    report = json.loads(ended.stdout)
    assert (report["ok"], report["sizes"]) == (True, [200, 300])
    groups = {finding["group"] for finding in report["findings"]}
    assert {"import of function_app", "idle tick, 100 connections", "first sync of 300 contacts"} <= groups
    assert all(line.startswith("bench: ") for line in ended.stderr.splitlines())


@pytest.mark.parametrize(("measured", "status"), [(4, 0), (5, 1)])
def test_a_broken_bound_is_told_and_fails(
    measured: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, with the number and its bound; at the bound it is still kept."""
    found = [Finding("idle pass", "storage operations", measured, 4), Finding("idle pass", "seconds", 99.0)]
    monkeypatch.setattr(bench, "measure", lambda *_: iter(found))
    assert bench.main(["--json"]) == status
    report = json.loads(capsys.readouterr().out)
    assert [finding["ok"] for finding in report["findings"]] == [status == 0, True]
    assert bench.main([]) == status
    assert f"{status} of 2 numbers" in capsys.readouterr().out


def test_what_cannot_be_measured_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence and exit status 2."""

    def measure(*_: object) -> list[Finding]:
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
    """The difference between the sizes is a number with the bound nought."""
    measured = [
        Finding(f"{changed} changed in {side}, {size} contacts", what, 7 if (size, changed) == (2000, 1) else 5)
        for size in (1000, 2000)
        for changed in (0, 1, 100)
        for side in ("Outlook", "Pipeliner")
        for what in ("Graph requests", "Pipeliner requests")
    ]
    broken = [finding for finding in compare_sizes(measured, (1000, 2000)) if not finding.ok]
    assert {finding.measured for finding in broken} == {2}
    assert len(broken) == 4
