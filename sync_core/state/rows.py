"""Where a connection's rows lie in its partition, and how their bodies are written.

Keys begin with the digit of their section, so that one range read from "1." to "4." gives all that a run
must know at its start: the lease, the cursor, an approval, the journal and the work that waits. Links are found from
either side's ids by index rows, which are stored with them.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sync_core.domain import (
    Absent,
    AbsentBy,
    Baselines,
    Contact,
    Link,
    LinkId,
    OutlookId,
    Pending,
    PipelinerId,
    Side,
)
from sync_core.engine.ports import IndexEntry, OutlookLook, PipelinerLook, Work
from sync_core.errors import Unreadable
from sync_core.storage import MAX_BODY_BYTES, Operation, Put, Remove, Row, body_bytes

LEASE = "1.lease"
CURSOR = "1.cursor"
APPROVAL = "1.approval"
CREATES = "1.creates"
RIGHTS = "1.rights"
"""Of a space: what is known of its users' rights, and behind a dot pages of it."""
RIGHTS_VERSION = 1
"""Rows of another version count for nothing: all is read anew from Pipeliner."""
JOURNAL = "2.journal."
OUTLOOK_LOOK = "3.outlook."
PIPELINER_LOOK = "3.pipeliner."
AWAITED = "3.removal."
LINK = "5.link."
ATTENTION = "6.attention."
HISTORY = "7.history."
RUN = "8.run."
ASKED = "8.asked."
"""Behind it the mode of a run that is to come, or `with.` and the id of one that answers others."""
OPENING_START, WORK_START, OPENING_END = "1.", "3.", "4."
INDEX: Mapping[Side, str] = {side: f"5.{side.value}." for side in Side}
"""Prefixes of the index rows: an id of that side's contact follows."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 10**18
_LATEST_SERIAL = 10**10
_LAST_PART = 99
_COMPRESSED = "z"
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)

_RESTING_0_1 = {
    "Pipeliner does not show it any more; nothing is deleted": (Side.PIPELINER, AbsentBy.SIGHT),
    "moved to another folder: nothing is deleted": (Side.OUTLOOK, AbsentBy.MOVE),
    "Pipeliner's changes do not travel in this direction": (Side.PIPELINER, AbsentBy.UNKNOWN),
    "it left the user's scope; Outlook is not written": (Side.PIPELINER, AbsentBy.SCOPE),
    "the connection ends, and the sync had created it": (Side.OUTLOOK, AbsentBy.US),
}
"""Which side was away, by the reason that 0.1 stored."""

_MARKS_OF_ABSENCE = frozenset({"absent", "leaving", "state"})

Json = dict[str, Any]
Taken = ParamSpec("Taken")
Told = TypeVar("Told")


def work_key(work: Work) -> str:
    """Key of a work item: repeats for one contact collapse into one row."""
    if isinstance(work, OutlookLook):
        return OUTLOOK_LOOK + work.id
    return PIPELINER_LOOK + work.id if isinstance(work, PipelinerLook) else AWAITED + work.link_id


def history_key(at: datetime, serial: int | None = None, part: int = 0) -> str:
    """Key of a history row; the lease's serial makes it unique even while a clock stands still.

    Without a serial, start of the range of rows that were written at or before a time, newest first.
    """
    start = f"{HISTORY}{_LATEST - (at - _EPOCH) // _MICROSECOND:018d}"
    return start if serial is None else f"{start}-{_LATEST_SERIAL - serial:010d}-{_LAST_PART - part:02d}"


def compact(value: Any) -> str:
    """Write JSON without white space, times in ISO form; what no store can keep (half a surrogate pair) is escaped."""
    text = _COMPACT.encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=datetime.isoformat)
    return text


def body(value: Any) -> str:
    """Write a row's body."""
    return fitting(compact(value))


def fitting(text: str) -> str:
    """Return a body that a row can hold: one that is too large, for very long notes, is compressed."""
    if 2 * len(text) <= MAX_BODY_BYTES and (text.isascii() or body_bytes(text) <= MAX_BODY_BYTES):
        return text
    return _COMPRESSED + base64.b64encode(zlib.compress(text.encode())).decode()


def parsed(stored: str) -> Any:
    """Read a row's body; raises ValueError."""
    if stored.startswith(_COMPRESSED):
        try:
            stored = zlib.decompress(base64.b64decode(stored.removeprefix(_COMPRESSED))).decode()
        except zlib.error as error:
            raise ValueError(str(error)) from None
    return json.loads(stored)


def reads_row(read: Callable[Taken, Told]) -> Callable[Taken, Told]:
    """Make a function that reads a row raise Unreadable, which names the row's key, for a body that is none of ours."""

    @wraps(read)
    def checked(*args: Taken.args, **kwargs: Taken.kwargs) -> Told:
        try:
            return read(*args, **kwargs)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            key = next((part.key for part in args if isinstance(part, Row)), "?")
            raise Unreadable(
                f"the row {key!r} of the connection cannot be read ({type(error).__name__}): install the version that "
                "wrote it; else disconnect and connect again, whereby the contacts stay and are linked again"
            ) from None

    return checked


def without_blanks(**values: Any) -> Json:
    """Return the values that are not blank; reading supplies the defaults."""
    return {name: value for name, value in values.items() if value not in ("", None, (), 0)}


def contact_of(stored: Mapping[str, Any]) -> Contact:
    """Read a contact: JSON knows no tuples."""
    return Contact({name: value if isinstance(value, str) else tuple(value) for name, value in stored.items()})


def time_of(stored: str | None) -> datetime | None:
    """Read a time."""
    return datetime.fromisoformat(stored) if stored else None


# Links


def link_body(link: Link) -> str:
    """Write a link; baselines that are equal, as most are, are stored once."""
    outlook, pipeliner = (without_blanks(**link.baselines.of(side).values) for side in (Side.OUTLOOK, Side.PIPELINER))
    stored: Json = {"outlook_id": link.outlook_id, "pipeliner_id": link.pipeliner_id, "baseline": outlook}
    if pipeliner != outlook:
        stored["pipeliner_baseline"] = pipeliner
    if link.revision != -1:
        stored["revision"] = link.revision
    if link.pending is not None:
        pending = link.pending
        stored["pending"] = {
            "before": [without_blanks(**pending.before.of(side).values) for side in Side],
            "after": [without_blanks(**pending.after.of(side).values) for side in Side],
            "to_outlook": sorted(pending.to_outlook),
            "to_pipeliner": sorted(pending.to_pipeliner),
            "change_key": pending.change_key,
            "revision": pending.revision,
            "unknown": sorted(pending.unknown),
        }
    if link.absent is not None:
        absent = link.absent
        stored["absent"] = {"side": absent.side, "by": absent.by} | without_blanks(
            since=absent.since, kept=absent.kept, shown=without_blanks(**absent.shown.values) or None
        )
    return body(
        stored
        | without_blanks(
            change_key=link.change_key,
            created_on=link.created_on,
            written=link.written,
            untouched=int(link.is_untouched),
        )
    )


@reads_row
def link_of(row: Row) -> Link:
    """Read a link."""
    stored = parsed(row.body)
    outlook = contact_of(stored["baseline"])
    pipeliner = contact_of(stored["pipeliner_baseline"]) if "pipeliner_baseline" in stored else outlook
    pending = None
    if "pending" in stored:
        of_pending = stored["pending"]
        pending = Pending(
            Baselines(*map(contact_of, of_pending["before"])),
            Baselines(*map(contact_of, of_pending["after"])),
            frozenset(of_pending["to_outlook"]),
            frozenset(of_pending["to_pipeliner"]),
            of_pending["change_key"],
            of_pending["revision"],
            frozenset(map(Side, of_pending["unknown"])),
        )
    return Link(
        LinkId(row.key.removeprefix(LINK)),
        OutlookId(stored["outlook_id"]),
        PipelinerId(stored["pipeliner_id"]),
        Baselines(outlook, pipeliner),
        stored.get("change_key", ""),
        stored.get("revision", -1),
        Side(stored["created_on"]) if "created_on" in stored else None,
        tuple(datetime.fromisoformat(at) for at in stored.get("written", ())),
        pending,
        _absent_of(stored) if stored.keys() & _MARKS_OF_ABSENCE else None,
        bool(stored.get("untouched")),
    )


def _absent_of(stored: Json) -> Absent:
    """Read the mark; 0.1 wrote `leaving` for what it was deleting, and the state `resting` with its reason."""
    if "absent" in stored:
        mark = stored["absent"]
        return Absent(
            Side(mark["side"]),
            AbsentBy(mark["by"]),
            time_of(mark.get("since")),
            mark.get("kept", ""),
            contact_of(mark.get("shown", {})),
        )
    if "leaving" in stored:
        leaving = stored["leaving"]
        return Absent(Side(leaving["side"]), AbsentBy.US, shown=contact_of(leaving["contact"]))
    why = stored.get("why_resting", "") or "still dormant"
    side, by = _RESTING_0_1.get(why, (Side.OUTLOOK, AbsentBy.UNKNOWN))
    return Absent(side, by, kept=why)


@reads_row
def index_entry_of(row: Row) -> IndexEntry:
    """Read an index row."""
    stored = parsed(row.body)
    return IndexEntry(LinkId(stored["link"]), stored.get("token", ""))


def link_operations(before: Link | None, after: Link | None) -> Iterator[Operation]:
    """Return what stores a link's change, its index rows included; rows that stay as they are cost nothing."""
    old, new = _index_bodies(before), _index_bodies(after)
    for key in old:
        if key not in new:
            yield Remove(key)
    for key, stored in new.items():
        if old.get(key) != stored:
            yield Put(key, stored)
    if after is not None and after != before:
        yield Put(LINK + after.id, link_body(after))
    if before is not None and (after is None or after.id != before.id):
        yield Remove(LINK + before.id)


def _index_bodies(link: Link | None) -> dict[str, str]:
    if link is None:
        return {}
    # A contact that was missing must never be taken for our own echo when it comes back.
    tokens = ("", "") if link.absent is not None else (link.change_key, str(link.revision))
    keys = (INDEX[Side.OUTLOOK] + link.outlook_id, INDEX[Side.PIPELINER] + link.pipeliner_id)
    return {key: body({"link": link.id} | without_blanks(token=token)) for key, token in zip(keys, tokens, strict=True)}
