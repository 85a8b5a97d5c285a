"""Taking single parts out of a `$batch` on its way, and putting other answers in their places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.http import Answer, Request
from tests.battery.sweep.kinds import RETRY_AFTER, Kind

Json = dict[str, Any]

_DONE_UNSEEN = frozenset({Kind.REPLY_LOST})
_STATUS = {Kind.REPLY_LOST: 504, Kind.REQUEST_LOST: 504, Kind.UNAVAILABLE: 503, Kind.THROTTLED: 429}


@dataclass(frozen=True, slots=True)
class BatchCut:
    """A fault of the part at a position of the batch."""

    position: int
    kind: Kind


def parts_in(request: Request) -> list[Json]:
    """Parts of a batch; none when it is no batch."""
    if not request.target.endswith("/$batch"):
        return []
    parts: list[Json] = json.loads(request.body)["requests"]
    return parts


def cut_batch(request: Request, cuts: Sequence[BatchCut]) -> tuple[Request, list[Json]]:
    """Return what reaches the service, and the answers that the faults give instead of it.

    A crash lets the parts before it through; a lost request takes its own part out.
    """
    kinds = {cut.position: cut.kind for cut in cuts}
    end = min((cut.position for cut in cuts if cut.kind is Kind.CRASH_BEFORE), default=None)
    parts = parts_in(request)
    going = [part for position, part in enumerate(parts[:end]) if kinds.get(position) in {None, *_DONE_UNSEEN}]
    invented = [
        {"id": parts[cut.position]["id"], "status": _STATUS[cut.kind], "headers": _headers(cut.kind)}
        for cut in cuts
        if cut.kind in _STATUS
    ]
    return replace(request, body=json.dumps({"requests": going}).encode()), invented


def join_answers(answer: Answer, invented: Sequence[Json]) -> Answer:
    """Put the faults' answers in the places of the service's own."""
    body = answer.json()
    replaced = {item["id"] for item in invented}
    kept = [item for item in body["responses"] if item["id"] not in replaced]
    return replace(answer, body=json.dumps({"responses": [*kept, *invented]}).encode())


def _headers(kind: Kind) -> dict[str, str]:
    return dict(RETRY_AFTER) if kind is Kind.THROTTLED else {}
