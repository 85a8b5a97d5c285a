"""Where log queries stand: in the alerts, in the workbook, in the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.infra.bicep_lint.syntax import every, properties, property_of, string_value
from tests.infra.bicep_lint.template import Template
from tests.infra.bicep_lint.values import elements_of, values_of
from tests.infra.deployed import INFRA, ROOT, templates
from tests.telemetry.kql.tables import TABLES

DOCUMENTS = (
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(INFRA.rglob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_IN_THE_TEXT = re.compile(rf"`((?:{'|'.join(TABLES)}) [^`]*\|[^`]*)`")
_LANGUAGES = {"kusto", "kql"}


@dataclass(frozen=True, slots=True)
class Query:
    """A query and its place; `dimensions` are the columns by which an alert is told apart."""

    place: str
    text: str
    dimensions: tuple[str, ...] = ()


def all_queries() -> list[Query]:
    """Every query of the project."""
    return [*deployed_queries(), *documented_queries()]


def deployed_queries() -> list[Query]:
    """The queries of the alerts and of the workbook."""
    return [query for template in templates() for query in _of_template(template)] + [
        Query(f"workbook, {title}", text) for title, text in _of_json(workbook())
    ]


def workbook() -> Any:
    """The workbook as it is deployed."""
    return json.loads((INFRA / "modules/workbook.json").read_text(encoding="utf-8"))


def documented_queries() -> list[Query]:
    """The queries of the documents: fences of the language, and code in the text that begins with a table."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        fenced = [body for language, body in _FENCE.findall(text) if language in _LANGUAGES]
        inline = [code.replace(r"\|", "|") for code in _IN_THE_TEXT.findall(_FENCE.sub("", text))]
        found += [Query(f"{path.name}, query {number}", body) for number, body in enumerate([*fenced, *inline], 1)]
    return found


def hidden_queries() -> list[str]:
    """Lines of fences of another language that begin with a table: nothing would check them."""
    begins = re.compile(rf"\s*(?:{'|'.join(TABLES)})\b")
    return [
        f"{path.name}: {line}"
        for path in DOCUMENTS
        for language, body in _FENCE.findall(path.read_text(encoding="utf-8"))
        for line in body.splitlines()
        if language not in _LANGUAGES and begins.match(line)
    ]


def _of_template(template: Template) -> Iterator[Query]:
    for node in (node for node in every(template.root) if node.type == "object"):
        entries = {entry.name: entry.value for entry in properties(node)}
        text, name = string_value(entries.get("query")), string_value(entries.get("name"))
        if text is None:
            continue
        listed = [value for array in values_of(entries["dimensions"], template) for value in elements_of(array)]
        names = [string_value(property_of(dimension, "name")) for dimension in listed]
        yield Query(f"alert {name}", text, tuple(name for name in names if name is not None))


def _of_json(item: Any) -> Iterator[tuple[str, str]]:
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    if isinstance(item, dict) and isinstance(item.get("query"), str):
        yield str(item.get("title") or item.get("name")), item["query"]
    for part in inner:
        yield from _of_json(part)
