"""Faults that a test plants into an emulated service: at the n-th matching request, once or always."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulators.wire import Answer, Dropped, Reply, Request


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests whose `METHOD path?query` matches `pattern` (searched, case-insensitive).

    With `status` the service answers that; with `drop` it hangs up; with neither, only `delay_s` or
    `cut_at` alter the real answer. `after_effect` lets the service act first.
    """

    pattern: str = ""
    nth: int = 1
    times: int | None = 1
    after_effect: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    drop: bool = False
    delay_s: float = 0.0
    cut_at: int | None = None


class FaultPlan:
    """The planted faults of one service, in the order they were planted."""

    def __init__(self) -> None:
        """Start without a fault."""
        self._planted: list[tuple[Fault, re.Pattern[str]]] = []
        self._seen: list[int] = []
        self.fired: int = 0

    def plant(self, fault: Fault) -> None:
        """Add a fault; its count of matching requests starts now."""
        self._planted.append((fault, re.compile(fault.pattern, re.IGNORECASE)))
        self._seen.append(0)

    def clear(self) -> None:
        """Remove every planted fault."""
        self._planted.clear()
        self._seen.clear()

    def apply(self, request: Request, perform: Callable[[], Answer]) -> Reply:
        """Perform the request under the first fault that is due, or plainly."""
        fault = self._due(request)
        if fault is None:
            return perform()
        self.fired += 1
        answer = perform() if fault.after_effect or not (fault.drop or fault.status) else None
        if fault.drop:
            return Dropped(effect_done=fault.after_effect, delay_s=fault.delay_s)
        if fault.status is not None or answer is None:
            return Answer(fault.status or 500, fault.headers, fault.body.encode(), fault.delay_s, fault.cut_at)
        return Answer(answer.status, answer.headers, answer.body, fault.delay_s, fault.cut_at)

    def _due(self, request: Request) -> Fault | None:
        if not self._planted:
            return None
        line = request.line
        due: Fault | None = None
        for position, (fault, pattern) in enumerate(self._planted):
            if not pattern.search(line):
                continue
            self._seen[position] += 1
            count = self._seen[position] - fault.nth
            if due is None and count >= 0 and (fault.times is None or count < fault.times):
                due = fault
        return due


def faults_from_json(items: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Read faults as the control interface sends them; raises TypeError on an unknown key."""
    return [Fault(**item) for item in items]
