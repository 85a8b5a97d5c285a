"""Which unit tests are run on a mutant of which module: those written for it first, then all the others."""

from __future__ import annotations

from tests.battery.mutants.making import ROOT

_DOMAIN = ROOT / "tests" / "unit" / "domain"
_DOCUMENTS = str(_DOMAIN.parent / "test_documents.py")
"""The tables of four documents are drawn from the core and compared."""
_ENGINE = ROOT / "tests" / "unit" / "engine"

_OF_MODULE: dict[str, tuple[str, ...]] = {
    "addresses": ("test_addresses",),
    "connection": ("test_connection", "test_fields", "test_stored_words", "test_waiting"),
    "contact": ("test_contact", "test_stored_words"),
    "decisions": ("test_first_sights", "test_decisions"),
    "first_sight": ("test_first_sights", "test_decisions"),
    "fields": ("test_fields",),
    "lifecycle": (
        *("test_lifecycle", "test_situations", "test_decisions", "test_decisions_after_a_crash", "test_dormant_links"),
        "test_stored_words",
    ),
    "link": (
        *("test_link", "test_pending", "test_decisions", "test_decisions_after_a_crash", "test_dormant_links"),
        "test_stored_words",
    ),
    "parting": ("test_parting",),
    "merge": ("test_merge", "test_entries", "test_entry_histories", "test_withheld", "test_wholes"),
    "rights": ("test_rights", "test_stored_words"),
    "records": ("test_stored_words", "test_items", "test_fields"),
    "rulings": ("test_rulings",),
    "values.addresses": ("test_wholes",),
    "values.lists": ("test_entries", "test_entry_histories", "test_merge"),
}
_OF_IDENTITY = (("test_typing_over", "test_holding", "test_examples", "test_cases"), ("test_laws",))
"""A test that takes longer than the others together, such as a law over any text, is run where it is about."""
_QUICK = (
    "test_connection",
    "test_values_not_given",
    "test_decisions_after_a_crash",
    "test_stored_words",
    "test_decisions",
    "test_dormant_links",
    "test_situations",
    "test_link",
    "test_entries",
    "test_lifecycle",
)
_DECIDING = ("decisions", "first_sight", "lifecycle", "link", "merge")
_DRAWN = ("fields", "lifecycle", "rights")
_RECORDING = (
    "test_change_sets",
    "test_change_sets_by_decision",
    "test_change_sets_of_dormant_links",
    "test_write_ahead",
    "test_notices",
)


def tests_of(module: str) -> tuple[tuple[str, ...], ...]:
    """Return two runs of test files: the first finds most mutants at once, the second is the last word."""
    if module.startswith("identity."):
        runs = [tuple(str(_DOMAIN / "identity" / f"{name}.py") for name in run) for run in _OF_IDENTITY]
        return (*runs, *([(_DOCUMENTS,)] if module == "identity.table" else []))
    first = _OF_MODULE.get(module, ())
    rest = [str(_DOMAIN / f"{name}.py") for name in _QUICK if name not in first]
    engine = [str(_ENGINE / f"{name}.py") for name in _RECORDING if module in _DECIDING]
    drawn = [_DOCUMENTS] if module in _DRAWN else []
    both = (tuple(str(_DOMAIN / f"{name}.py") for name in first), (*drawn, *rest, *engine))
    return tuple(run for run in both if run)
