"""What alerts and workbook ask for is what the code emits, and every alert leads to a section of the handbook."""

from __future__ import annotations

import ast
import re

from sync_core.telemetry.metrics import Metric
from tests.infra.deployed import ROOT, queries, values_named

DEFINITIONS = {metric.value.name: metric for metric in Metric}
_NAME = re.compile(r"'(sync\.[a-z.]+)'")
_ATTRIBUTE = re.compile(r"Properties\.(\w+)")


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


def test_every_metric_asked_for_is_emitted() -> None:
    """A query for a name that nobody writes finds nothing and never fires."""
    asked = {name for query in queries() for name in _NAME.findall(query)}
    assert asked
    assert asked <= set(DEFINITIONS)
    assert {DEFINITIONS[name].name for name in asked} <= emitted()


def test_every_metric_emitted_is_asked_for() -> None:
    """A number that no alert and no picture uses is paid for in vain."""
    asked = {name for query in queries() for name in _NAME.findall(query)}
    assert set(DEFINITIONS) - asked == set()


def test_every_attribute_asked_for_belongs_to_its_metric() -> None:
    """A query that groups by an attribute that is not there puts everything into one group."""
    for query in queries():
        known = {name for metric in _NAME.findall(query) for name in DEFINITIONS[metric].value.attributes}
        assert set(_ATTRIBUTE.findall(query)) <= known, query


def test_every_query_names_a_metric() -> None:
    """`AppMetrics` without a name would mix all metrics."""
    assert [query for query in queries() if not _NAME.search(query)] == []


def test_every_alert_has_its_section_in_the_handbook() -> None:
    """Its heading stands in docs/operations.md, where the alert's message sends people."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE))
    wanted = values_named("heading")
    assert wanted
    assert sorted(wanted - headings) == []
