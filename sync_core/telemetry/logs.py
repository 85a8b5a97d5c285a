"""Logs that say which connection and run they belong to, as fields of the record beside the text.

Azure Monitor shows the fields in `customDimensions`, so that all lines of a run are found by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

OURS = "sync_core"
"""Logger above all of ours."""


@dataclass(frozen=True, slots=True)
class PassIdentity:
    """The run that is under way in this task; both ids are empty outside one."""

    connection_id: str = ""
    run_id: str = ""


_NONE = PassIdentity()
_under_way: ContextVar[PassIdentity] = ContextVar("pass_identity", default=_NONE)


def under_way() -> PassIdentity:
    """Give the run that is under way in this task."""
    return _under_way.get()


@contextmanager
def identified(connection_id: str, run_id: str) -> Iterator[None]:
    """Have every log line of this task carry these ids meanwhile."""
    token = _under_way.set(PassIdentity(connection_id, run_id))
    try:
        yield
    finally:
        _under_way.reset(token)


class PassIds(logging.Filter):
    """Adds `connection_id` and `run_id` to each record that passes a handler; takes none away."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids, outside a run none."""
        identity = under_way()
        if identity is not _NONE:
            record.connection_id = identity.connection_id
            record.run_id = identity.run_id
        return True


PASS_IDS = PassIds()


def label_logs() -> None:
    """Let our own lines from INFO on reach the handlers of the root logger and of ours, with their ids."""
    ours = logging.getLogger(OURS)
    ours.setLevel(logging.INFO)
    for handler in (*logging.getLogger().handlers, *ours.handlers):
        handler.addFilter(PASS_IDS)
