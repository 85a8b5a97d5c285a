"""How long a service asks to wait: every form of Retry-After that Graph was seen to send."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Graph documents "2.128" (throttling.md); a header sent twice arrives as "120,120".
_SECONDS = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:,.*)?")


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by an answer's headers (names in lower case); None when they do not say.

    A date counts from the answer's own Date header, so that no two hosts' clocks are compared, else from `now`.
    """
    text = headers.get("retry-after", "")
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        value = float(seconds[1])
        return value if math.isfinite(value) else None
    until = _moment(text)
    if until is None:
        return None
    return max(0.0, (until - (_moment(headers.get("date", "")) or now)).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
