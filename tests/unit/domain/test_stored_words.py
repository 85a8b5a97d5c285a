"""Words that are stored, shown over HTTP or asked for in settings: rows of yesterday must be read tomorrow."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum

import pytest

from sync_core.domain import (
    AWAITING_CHANGES_SUBJECT,
    AWAITING_REMOVALS_SUBJECT,
    CONNECTION_SUBJECT,
    AbsentBy,
    AccountRule,
    Action,
    Choice,
    ConflictRule,
    Direction,
    Excess,
    Kind,
    Level,
    LinkId,
    Mark,
    OutlookId,
    OutlookState,
    PipelinerId,
    PipelinerState,
    Reason,
    Relation,
    Resolution,
    RulingKind,
    RunCounts,
    RunState,
    Scope,
    ShareMode,
    Side,
    SyncType,
    link_subject,
    outlook_subject,
    pipeliner_subject,
    read_only_subject,
)

STORED: dict[type[StrEnum], str] = {
    Side: "outlook pipeliner",
    Kind: "line text note date phone emails phones tags",
    Direction: "both to_outlook to_pipeliner none",
    SyncType: "two_way to_pipeliner to_outlook",
    ConflictRule: "newest pipeliner outlook",
    AccountRule: "free_text create",
    Scope: "owned owned_or_editable visible",
    ShareMode: "standard private all_view all_edit",
    AbsentBy: "unknown scope move sight us",
    Excess: "too_long too_many cut",
    Action: "created updated deleted removed linked rested ended conflict",
    Reason: "required_field refused name_missing empty_contact twin_unclear twin_out_of_scope twin_deleted too_long"
    " too_many deletes_held changes_held keeps_failing keeps_changing poison paused"
    " double typed_over merged_elsewhere copied_card link_contradicts values_replaced values_crossed"
    " creates_held erased create_unresolved read_only rights_unknown may_not_create note_cut",
    Choice: "same different shared_identifier copy bring_back put_back keep later keep_mine take_theirs accept send",
    RulingKind: "same apart alone shared renamed",
    RunState: "queued running done continues failed",
}
OF_THE_TABLE: dict[type[StrEnum], str] = {
    OutlookState: "unchanged edited edit_arrived edit_blocked deleted moved",
    PipelinerState: "unchanged edited deleted left_scope out_of_sight",
    Mark: "none dormant ours_in_outlook ours_in_pipeliner",
    Resolution: "merge dormant end delete_in_pipeliner delete_in_outlook remove_from_outlook send_then_remove"
    " recreate_in_outlook recreate_in_pipeliner",
    Relation: "owner editor watcher manager unit outsider out_of_reach unknown",
    Level: "not_asked unknown none read own_and_shared and_managed everything_seen",
}
"""Words of the tables: no row holds them, documents and tests are told by them."""


@pytest.mark.parametrize("words", STORED, ids=lambda words: words.__name__)
def test_a_stored_word_keeps_its_spelling(words: type[StrEnum]) -> None:
    """What an older version wrote is understood; a word may be added here, never changed."""
    assert [word.value for word in words] == STORED[words].split()


@pytest.mark.parametrize("words", OF_THE_TABLE, ids=lambda words: words.__name__)
def test_the_table_speaks_in_the_words_of_its_document(words: type[StrEnum]) -> None:
    """A state, mark or resolution goes by one name everywhere."""
    assert [word.value for word in words] == OF_THE_TABLE[words].split()


def test_subjects_of_attention_tell_links_and_sides_apart() -> None:
    """An item is found again by its subject, and one id in two services is two subjects."""
    subjects = [
        CONNECTION_SUBJECT,
        AWAITING_REMOVALS_SUBJECT,
        AWAITING_CHANGES_SUBJECT,
        outlook_subject(OutlookId("7")),
        pipeliner_subject(PipelinerId("7")),
        link_subject(LinkId("7")),
        read_only_subject(LinkId("7")),
    ]

    known = ["connection", "held:removals", "held:changes", "outlook:7", "pipeliner:7", "link:7", "read_only:7"]
    assert subjects == known


def test_a_run_that_did_nothing_counts_nothing() -> None:
    """Every count begins at zero."""
    counts = RunCounts()

    assert {getattr(counts, field.name) for field in fields(counts)} == {0}
    assert counts.writes == 0
