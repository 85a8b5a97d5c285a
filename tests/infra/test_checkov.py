"""Checkov reads every template, and objects to nothing that is not argued for."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep_lint.parameter_files import parameters_given
from tests.infra.bicep_lint.values import values_of
from tests.infra.checkov_skips import CRASHES, PRODUCTION, SKIPS

ROOT = Path(__file__).resolve().parents[2]
BROKEN = "broken.bicep"
_CRASH = re.compile(r"Failed to run check (\w+) on [^:]+:(\S+)")


class Report:
    """One run of checkov: its answer and what it complained of."""

    def __init__(self, answer: dict[str, Any], complaints: str) -> None:
        self.passed: list[dict[str, Any]] = answer["results"]["passed_checks"]
        self.parsing_errors: list[str] = answer["results"]["parsing_errors"]
        self.failed = {(item["check_id"], item["resource"]) for item in answer["results"]["failed_checks"]}
        self.crashed = set(_CRASH.findall(complaints))


def run_checkov(folder: Path) -> Report:
    """Run checkov from its own environment, which dev.py makes, without any access to a network."""
    python = os.environ.get("SYNC_CHECKOV") or str(ROOT / ".venv-checkov/bin/python")
    command = [python, "-m", "checkov.main", "--directory", str(folder), "--framework", "bicep"]
    result = subprocess.run(
        [*command, "--output", "json", "--compact", "--skip-download", "--download-external-modules", "False"],
        env={**os.environ, "LOG_LEVEL": "WARNING"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode in {0, 1}, f"checkov did not run (python3 dev.py test sets it up): {result.stderr[-500:]}"
    return Report(json.loads(result.stdout), result.stderr)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What checkov says of infra/, without a decorator that its parser does not know yet, and of a broken template."""
    folder = tmp_path_factory.mktemp("infra")
    broken = "resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {\n"
    (folder / BROKEN).write_text(broken, encoding="utf-8")
    for template in (ROOT / "infra").rglob("*.bicep"):
        copy = folder / template.relative_to(ROOT / "infra")
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(template.read_text(encoding="utf-8").replace("@onlyIfNotExists()\n", ""), encoding="utf-8")
    return run_checkov(folder)


def unargued(found: Iterable[tuple[str, str]], argued: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """What is found without an argument, and what is argued for without need."""
    return {"not argued": sorted(set(found) - set(argued)), "not needed": sorted(set(argued) - set(found))}


def test_every_template_is_read(report: Report) -> None:
    """Checkov leaves out what it cannot parse and still ends well; one that is broken shows that it is noticed."""
    assert [Path(name).name for name in report.parsing_errors] == [BROKEN]
    assert report.passed != []


def test_every_objection_is_argued(report: Report) -> None:
    """No policy fails but those on the list, and none is on the list in vain."""
    assert unargued(report.failed, SKIPS) == {"not argued": [], "not needed": []}


def test_every_policy_that_cannot_judge_is_argued(report: Report) -> None:
    """A policy whose own code fails has judged nothing."""
    assert unargued(report.crashed, CRASHES) == {"not argued": [], "not needed": []}


def test_production_chooses_the_strict_side() -> None:
    """Where checkov cannot see what a parameter decides, the production set-up is looked at instead."""
    own, _ = parameters_given(ROOT / "infra/production.bicepparam")
    for name, wanted in PRODUCTION.items():
        value = own.symbols[name].value
        assert value is not None
        assert [item.literal for item in values_of(value, own)] == [wanted]
