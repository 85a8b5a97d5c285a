from __future__ import annotations

from sync_core.domain.contact import Contact
from sync_core.domain.fields import FieldMap
from sync_core.domain.link import moved_meanwhile, settled_baseline

ROWS = FieldMap()
NONE = frozenset[str]()
OLD = Contact({"city": "Graz", "state": "Styria", "notes": "old"})
READ = Contact({"city": "Wien", "state": "Vienna", "notes": "read"})
SHOWN = Contact({"city": "WIEN", "state": "moved", "notes": "shown"})


def test_baseline_takes_what_was_read() -> None:
    """A field that was not written is agreed on as it was read, so that a later edit is still noticed."""
    assert settled_baseline(ROWS, OLD, READ, SHOWN, NONE, NONE) == READ


def test_baseline_takes_what_the_write_left() -> None:
    """A written field is agreed on as the service shows it, whatever it made of the value; the others are not."""
    settled = settled_baseline(ROWS, OLD, READ, SHOWN, frozenset({"city"}), NONE)

    assert settled == Contact({"city": "WIEN", "state": "Vienna", "notes": "read"})


def test_baseline_of_an_unsettled_field_stays() -> None:
    """What is not in agreement keeps its old baseline, written or not."""
    settled = settled_baseline(ROWS, OLD, READ, SHOWN, frozenset({"city", "state"}), frozenset({"city", "notes"}))

    assert settled == Contact({"city": "Graz", "state": "moved", "notes": "old"})


def test_baseline_of_a_cleared_field_is_blank() -> None:
    """A field that the write emptied leaves the baseline, and what is outside the map never enters it."""
    read = READ.with_values({"unknown": "x", "categories": ("red",)})
    settled = settled_baseline(ROWS, OLD, read, Contact(), frozenset({"city"}), NONE)

    assert settled == Contact({"state": "Vienna", "notes": "read"})


def test_edit_between_read_and_write_is_noticed() -> None:
    """The answer to a write that shows another field changed is a person's edit."""
    written = frozenset({"city", "notes"})

    assert moved_meanwhile(ROWS, READ, SHOWN, written)
    assert not moved_meanwhile(ROWS, READ, SHOWN, written | {"state"})


def test_another_form_of_a_value_is_no_edit() -> None:
    """A field that comes back in other white space has not moved."""
    assert not moved_meanwhile(ROWS, READ, READ.with_values({"notes": "read  \r\n"}), NONE)
