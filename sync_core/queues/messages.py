"""Queue messages: ids only, never contact data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import request_faults
from sync_core.engine.feed_port import PassRequest
from sync_core.errors import InvalidRequest

PASSES_QUEUE = "sync-passes"
POISON_QUEUE = f"{PASSES_QUEUE}-poison"

Mode = Literal["delta", "full", "sweep"]
_MODES: Mapping[str, Mode] = {"full": "full", "sweep": "sweep"}


class PassMessage(BaseModel):
    """The wire form of a PassRequest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: str = Field(min_length=1, max_length=64)
    trigger: str = Field(max_length=40)
    mode: Mode = "delta"
    run_id: str = Field(default="", max_length=128)


def write_message(request: PassRequest) -> str:
    """Write a request as JSON."""
    return PassMessage(
        connection_id=request.connection_id,
        trigger=request.trigger,
        mode=_MODES.get(request.mode, "delta"),
        run_id=request.run_id,
    ).model_dump_json()


def read_message(text: str | bytes) -> PassRequest:
    """Read a request; raises InvalidRequest."""
    try:
        message = PassMessage.model_validate_json(text)
    except ValidationError as error:
        raise InvalidRequest([f"queue message: {fault}" for fault in request_faults(error)]) from None
    return PassRequest(message.connection_id, message.trigger, message.mode, message.run_id)
