"""The wire to both services: requests and answers as values, what carries them, and what HTTP itself says.

The adapters write requests and read answers; a `Transport` alone knows the host, signs in and connects. Nothing here
knows Graph or Pipeliner.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

from sync_core.errors import RequestRejected, ServiceUnavailable

Query = tuple[tuple[str, str], ...]
"""Parameters in their order, not yet percent-encoded; a name may come twice."""

# Graph documents "2.128" (throttling.md); a header sent twice arrives as "120,120".
_SECONDS = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:,.*)?")
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
LONGEST_BODY = 32 * 1024 * 1024
"""Of an answer; a page of a hundred contacts with the longest notes has a tenth of it."""
LONGEST_ANSWER_S = 180.0
"""How long an answer may take from its request to its end, however steadily it drips."""
LONGEST_WAIT_S = 6 * 3600.0
"""Of what a service may ask for: whoever asks for more is asked again by then."""
POSSIBLE_YEARS = range(2000, 2100)
"""Of an answer's own times: a watermark of any other would hide all that is changed until then."""
LONGEST_HEADER = 64
"""Of the values that are read as a time or number."""
LONGEST_CODE = 64
"""Of a service's code that may stand in a message."""
LONGEST_ID = 400
"""A key of Azure's tables holds 512 characters."""
is_id = re.compile(rf"(?=[^0-9]*[0-9])[A-Za-z0-9_=+-][A-Za-z0-9_=+.:-]{{0,{LONGEST_ID - 1}}}").fullmatch
"""Whether a text can be the id of a contact or record: ids go into paths and keys of rows. All have a digit, and the
names of actions, which stand in the same place of a path, have none."""
half_character = re.compile("[\ud800-\udfff]").search
"""Whether a text holds what is none, a lone surrogate: it can be neither sent nor stored."""
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One request below a service's root: `target` is path and query as they stand on the wire.

    Host and authorization are the transport's own matter, so no request can carry them elsewhere. `repeatable` says
    that a second sending does no harm; a transport may send nothing else twice.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeatable: bool = False

    def __post_init__(self) -> None:
        """Refuse a target that would change the host behind which it is written."""
        if not self.target.startswith("/"):
            raise ValueError("the target of a request starts with a slash")

    @property
    def path(self) -> str:
        """Target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer of any status; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Body as JSON, None when it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Body:
    """A body that comes in pieces, unpacked and bounded while it is read: a small answer may unpack to gigabytes.

    Raises ServiceUnavailable for one that is too long, or packed in no way that we asked for.
    """

    def __init__(self, encoding: str, at_most: int = LONGEST_BODY) -> None:
        self._left = at_most
        self._pieces: list[bytes] = []
        known = encoding.strip().lower() in {"", "identity", "gzip"}
        if not known:
            raise ServiceUnavailable("the service misbehaves: its answer is packed in a way that was not asked for")
        self._unpack = zlib.decompressobj(wbits=31) if encoding.strip().lower() == "gzip" else None

    def add(self, piece: bytes) -> None:
        """Take over one more piece as it came."""
        if self._unpack is not None:
            try:
                piece = self._unpack.decompress(piece, self._left + 1)
            except zlib.error:
                raise ServiceUnavailable("the service misbehaves: its answer cannot be unpacked") from None
        self._left -= len(piece)
        if self._left < 0:
            raise ServiceUnavailable("the service misbehaves: its answer is longer than anything it has to say")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """Return what came."""
        return b"".join(self._pieces)


class Transport(Protocol):
    """Carries requests to one service with our credentials: over the network, or in process to an emulator's model."""

    async def send(self, request: Request) -> Answer:
        """Send a request and return the whole answer, whatever its status; never follows a redirect.

        Raises ServiceUnavailable when no whole answer came, CredentialsRejected when no token can be had.
        """

    async def close(self) -> None:
        """Free the connections."""


def segment(text: str) -> str:
    """Percent-encode one segment of a path, its slashes included; refuses what would lead to another place."""
    if not text.strip("."):
        raise RequestRejected("what was to be asked for has no id", 0, "no_id")
    return quote(text, safe="")


def with_query(path: str, query: Iterable[tuple[str, str]], safe: str = "") -> str:
    """Return the target of a path and its parameters; characters in `safe` stay as they are."""
    written = "&".join(f"{_quoted(name, safe)}={_quoted(value, safe)}" for name, value in query)
    return f"{path}?{written}" if written else path


@lru_cache(maxsize=512)
def _quoted(text: str, safe: str) -> str:
    """Percent-encode a part of a query: names, lists of fields and times come again with every request."""
    return quote(text, safe=safe)


def encoded(body: Any) -> bytes:
    """Body as JSON on the wire."""
    return _JSON.encode(body).encode()


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by an answer's headers, in every form that was seen; None when they do not say.

    A date counts from the answer's own Date header, so that no two hosts' clocks are compared, else from `now`.
    """
    text = headers.get("retry-after", "")[:LONGEST_HEADER]
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        return min(float(seconds[1]), LONGEST_WAIT_S)
    until = parse_http_date(text)
    if until is None:
        return None
    wait_s = (until - (parse_http_date(headers.get("date", "")) or now)).total_seconds()
    return min(max(0.0, wait_s), LONGEST_WAIT_S)


def backoff_s(tries: int, jitter: float) -> float:
    """Seconds to wait after so many tries when the service does not say: 1 to 2, then 2 to 4, then 4 to 8.

    `jitter` (0..1) spreads those who wait for the same service.
    """
    return 2.0 ** (tries - 1) * (1.0 + jitter)


@lru_cache(maxsize=16)
def parse_http_date(text: str) -> datetime | None:
    """Read the form of Date and Retry-After, in UTC; None when it is not one, or of no year that can be."""
    try:
        moment = parsedate_to_datetime(text[:LONGEST_HEADER])
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if utc.year in POSSIBLE_YEARS else None


def safe_name(value: Any, at_most: int = LONGEST_CODE) -> str:
    """Return a code or name that a service told when it has the shape of one, "" for anything else.

    Only these may stand in our messages: whatever else a service writes may quote a contact's values.
    """
    return value if isinstance(value, str) and len(value) <= at_most and _SAFE_NAME.fullmatch(value) else ""
