"""What may be told of an error that nobody foresaw: its type and the line of code, never its text.

The text may quote a contact's values, and whatever leaves a function is written to a log.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable
from pathlib import PurePath
from typing import TypeVar

from sync_core.errors import SyncError, UnexpectedFailure

Done = TypeVar("Done")
_OURS = "sync_core"


async def without_values(work: Awaitable[Done], what: str) -> Done:
    """Await; our own errors pass without what caused them, any other is raised anew as an UnexpectedFailure of `what`.

    The cause of an error of ours is often a library's, whose text would go into the log with the traceback.
    """
    try:
        return await work
    except SyncError as error:
        raise error from None
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach the log
        raise UnexpectedFailure(f"{what} failed: {redacted(error)}") from None


def redacted(error: BaseException) -> str:
    """Return the type of an error, and the last line of ours that led to it."""
    places = [(PurePath(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in places if _OURS in path.parts]
    if not ours:
        return type(error).__name__
    path, line = ours[-1]
    return f"{type(error).__name__} at {path.parent.name}/{path.name}:{line}"
