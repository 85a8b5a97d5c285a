"""Whether what a query asks for is something that the code emits."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from tests.telemetry.kql.binding import Bound, Comparison, Pipeline
from tests.telemetry.vocabulary import Emitted, Values, functions, vocabulary

_PROPERTY = "Properties."


def _has_term(text: str, term: str) -> bool:
    return term.casefold() in re.split(r"[^0-9A-Za-z]+", text.casefold())


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "==": str.__eq__,
    "=~": lambda text, value: text.casefold() == value.casefold(),
    "in": str.__eq__,
    "in~": lambda text, value: text.casefold() == value.casefold(),
    "has": _has_term,
    "has_any": _has_term,
    "contains": lambda text, value: value.casefold() in text.casefold(),
    "startswith": lambda text, value: text.casefold().startswith(value.casefold()),
    "endswith": lambda text, value: text.casefold().endswith(value.casefold()),
}
"""What is true of a text that a comparison lets through."""
_OPPOSITES = {"!=": "==", "!~": "=~", "!in": "in", "!in~": "in~", "!has": "has", "!contains": "contains"}


def faults_of(bound: Bound) -> Iterator[str]:
    """What the language service objects to, and names and values that nobody emits."""
    yield from bound.diagnostics
    for pipeline in bound.pipelines:
        if pipeline.table is not None:
            yield from _pipeline_faults(pipeline, vocabulary()[pipeline.table])
        elif pipeline.reads:
            yield f"reads Properties.{pipeline.reads[0]} without one table that it is read of"


def _pipeline_faults(pipeline: Pipeline, emitted: Emitted) -> Iterator[str]:
    compared = [one for one in pipeline.comparisons if one.of == "Name"]
    yield from _unmatched(compared, emitted.by_name, f"{pipeline.table} has no Name")
    operations = [one for one in pipeline.comparisons if one.of == "OperationName"]
    yield from _unmatched(operations, functions(), "there is no function")
    chosen = _chosen(compared, emitted.by_name)
    if emitted.must_name and not chosen:
        yield f"{pipeline.table} is asked for no Name"
    for attribute in pipeline.reads:
        having = [name for name in chosen or emitted.by_name if attribute in emitted.by_name[name]]
        if not having or (chosen and set(having) != chosen):
            yield f"{' and '.join(sorted(chosen)) or pipeline.table} has no Properties.{attribute}"
    for comparison in pipeline.comparisons:
        if comparison.of.startswith(_PROPERTY):
            attribute = comparison.of.removeprefix(_PROPERTY)
            known = _values(attribute, [emitted.by_name[name] for name in chosen or emitted.by_name])
            if known is not None:
                yield from _unmatched([comparison], known, f"{comparison.of} is never")


def _unmatched(comparisons: Collection[Comparison], known: Collection[str], said: str) -> Iterator[str]:
    for comparison in comparisons:
        fits = _OPERATORS.get(_OPPOSITES.get(comparison.operator, comparison.operator))
        if fits is None:
            yield f"{comparison.operator} is no comparison that is followed"
            continue
        for value in comparison.values:
            if not any(fits(text, value) for text in known):
                yield f"{said} {value!r}"


def _chosen(comparisons: Collection[Comparison], names: Collection[str]) -> set[str]:
    """The names to which the comparisons narrow a query."""
    narrowing = [one for one in comparisons if one.operator in _OPERATORS]
    return {
        name for one in narrowing for name in names for value in one.values if _OPERATORS[one.operator](name, value)
    }


def _values(attribute: str, rows: Collection[Mapping[str, Values]]) -> Values:
    """The values of an attribute in some rows; None where there may be any, or where it is missing altogether."""
    given = [row[attribute] for row in rows if attribute in row]
    known = [values for values in given if values is not None]
    return frozenset().union(*known) if known and len(known) == len(given) else None
