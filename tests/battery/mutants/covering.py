"""Which unit tests are run on a mutant of which module: those written for it first, then all the others."""

from __future__ import annotations

from tests.battery.mutants.making import ROOT

_DOMAIN = ROOT / "tests" / "unit" / "domain"
_DOCUMENTS = str(_DOMAIN.parent / "test_documents.py")
"""The tables of docs/fields.md and docs/lifecycle.md are drawn from the core and compared."""
_ENGINE = ROOT / "tests" / "unit" / "engine"

_OF_MODULE: dict[str, tuple[str, ...]] = {
    "connection": ("test_connection", "test_fields"),
    "contact": ("test_contact",),
    "entries": ("test_entries", "test_entry_histories"),
    "fields": ("test_fields",),
    "lifecycle": ("test_lifecycle", "test_planning", "test_stored_words"),
    "link": ("test_link", "test_pending", "test_planning", "test_stored_words"),
    "matching": ("test_matching",),
    "merge": ("test_merge", "test_entries"),
    "pending": ("test_pending", "test_planning"),
    "planning": ("test_planning", "test_planning_after_a_crash"),
    "records": ("test_stored_words", "test_fields"),
    "rules": ("test_stored_words", "test_planning"),
    "sides": ("test_fields", "test_stored_words", "test_planning"),
}
"""A test that takes longer than the others together, such as a law over any text, is run where it is about."""
_QUICK = (
    "test_connection",
    "test_values_not_given",
    "test_planning_after_a_crash",
    "test_stored_words",
    "test_planning",
    "test_link",
    "test_entries",
    "test_lifecycle",
)
_DECIDING = ("entries", "link", "merge", "pending", "planning")
_DRAWN = ("fields", "lifecycle")
_SETTLING = ("test_settling", "test_settling_fates", "test_notices")


def tests_of(module: str) -> tuple[tuple[str, ...], ...]:
    """Give two runs of test files: the first finds most mutants at once, the second is the last word."""
    first = _OF_MODULE.get(module, ())
    rest = [str(_DOMAIN / f"{name}.py") for name in _QUICK if name not in first]
    engine = [str(_ENGINE / f"{name}.py") for name in _SETTLING if module in _DECIDING]
    drawn = [_DOCUMENTS] if module in _DRAWN else []
    runs = (tuple(str(_DOMAIN / f"{name}.py") for name in first), (*drawn, *rest, *engine))
    return tuple(run for run in runs if run)
