from __future__ import annotations

import pytest

from sync_core.domain.fields import STANDARD_FIELDS
from sync_core.domain.lifecycle import Fate
from tests.documents import DOCS, FATES, GENERATED, main, places, redrawn


def document(name: str) -> str:
    """A document as it stands."""
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GENERATED)
def test_documents_say_what_the_code_does(name: str) -> None:
    """A table that no longer agrees with the code is drawn anew by `python -m tests.documents --write`."""
    assert redrawn(name, document(name)) == document(name)
    assert main([]) == 0


@pytest.mark.parametrize("name", GENERATED)
def test_documents_have_every_table(name: str) -> None:
    """No generated table is left out of its document."""
    assert places(document(name)) == list(GENERATED[name])


def test_stale_table_is_found() -> None:
    """A changed line inside a table is put right, and one outside is left alone."""
    text = document("fields.md")
    stale = text.replace("`givenName`", "`nickName`", 1)

    assert stale != text
    assert redrawn("fields.md", stale) == text
    assert redrawn("fields.md", "By hand.\n" + text) == "By hand.\n" + text


def test_every_field_and_fate_is_explained() -> None:
    """Whatever can be configured or can happen stands in the documents."""
    fields, lifecycle = document("fields.md"), document("lifecycle.md")

    assert all(f"`{row.name}`" in fields and row.label in fields for row in STANDARD_FIELDS)
    assert all(f"**{FATES[fate]}**".lower() in lifecycle.lower() for fate in Fate)
