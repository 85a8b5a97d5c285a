"""What people answer to the questions of the sync: the truth, which they know and the sync does not."""

from __future__ import annotations

from collections import Counter

from sync_core.domain import AttentionItem, Choice, Reason
from sync_core.errors import InvalidRequest, NotFound, Paused, StoreUnavailable
from sync_core.operations import AnswerRequest, answer
from sync_core.operations.questions import item_id
from sync_core.state import ConnectionRecord
from tests.battery.simulation.faults import Crash
from tests.battery.simulation.office import Office

ASKED: tuple[Reason, ...] = (
    Reason.COUNTERPART_UNCLEAR,
    Reason.COUNTERPART_OUT_OF_SCOPE,
    Reason.COUNTERPART_DELETED,
    Reason.DOUBLE,
    Reason.TYPED_OVER,
    Reason.MERGED_ELSEWHERE,
    Reason.COPIED_CARD,
)
Asked = tuple[str, str, Reason, tuple[str, ...]]
"""A connection, and what its question is about."""


async def open_questions(office: Office, record: ConnectionRecord) -> list[AttentionItem]:
    """Return what a person has to say something about."""
    items = await office.deployment.reader(record.id).attention()
    return sorted((item for item in items if item.reason in ASKED), key=lambda item: item.subject)


async def answer_all(office: Office, answered: Counter[Asked]) -> int:
    """Answer every open question; returns how many there were."""
    count = 0
    for record in office.records:
        for item in await open_questions(office, record):
            await answer_one(office, record, item, answered)  # refused or not, both contacts are looked at then
            count += 1
    return count


async def answer_one(office: Office, record: ConnectionRecord, item: AttentionItem, answered: Counter[Asked]) -> bool:
    """Answer a question truthfully; whether that was possible."""
    choice, candidate = _truth(office, item)
    request = AnswerRequest(item=item_id(item), choice=choice, candidate=candidate)
    names = _names(office, item)
    try:
        await answer(office.deployment, record.id, request, by=record.user_id)
    except (InvalidRequest, NotFound, Paused):  # whom it is about is gone meanwhile, or nobody may answer now
        return False
    except (Crash, StoreUnavailable):  # what was said may stand, although nobody was told so
        _note_said(office, names, choice)
        raise
    answered[record.id, item.subject, item.reason, item.candidates] += 1
    _note_said(office, names | _names(office, item), choice)
    return True


def _note_said(office: Office, names: set[str], choice: Choice) -> None:
    for being in map(office.chronicle.being, names):
        being.is_asked_about = True
        being.is_left_out |= choice is Choice.COPY


def _names(office: Office, item: AttentionItem) -> set[str]:
    """Whose contacts a question is about."""
    ids = {item.outlook_id, item.pipeliner_id, *item.candidates}
    return {shown.name for shown in office.chronicle.sight.all() if shown.id in ids}


def _truth(office: Office, item: AttentionItem) -> tuple[Choice, str]:
    """Return what is true, and the candidate of whom it is, where one must be named."""
    sight = office.chronicle.sight
    names = {shown.id: shown.name for shown in (*sight.pipeliner(deleted=True), *sight.all())}
    is_of_card = item.subject.startswith("outlook:") or item.pipeliner_id is None
    asker = item.outlook_id if is_of_card else item.pipeliner_id
    living = {shown.id for shown in sight.all()}
    same = [key for key in item.candidates if names.get(key) == names.get(str(asker))]
    same.sort(key=lambda key: key not in living)
    match item.reason:
        case Reason.TYPED_OVER:
            is_one = names.get(str(item.outlook_id)) == names.get(str(item.pipeliner_id))
            return (Choice.SAME if is_one else Choice.DIFFERENT), ""
        case Reason.COUNTERPART_UNCLEAR | Reason.COPIED_CARD:
            return (Choice.SAME, same[0]) if same else (Choice.DIFFERENT, "")
        case Reason.DOUBLE | Reason.MERGED_ELSEWHERE | Reason.COUNTERPART_OUT_OF_SCOPE:
            return (Choice.COPY if same or not item.candidates else Choice.DIFFERENT), ""
        case Reason.COUNTERPART_DELETED:
            return Choice.COPY, ""
        case _:
            raise AssertionError(f"nobody is asked about {item.reason}")
