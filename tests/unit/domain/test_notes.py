"""Merging notes by lines: whatever was written, nothing of it is lost, and merging again changes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync_core.domain import Kind, normal
from sync_core.domain.values.notes import SEPARATOR, is_cut, merge_notes

LINES = st.lists(st.sampled_from(["", "a", "b", "c", "d d", "e"]), max_size=9)
maybe_blank = LINES.map(lambda lines: str(normal(Kind.NOTE, "\n".join(lines))))
notes = maybe_blank.filter(bool)
"""A blank note is merged with nothing."""
plain = st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True, min_size=1).map("\n".join)
"""Of lines that stand there once."""


@given(maybe_blank, notes, notes)
def test_no_line_that_either_side_wrote_is_lost(base: str, ours: str, theirs: str) -> None:
    """Nor is one made up."""
    merged = merge_notes(base, ours, theirs).split("\n")
    written = {*ours.split("\n"), *theirs.split("\n")}

    assert written - set(base.split("\n")) <= set(merged)
    assert set(merged) <= written | {SEPARATOR}


@given(plain, plain, plain)
def test_merging_what_came_of_it_with_what_a_failed_write_left_changes_nothing(
    base: str, ours: str, theirs: str
) -> None:
    """One side may have it while the other has not, and still has its old baseline."""
    merged = merge_notes(base, ours, theirs)

    assert merge_notes(base, merged, merged) == merged
    written = {"", SEPARATOR, *merged.split("\n")}
    assert {"", SEPARATOR, *merge_notes(base, ours, merged).split("\n")} == written


@given(notes, notes)
def test_what_one_side_alone_changed_is_how_that_side_has_it(base: str, ours: str) -> None:
    """Removed lines included."""
    if base:
        assert merge_notes(base, ours, base) == ours
        assert merge_notes(base, base, ours) == ours


def test_a_note_of_thousands_of_lines_is_merged_by_its_ends() -> None:
    """Only what changed is compared line by line."""
    base = "\n".join(map(str, range(5_000)))

    assert merge_notes(base, f"top\n{base}", f"{base}\nend") == f"top\n{base}\nend"


def test_where_hundreds_of_lines_changed_on_both_sides_all_of_them_are_kept() -> None:
    """The time that a comparison takes is bounded."""
    base, ours, theirs = ("\n".join(f"{side}{number}" for number in range(400)) for side in "bot")

    assert merge_notes(base, ours, theirs) == f"{ours}\n{SEPARATOR}\n{theirs}"


def test_a_cut_note_is_told_from_one_that_was_shortened() -> None:
    """By its length, and by whether a line was cut through."""
    lines = "\n".join(f"line {number}" for number in range(300))

    assert is_cut(lines, lines[:2_000])
    assert is_cut(lines, lines[: lines.index("\n", 2_000)])
    assert is_cut(lines, lines[:304])
    assert not is_cut(lines, lines[: lines.index("\n", 300)])
    assert not is_cut(lines, lines[:200])
    assert not is_cut(lines, lines)
    assert not is_cut(lines, lines[1:2_000])
