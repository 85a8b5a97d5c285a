"""When a link is dormant, why, and until when."""

from __future__ import annotations

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    KeepDormant,
    Mark,
    OutlookState,
    PipelinerContact,
    PipelinerState,
    Resolution,
    Side,
    SyncType,
)
from tests.decided import resolution_of
from tests.unit.domain.as_seen import (
    IN_LINZ,
    IN_VIENNA,
    MARKS,
    OUTLOOKS,
    PIPELINERS,
    decided,
)
from tests.unit.scenario import (
    a_link,
    dormant,
    in_outlook,
    in_pipeliner,
)


@pytest.mark.parametrize(
    ("outlook", "pipeliner", "sync_type", "expected"),
    [
        (OutlookState.UNCHANGED, PipelinerState.OUT_OF_SIGHT, SyncType.TWO_WAY, (Side.PIPELINER, AbsentBy.SIGHT)),
        (OutlookState.DELETED, PipelinerState.OUT_OF_SIGHT, SyncType.TWO_WAY, (Side.PIPELINER, AbsentBy.SIGHT)),
        (OutlookState.MOVED, PipelinerState.EDITED, SyncType.TWO_WAY, (Side.OUTLOOK, AbsentBy.MOVE)),
        (OutlookState.DELETED, PipelinerState.UNCHANGED, SyncType.TWO_WAY, (Side.OUTLOOK, AbsentBy.UNKNOWN)),
        (OutlookState.DELETED, PipelinerState.EDITED, SyncType.TO_PIPELINER, (Side.OUTLOOK, AbsentBy.UNKNOWN)),
        (OutlookState.DELETED, PipelinerState.UNCHANGED, SyncType.TO_OUTLOOK, (Side.OUTLOOK, AbsentBy.UNKNOWN)),
        (OutlookState.UNCHANGED, PipelinerState.DELETED, SyncType.TO_PIPELINER, (Side.PIPELINER, AbsentBy.UNKNOWN)),
        (OutlookState.EDITED, PipelinerState.LEFT_SCOPE, SyncType.TO_PIPELINER, (Side.PIPELINER, AbsentBy.SCOPE)),
    ],
)
def test_a_dormant_link_knows_which_side_is_away_and_how(
    outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, expected: tuple[Side, AbsentBy]
) -> None:
    """As far as can be told: moved, out of the scope, out of sight; a delete has no known author."""
    decision = decided(OUTLOOKS[outlook], PIPELINERS[pipeliner], sync_type)

    assert isinstance(decision, KeepDormant)
    assert (decision.side, decision.by) == expected


@pytest.mark.parametrize(
    "mark", [dormant(by=AbsentBy.MOVE), dormant("as 0.1 wrote it", Side.PIPELINER, AbsentBy.SIGHT)]
)
@pytest.mark.parametrize("pipeliner", [in_pipeliner(), in_pipeliner(IN_LINZ)])
def test_a_dormant_link_keeps_the_mark_that_it_has(mark: Absent, pipeliner: PipelinerContact) -> None:
    """While the table has nothing new to say, side, cause and reason stay as they were told first."""
    decision = decided(None, pipeliner, link=a_link(absent=mark), delete_protection=False)

    assert isinstance(decision, KeepDormant)
    assert (decision.side, decision.by, decision.why) == (mark.side, mark.by, mark.kept)


def test_a_dormant_link_gets_the_reason_that_holds_now() -> None:
    """A contact that goes out of sight, is moved, or falls under the sync type is kept for that from now on."""
    link = a_link(absent=dormant("another reason", Side.PIPELINER, AbsentBy.SCOPE))
    moved = in_outlook(folder_id="folder-9")
    decisions = (
        decided(None, None, link=link),
        decided(moved, in_pipeliner(), link=link),
        decided(None, in_pipeliner(), SyncType.TO_OUTLOOK, link=link),
    )

    assert [(it.side, it.by, it.why) for it in decisions if isinstance(it, KeepDormant)] == [
        (Side.PIPELINER, AbsentBy.SIGHT, "Pipeliner does not show it any more; nothing is deleted"),
        (Side.OUTLOOK, AbsentBy.MOVE, "moved to another folder: nothing is deleted"),
        (Side.OUTLOOK, AbsentBy.UNKNOWN, "Outlook's changes do not travel in this direction"),
    ]


def test_what_was_pending_is_known_once_both_contacts_are_seen() -> None:
    """A contact in another folder can be read; one that is deleted or out of sight leaves the question open."""
    moved = decided(in_outlook(folder_id="folder-9"), in_pipeliner())
    deleted = decided(None, in_pipeliner())
    out_of_sight = decided(in_outlook(), None)

    assert [it.both_seen for it in (moved, deleted, out_of_sight) if isinstance(it, KeepDormant)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("mark", Mark)
def test_contact_out_of_sight_makes_the_link_dormant(mark: Mark) -> None:
    """What Pipeliner does not show at all is neither deleted nor written, whatever Outlook shows and the link says."""
    for outlook in OUTLOOKS.values():
        decision = decided(outlook, None, link=a_link(absent=MARKS[mark]), delete_protection=False)

        assert isinstance(decision, KeepDormant)
        assert decision.why == "Pipeliner does not show it any more; nothing is deleted"


@pytest.mark.parametrize("kept", ["delete protection", "still dormant"])
def test_dormant_link_is_not_put_back_and_deletes_nothing(kept: str) -> None:
    """Once dormant, neither an edit in Pipeliner nor taking the protection off brings the deleted contact up again."""
    link = a_link(absent=dormant(kept))

    for pipeliner in (in_pipeliner(), in_pipeliner(IN_LINZ)):
        decision = decided(None, pipeliner, link=link, delete_protection=False)

        assert isinstance(decision, KeepDormant)
        assert (decision.why, decision.link) == (kept, link)


def test_dormant_link_is_merged_again_when_both_are_back() -> None:
    """A contact that is moved back into the folder is merged again, and one deleted on both sides ends."""
    link = a_link(absent=dormant())

    assert resolution_of(decided(in_outlook(IN_VIENNA), in_pipeliner(), link=link)) is Resolution.MERGE
    assert resolution_of(decided(None, in_pipeliner(is_deleted=True), link=link)) is Resolution.END
