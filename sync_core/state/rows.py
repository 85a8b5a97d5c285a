"""Where a connection's rows lie in its partition, and how their bodies are written.

Keys begin with the digit of their section, so that one range read from "1." to "4." gives all that a pass
must know at its start: the lease, the cursor, an approval, the journal and the work that waits.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side, Value
from sync_core.engine.state_port import OutlookWork, PipelinerWork, Work
from sync_core.state.store import MAX_BODY_BYTES, body_bytes

LEASE = "1.lease"
CURSOR = "1.cursor"
APPROVAL = "1.approval"
JOURNAL = "2.journal."
OUTLOOK_WORK = "3.outlook."
PIPELINER_WORK = "3.pipeliner."
REMOVAL_WORK = "3.removal."
LINK = "5.link."
ATTENTION = "6.attention."
HISTORY = "7.history."
RUN = "8.run."
OPENING_START, WORK_START, OPENING_END = "1.", "3.", "4."

MAX_ROW_CHARACTERS = 400_000
"""Of a row that gathers many entries."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 10**18
_LATEST_SERIAL = 10**10
_LAST_PART = 99
_COMPRESSED = "z"

Json = dict[str, Any]


def index_prefix(side: Side) -> str:
    """Prefix of the index rows by which links are found from that side's ids."""
    return f"5.{side.value}."


def index_key(side: Side, contact_id: OutlookId | PipelinerId) -> str:
    """Key of the index row of a contact."""
    return index_prefix(side) + contact_id


def link_key(link_id: LinkId) -> str:
    """Key of a link."""
    return LINK + link_id


def work_key(work: Work) -> str:
    """Key of a work item: repeats for one contact collapse into one row."""
    if isinstance(work, OutlookWork):
        return OUTLOOK_WORK + work.id
    return PIPELINER_WORK + work.id if isinstance(work, PipelinerWork) else REMOVAL_WORK + work.link_id


def after_key(key: str) -> str:
    """Least text greater than a key: where the range behind it starts."""
    return key + "\0"


def history_start(at: datetime) -> str:
    """Start of the range of history rows that were written at or before a time, newest first."""
    return f"{HISTORY}{_LATEST - (at - _EPOCH) // _MICROSECOND:018d}"


def history_key(at: datetime, serial: int, part: int) -> str:
    """Key of a history row; the lease's serial makes it unique even while a clock stands still."""
    return f"{history_start(at)}-{_LATEST_SERIAL - serial:010d}-{_LAST_PART - part:02d}"


def compact(value: Any) -> str:
    """Write JSON without white space; what no store can keep (half a surrogate pair) is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def body(value: Any) -> str:
    """Write a row's body."""
    return fitting(compact(value))


def fitting(text: str) -> str:
    """Give a body that a row can hold: one that is too large, for very long notes, is compressed."""
    if 2 * len(text) <= MAX_BODY_BYTES and (text.isascii() or body_bytes(text) <= MAX_BODY_BYTES):
        return text
    return _COMPRESSED + base64.b64encode(zlib.compress(text.encode())).decode()


def parsed(stored: str) -> Any:
    """Read a row's body."""
    if stored.startswith(_COMPRESSED):
        stored = zlib.decompress(base64.b64decode(stored.removeprefix(_COMPRESSED))).decode()
    return json.loads(stored)


def without_blanks(**values: Any) -> Json:
    """Give the values that are not blank; reading supplies the defaults."""
    return {name: value for name, value in values.items() if value not in ("", None, (), 0)}


def value_of(stored: Any) -> Value:
    """Read a field's value: JSON knows no tuples."""
    return stored if isinstance(stored, str) else tuple(stored)


def contact_of(stored: Mapping[str, Any]) -> Contact:
    """Read a contact."""
    return Contact({name: value_of(value) for name, value in stored.items()})


def contact_json(contact: Contact) -> Json:
    """Write a contact; blanks are left out."""
    return {name: value for name, value in contact.values.items() if value}


def time_text(at: datetime | None) -> str:
    """Write a time."""
    return at.isoformat() if at else ""


def time_of(stored: str | None) -> datetime | None:
    """Read a time."""
    return datetime.fromisoformat(stored) if stored else None
