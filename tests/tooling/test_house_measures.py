"""The measures of the house count what they say, on small packages invented for it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tools.house import __main__ as house
from tools.house.arrows import find_cycles, find_uncovered
from tools.house.decisions import find_checks
from tools.house.fragments import find_fragments
from tools.house.source import read_modules

DECISIONS = """
    class LinkPlan:
        link: Link | None
        merge: Merge | None = None
        why: str
        @property
        def writes(self) -> bool:
            return self.merge is not None
"""
UNION = """
    class Update:
        link: Link
        merge: Optional[Merge]
    class Create:
        source: Contact | None
    class Unrelated:
        other: int | None
    Decision = Update | Create
"""


def package(root: Path, **modules: str) -> Path:
    """Write a package; `a__b` is the module b of its package a."""
    top = root / "house"
    for name, source in modules.items():
        path = top.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(dedent(source), encoding="utf-8")
    return top


def test_a_private_function_used_once_is_a_fragment(tmp_path: Path) -> None:
    """In its own module; not one used twice, nor a public one, nor one that its decorator calls, nor `__init__`."""
    source = """
        class Thing:
            def __init__(self) -> None:
                self._once()
            def _once(self) -> None:
                _twice()
            @validator
            def _decorated(self) -> None:
                def _within() -> None: ...
                _twice(), _within()
        def _twice() -> None:
            public()
        def public() -> None:
            _never
    """
    found = find_fragments(read_modules(package(tmp_path, one=source, two="def _once(): ...\n")))
    assert [name.rpartition(" ")[2] for name in found.used_once] == ["_once", "_within"]
    assert found.functions == 7
    assert round(found.share) == 29


def test_no_function_is_no_fragment(tmp_path: Path) -> None:
    """A package of values alone has the share nought."""
    assert find_fragments(read_modules(package(tmp_path, one="LIMIT = 1\n"))).share == 0


@pytest.mark.parametrize(
    ("source", "none", "truth"),
    [
        ("if plan.link is None: ...", 1, 0),
        ("x = item.plan.merge is not None and plan.link != None", 2, 0),
        ("x = plan.why is None or other.link is None or plan.merge.to_outlook is None", 0, 0),
        ("x = 1 if plan.link else 2", 0, 1),
        ("x = [1 for plan in plans if plan.merge]", 0, 1),
        ("x = not plan.link or plan.merge", 0, 2),
        ("def f(given: LinkPlan | str):\n    while given.link is None: ...", 1, 0),
    ],
)
def test_asking_a_decision_for_none_is_counted(tmp_path: Path, source: str, none: int, truth: int) -> None:
    """Its optional fields only, wherever they are read; what it asks itself is its own affair."""
    engine = f"from house.domain.planning import LinkPlan\n{source}"
    checks = find_checks(read_modules(package(tmp_path, domain__planning=DECISIONS, engine=engine)))
    assert (len(checks.against_none), len(checks.as_truth)) == (none, truth)


@pytest.mark.parametrize(
    ("source", "none"),
    [
        ("match it:\n    case Update(merge=None): ...", 1),
        ("match it:\n    case Update() as update if update.merge is None: ...", 1),
        ("match it:\n    case Update() | Create() as update:\n        x = update.source is None", 1),
        ("match it:\n    case Unrelated(other=None) as it if it.other is None: ...", 0),
        ("def f(update: Create):\n    return update.source is None", 1),
        ("x = decision.link is None", 0),
    ],
)
def test_a_union_of_decisions_is_looked_through(tmp_path: Path, source: str, none: int) -> None:
    """Each of its kinds, whatever a variable is named after it was matched; a field that is always there is none."""
    engine = f"from house.domain import Create, Unrelated, Update\n{source}"
    checks = find_checks(read_modules(package(tmp_path, domain__planning=UNION, engine=engine)))
    assert len(checks.against_none) == none


def test_a_class_of_the_same_name_from_elsewhere_is_no_decision(tmp_path: Path) -> None:
    """Its fields are its own affair, in its own package and where it is imported."""
    source = "match it:\n    case Create(source=None) as create if create.source is None: ...\n"
    top = package(
        tmp_path,
        domain__planning=UNION,
        state__store=f"class Create:\n    source: str | None\n{source}",
        engine=f"from house.state.store import Create\n{source}",
    )
    assert find_checks(read_modules(top)).against_none == []


def test_packages_that_need_each_other_are_a_cycle(tmp_path: Path) -> None:
    """Also over a third one or a module beside them, and by an import within a function."""
    top = package(
        tmp_path,
        operations__asking="from house.telemetry import port\n",
        telemetry__stock="def take():\n    import house.middle\n",
        middle="from house import operations\n",
        domain__contact="from house.domain import fields\nfrom __future__ import annotations\n",
        engine__run="from house.domain.contact import Contact\n",
    )
    assert find_cycles(read_modules(top)) == [("middle", "operations", "telemetry")]


def test_packages_without_a_row_are_uncovered(tmp_path: Path) -> None:
    """Modules beside the packages need none."""
    top = package(tmp_path, domain__contact="", engine__run="", app="")
    rows = tmp_path / "test_architecture.py"
    for table in ('OURS = {"domain": ()}', 'OURS: dict[str, tuple[str, ...]] = {"domain": ()}\nPURE = {"engine": ()}'):
        rows.write_text(table, encoding="utf-8")
        assert find_uncovered(read_modules(top), rows) == ["engine"]


def test_measures_are_told_with_their_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    """Of this repository: as text, with what is counted, or as one JSON object; the status says whether all is well."""
    status = house.main(["--json"])
    report = json.loads(capsys.readouterr().out)
    names = [item["name"] for item in report["measures"]]
    assert names == [
        "modules",
        "median_lines",
        "most_lines",
        "used_once",
        "none_checks",
        "truth_checks",
        "cycles",
        "uncovered",
    ]
    assert status == (0 if report["ok"] else 1)
    assert report["ok"] is all(item["ok"] for item in report["measures"])
    assert house.main(["--list"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["modules", str(report["measures"][0]["value"])]
    assert f"    {report['measures'][2]['counted'][0]}" in lines


@pytest.mark.parametrize(("value", "is_kept"), [(139, False), (140, True), (260, True), (261, False)])
def test_a_measure_has_two_sides(value: float, is_kept: bool) -> None:
    """Too small is no better than too large."""
    assert house.Measure("median_lines", "lines", value, 140, 260).ok is is_kept
