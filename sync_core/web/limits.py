"""How much a caller may ask for: size and kind of a body, and requests per minute.

Rates are counted in the memory of one instance: with N instances a caller may send up to N times as much, and a new
instance starts from nothing. That keeps one caller from crowding out the others; it is no defence against a flood
from many addresses, which is the platform's to stop.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sync_core.errors import InvalidRequest, RetryLater
from sync_core.web.exchange import JSON_TYPE, Request, check_size

MOST_CALLERS = 1000
"""Of so many callers the rates are remembered; of more, those that asked least recently are forgotten."""
_MINUTE_S = 60.0


class TooManyRequests(RetryLater):
    """The caller has used up what one may ask in a minute."""


class WrongKindOfBody(InvalidRequest):
    """The body is not declared as JSON."""


def check_body(request: Request) -> None:
    """Refuse a body by its size and its declared kind, before it is read. Raises BodyTooLarge and WrongKindOfBody."""
    check_size(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if request.body.strip() and kind != JSON_TYPE:
        raise WrongKindOfBody([f"body: send it with the header Content-Type: {JSON_TYPE}"])


@dataclass(slots=True)
class _Bucket:
    """What a caller may still send, as of a moment."""

    left: float
    at_s: float


class RequestRates:
    """A token bucket for each caller: a minute's requests at once, then as many as flow back."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, caller: str, per_minute: int) -> None:
        """Count one request; raises TooManyRequests with the wait until the next one is taken."""
        now_s, per_second = self._now_s(), per_minute / _MINUTE_S
        bucket = self._buckets.setdefault(caller, _Bucket(per_minute, now_s))
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        bucket.left = min(per_minute, bucket.left + (now_s - bucket.at_s) * per_second)
        bucket.at_s = now_s
        if bucket.left < 1:
            wait_s = (1 - bucket.left) / per_second
            raise TooManyRequests(f"more than {per_minute} requests in a minute; send the next one later", wait_s)
        bucket.left -= 1
