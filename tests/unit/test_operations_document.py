"""Whatever the code can tell an administrator, and whatever wakes them, has its heading in docs/operations.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_core import errors
from sync_core.cli import COMMANDS
from sync_core.domain import Reason
from sync_core.errors import ConnectionBroken
from sync_core.state import DISCONNECTING, PAUSED_BY_PERSON
from tests.documents import DOCS

ROOT = DOCS.parent
OPERATIONS = DOCS / "operations.md"
ALERTS = ROOT / "infra" / "modules" / "alerts.bicep"
EXPIRY = ROOT / "infra" / "modules" / "expiry.bicep"


def section(title: str) -> str:
    """Text of one part of the document."""
    text = OPERATIONS.read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def entries(title: str) -> dict[str, str]:
    """Headings of a part, each with the text below it."""
    pieces = re.split(r"^### (.+)$", section(title), flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def standing_reasons() -> Iterator[str]:
    """Every reason for which a connection can be paused."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, ConnectionBroken) and kind is not ConnectionBroken:
            yield kind.reason
    yield from (PAUSED_BY_PERSON, DISCONNECTING)


@pytest.mark.parametrize("title", ["Alerts", "Attention items", "Why a connection is paused"])
def test_every_heading_says_what_it_means_and_what_to_do(title: str) -> None:
    """Nobody is left alone with a name."""
    found = entries(title)

    assert found
    assert [name for name, text in found.items() if "**Means:**" not in text or "**Do:**" not in text] == []


def test_every_attention_reason_has_a_heading() -> None:
    """The document lists exactly the reasons of the code."""
    assert list(entries("Attention items")) == [f"`{reason.value}`" for reason in Reason]


def test_every_reason_for_a_pause_has_a_heading() -> None:
    """The document lists exactly the reasons of the code."""
    assert sorted(entries("Why a connection is paused")) == sorted(f"Reason `{name}`" for name in standing_reasons())


def test_every_alert_has_its_heading() -> None:
    """An alert's description names a heading, and it is there; no heading is for an alert that does not exist."""
    named = re.findall(r"heading: '([^']+)'", ALERTS.read_text(encoding="utf-8"))
    named += re.findall(r'docs/operations\.md, "([^"$]+)"', EXPIRY.read_text(encoding="utf-8"))

    assert sorted(entries("Alerts")) == sorted(named)


def test_every_command_that_changes_something_is_described() -> None:
    """What can be asked for is in the document, by its own name."""
    text = OPERATIONS.read_text(encoding="utf-8").casefold()

    assert [name for name in COMMANDS if name not in {"connect", "sweep"} and name not in text] == []


def test_links_lead_somewhere() -> None:
    """Every link of the documents leads to a file, or to a heading of one."""
    broken = [
        f"{document.name}: {target}"
        for document in [*DOCS.glob("*.md"), *ROOT.glob("*.md")]
        for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
        if not target.startswith("https:") and not leads_somewhere(document, target)
    ]

    assert broken == []


def leads_somewhere(document: Path, target: str) -> bool:
    """Whether a relative link has its file and its heading."""
    name, _, anchor = target.partition("#")
    path = (document.parent / name) if name else document
    return path.exists() and (not anchor or anchor in anchors(path.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.casefold()).replace(" ", "-") for title in titles}
