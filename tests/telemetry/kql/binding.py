"""Queries bound to the tables by Microsoft's language service for KQL, all of them in one Node process."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.telemetry.kql.tables import TABLES

ROOT = Path(__file__).resolve().parents[3]
SERVICE = ROOT / "node_modules/@kusto/language-service-next"
_LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column, or `Properties.<name>`, compared with strings that are written out in the query."""

    of: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is asked of one table; `table` is None where a pipeline begins with something else."""

    table: str | None
    reads: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """A query as the service reads it."""

    diagnostics: tuple[str, ...]
    columns: tuple[str, ...]
    pipelines: tuple[Pipeline, ...]


def bind(queries: Sequence[str]) -> list[Bound]:
    """Parse and bind queries. Raises AssertionError where the service is not installed or fails."""
    assert SERVICE.is_dir(), f"{SERVICE.relative_to(ROOT)} is not there: python3 dev.py test installs it"
    result = subprocess.run(
        [shutil.which("node") or "node", str(Path(__file__).with_name("bind.js")), str(SERVICE)],
        input=json.dumps({"tables": TABLES, "queries": list(queries)}),
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return [_bound(answer) for answer in json.loads(result.stdout)]


def _bound(answer: Mapping[str, Any]) -> Bound:
    pipelines = tuple(
        Pipeline(
            given["table"],
            tuple(given["reads"]),
            tuple(Comparison(one["of"], one["operator"], tuple(one["values"])) for one in given["comparisons"]),
        )
        for given in answer["pipelines"]
    )
    return Bound(tuple(answer["diagnostics"]), tuple(answer["columns"]), pipelines)
