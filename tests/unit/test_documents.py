from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync_core.domain import STANDARD_FIELDS, Mark, OutlookState, PipelinerState, Resolution, rule_for, situations
from tests.documents import DOCS, FILES, GENERATED, MARKS, RESOLUTIONS, STATES, main, places, redrawn


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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_that_are_drawn_whole_are_up_to_date(path: Path) -> None:
    """The example of settings has each setting, with its example or its default."""
    assert path.read_text(encoding="utf-8") == FILES[path]()


def test_stale_table_is_found() -> None:
    """A changed line inside a table is put right, and one outside is left alone."""
    text = document("fields.md")
    stale = text.replace("`givenName`", "`nickName`", 1)

    assert stale != text
    assert redrawn("fields.md", stale) == text
    assert redrawn("fields.md", "By hand.\n" + text) == "By hand.\n" + text


def test_every_field_state_mark_and_resolution_is_explained() -> None:
    """Whatever can be configured or can happen stands in the documents."""
    fields, lifecycle = document("fields.md"), document("lifecycle.md")

    assert all(f"`{row.name}`" in fields and row.label in fields for row in STANDARD_FIELDS)
    words = [*RESOLUTIONS.values(), *STATES.values(), *MARKS.values()]
    by_hand = re.sub(r"<!-- generated: .*?<!-- end -->", "", lifecycle, flags=re.DOTALL).lower()
    assert [word for word in words if f"**{word}**".lower() not in by_hand] == []
    assert set(RESOLUTIONS) == set(Resolution)
    assert set(STATES) == {*OutlookState, *PipelinerState}
    assert set(MARKS) == set(Mark)


def test_one_table_answers_what_happens_to_a_contact_deleted_here_and_edited_there() -> None:
    """The question that is asked most has its whole answer in one place: every mark, every direction, with the why."""
    answer = GENERATED["lifecycle.md"]["example"]().splitlines()[2:]
    deleted_and_edited = {
        rule_for(seen).why
        for seen in situations()
        if (seen.outlook, seen.pipeliner) == (OutlookState.DELETED, PipelinerState.EDITED)
    }

    assert [line.split(" | ")[0].removeprefix("| ") for line in answer] == list(MARKS.values())
    assert all(any(why in line for line in answer) for why in deleted_and_edited)
