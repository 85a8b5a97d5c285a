"""Words that are stored, shown over HTTP or asked for in settings: rows of yesterday must be read tomorrow."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum

import pytest

from sync_core.domain.contact import Kind, LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.fields import Direction
from sync_core.domain.lifecycle import Fate, OutlookState, PipelinerState
from sync_core.domain.link import LinkState
from sync_core.domain.merge import Excess
from sync_core.domain.records import (
    CONNECTION_SUBJECT,
    HELD_CHANGES_SUBJECT,
    HELD_REMOVALS_SUBJECT,
    Deed,
    Reason,
    RunCounts,
    RunState,
    link_subject,
    outlook_subject,
    pipeliner_subject,
)
from sync_core.domain.rules import AccountRule, ConflictRule, SyncType
from sync_core.domain.sides import Scope, ShareMode

STORED: dict[type[StrEnum], str] = {
    Side: "outlook pipeliner",
    Kind: "line text date emails phones tags",
    Direction: "both to_outlook to_pipeliner none",
    SyncType: "two_way to_pipeliner to_outlook",
    ConflictRule: "newest pipeliner outlook",
    AccountRule: "free_text create",
    Scope: "owned owned_or_editable visible",
    ShareMode: "standard private all_view all_edit",
    LinkState: "linked resting",
    Excess: "too_long too_many",
    OutlookState: "unchanged edited deleted moved",
    PipelinerState: "unchanged edited deleted left_scope",
    Fate: "merge rest end delete_in_pipeliner delete_in_outlook remove_from_outlook send_then_remove"
    " recreate_in_outlook recreate_in_pipeliner",
    Deed: "created updated deleted removed linked rested ended conflict",
    Reason: "required_field refused name_missing empty_contact twin_unclear twin_out_of_scope twin_deleted too_long"
    " too_many deletes_held changes_held keeps_failing keeps_changing poison paused",
    RunState: "queued running done continues failed",
}


@pytest.mark.parametrize("words", STORED, ids=lambda words: words.__name__)
def test_a_stored_word_keeps_its_spelling(words: type[StrEnum]) -> None:
    """What an older version wrote is understood; a word may be added here, never changed."""
    assert [word.value for word in words] == STORED[words].split()


def test_subjects_of_attention_tell_links_and_sides_apart() -> None:
    """An item is found again by its subject, and one id in two services is two subjects."""
    subjects = [
        CONNECTION_SUBJECT,
        HELD_REMOVALS_SUBJECT,
        HELD_CHANGES_SUBJECT,
        outlook_subject(OutlookId("7")),
        pipeliner_subject(PipelinerId("7")),
        link_subject(LinkId("7")),
    ]

    assert subjects == ["connection", "held:removals", "held:changes", "outlook:7", "pipeliner:7", "link:7"]


def test_a_pass_that_did_nothing_counts_nothing() -> None:
    """Every count begins at zero."""
    counts = RunCounts()

    assert {getattr(counts, field.name) for field in fields(counts)} == {0}
    assert counts.writes == 0
