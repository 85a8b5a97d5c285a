"""An item that is put up again follows the earlier one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync_core.domain import AttentionItem, Choice, Reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def an_item(reason: Reason = Reason.DOUBLE, *candidates: str) -> AttentionItem:
    """Make an item."""
    return AttentionItem("outlook:o", reason, "message", "remedy", candidates=candidates)


def test_a_new_item_stands_since_now() -> None:
    """Also when another fault stood at its place."""
    assert an_item().after(None, NOON).since == NOON
    assert an_item().after(an_item(Reason.REFUSED).after(None, NOON), LATER).since == LATER


def test_the_same_fault_keeps_its_time_and_the_same_question_its_answer() -> None:
    """Another question of that kind keeps the time alone."""
    earlier = AttentionItem(
        "outlook:o",
        Reason.DOUBLE,
        "m",
        "r",
        since=NOON,
        candidates=("p",),
        chosen=Choice.KEEP,
        named=("p",),
        later=NOON,
    )

    same = an_item(Reason.DOUBLE, "p").after(earlier, LATER)
    other = an_item(Reason.DOUBLE, "q").after(earlier, LATER)

    assert (same.subject, same.since, same.chosen, same.named, same.later) == (
        "outlook:o",
        NOON,
        Choice.KEEP,
        ("p",),
        NOON,
    )
    assert (other.since, other.chosen, other.named, other.later) == (NOON, None, (), None)
