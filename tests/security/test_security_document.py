from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync_core.settings import AppSettings
from sync_core.state.rows import ATTENTION, AWAITED, HISTORY, JOURNAL, LINK, OUTLOOK_LOOK, PIPELINER_LOOK, RUN
from sync_core.storage import Table
from sync_core.web import ROUTES
from sync_core.web.access import Who

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    """Cells of the rows of the table under a heading, its head left out."""
    section = DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_every_test_that_is_named_exists() -> None:
    """And every threat, of which there are many, names at least one."""
    threats = rows_under("Threats")
    assert len(threats) >= 15
    for threat, answer, shown in threats:
        named = re.findall(r"`(tests/[^`]+)`", shown)
        assert named, threat
        assert answer
        assert [name for name in named if not (PROJECT / name).is_file()] == []


def test_every_test_of_security_is_named() -> None:
    """A file of these tests answers some threat."""
    own = {f"tests/security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert own <= set(re.findall(r"tests/[\w/]+\.py", DOCUMENT))


def test_the_table_of_endpoints_is_the_one_in_the_code() -> None:
    """Each way of the API stands there, with the status for each caller."""
    said = {cells[0].strip("`"): cells[1:] for cells in rows_under("Who may do what over HTTP")}
    ways = {f"{route.method} /api/{re.sub(r'{[a-z]+_id}', '{id}', route.path)}": route for route in ROUTES}
    assert set(said) == set(ways)
    for way, route in ways.items():
        administrator, auditor, own, other, _, guest, stranger, _ = said[way]
        assert administrator == str(route.answers.value), way
        assert (own == "403") == (route.who in {Who.ADMINISTRATORS, Who.AUDITORS}), way
        assert (auditor == "403") == (route.who in {Who.ADMINISTRATORS, Who.ONESELF, Who.OWN_CONNECTION}), way
        assert (other == "403") == (route.who not in {Who.ONESELF, Who.OWN_LIST, Who.ANYBODY}), way
        assert guest == "403", way
        assert (stranger == "401") == (route.who is not Who.ANYBODY), way


@pytest.mark.parametrize("cells", rows_under("Retention"), ids=lambda cells: str(cells[0]))
def test_the_table_of_retention_is_the_one_in_the_code(cells: list[str]) -> None:
    """Default and bounds of each setting."""
    field = AppSettings.model_fields[cells[0].strip("`").lower()]
    bounds = {type(limit).__name__: limit for limit in field.metadata}
    assert cells[1] == str(field.default)
    assert cells[2] == f"{bounds['Ge'].ge} to {bounds['Le'].le}"


def test_the_inventory_names_every_table_and_kind_of_row() -> None:
    """What is stored stands there."""
    said = " ".join(cells[0] for cells in rows_under("Data inventory"))
    assert all(f"table `{table.value}`" in said for table in Table)
    kinds = (JOURNAL, OUTLOOK_LOOK, PIPELINER_LOOK, AWAITED, LINK, ATTENTION, HISTORY, RUN)
    assert [kind for kind in kinds if f"`{kind.rstrip('.')}`" not in said] == []


def test_the_audit_is_the_one_that_runs() -> None:
    """The commands of the document are the steps of the workflow, over the lock that is deployed."""
    section = DOCUMENT.partition("## Audit of dependencies")[2].partition("## ")[0]
    commands = [line for line in section.splitlines() if line.startswith("python3 -m pip")]
    workflow = (PROJECT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert len(commands) == 2
    assert all(f"- run: {command}\n" in workflow for command in commands)
    assert (PROJECT / "requirements.lock.txt").is_file()


def test_nobody_tells_the_app_that_sign_in_is_on() -> None:
    """Only the platform may set WEBSITE_AUTH_ENABLED: neither template nor example does."""
    files = [*PROJECT.glob("infra/**/*.bicep*"), PROJECT / "local.settings.example.json", PROJECT / "host.json"]
    assert len(files) > 5
    assert [path.name for path in files if "WEBSITE_AUTH_ENABLED" in path.read_text(encoding="utf-8")] == []
