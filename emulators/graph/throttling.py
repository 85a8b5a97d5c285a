"""The allowance of one app on one mailbox, and how the service tells the wait."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from emulators.clock import ServiceClock, http_date
from emulators.graph.errors import GraphError
from emulators.graph.switches import GraphSwitches

WINDOW = timedelta(minutes=10)
_LONG_WAIT_S = 180


class Throttle:
    """Counts requests per app and mailbox in a sliding window; refused ones count as well (throttling.md)."""

    def __init__(self, clock: ServiceClock, switches: GraphSwitches) -> None:
        self._clock = clock
        self._switches = switches
        self._times: dict[tuple[str, str], deque[datetime]] = {}

    def admit(self, app: str, user_id: str) -> None:
        """Count one request; raises GraphError 429 when the allowance is used up."""
        now = self._clock.peek()
        times = self._times.setdefault((app, user_id), deque())
        while times and now - times[0] >= WINDOW:
            times.popleft()
        times.append(now)
        over = len(times) - self._switches.throttle_limit
        if over > 0:
            raise self.refusal((times[over - 1] + WINDOW - now).total_seconds())

    def refusal(self, wait_s: float | None = None) -> GraphError:
        """429 with the wait in the form the switch names, or with the constant wait."""
        headers = self._retry_after(self._switches.retry_after_s if wait_s is None else wait_s)
        return GraphError(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", headers)

    def _retry_after(self, wait_s: float) -> dict[str, str]:
        whole = max(1, -int(-wait_s // 1))
        match self._switches.retry_after_form:
            case "none":
                return {}
            case "fractional":
                return {"Retry-After": f"{wait_s:.3f}"}
            case "http_date":
                at = self._clock.peek() + timedelta(seconds=whole)
                return {"Retry-After": http_date(at)}
            case "long":
                return {"Retry-After": str(max(whole, _LONG_WAIT_S))}
        return {"Retry-After": str(whole)}
