"""What alerts and workbook ask for is what the code emits, and every alert leads to a section of the handbook."""

from __future__ import annotations

import ast
import re

from sync_core.telemetry import Metric
from tests.infra.deployed import ROOT, values_named
from tests.telemetry.kql.sources import deployed_queries

DEFINITIONS = {metric.value.name: metric for metric in Metric}
_NAME = re.compile(r"'(sync\.[a-z.]+)'")


def emitted() -> set[str]:
    """The metrics that some module names besides the one that defines them."""
    found: set[str] = set()
    for path in sorted((ROOT / "sync_core").rglob("*.py")):
        if path.name == "metrics.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Metric":
                found.add(node.attr)
    return found


def asked_for() -> set[str]:
    """The metrics that alerts and workbook name; test_kql.py looks at the rest of their queries."""
    return {name for query in deployed_queries() for name in _NAME.findall(query.text)}


def test_every_metric_asked_for_is_emitted() -> None:
    """A query for a name that nobody writes finds nothing and never fires."""
    asked = asked_for()
    assert asked
    assert asked <= set(DEFINITIONS)
    assert {DEFINITIONS[name].name for name in asked} <= emitted()


def test_every_metric_emitted_is_asked_for() -> None:
    """A number that no alert and no picture uses is paid for in vain."""
    assert set(DEFINITIONS) - asked_for() == set()


def test_every_alert_has_its_section_in_the_handbook() -> None:
    """Its heading stands in docs/operations.md, where the alert's message sends people."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE))
    wanted = values_named("heading")
    assert wanted
    assert sorted(wanted - headings) == []
