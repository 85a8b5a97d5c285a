"""A deployment on the emulators for the doctor to examine, and small ways to read what it finds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sync_core.app import App
from sync_core.queues import LocalQueue
from sync_core.settings import load_settings
from tests.cli.office import NearOffice, Ran


def examined(office: NearOffice, **changes: str) -> list[dict[str, Any]]:
    """Run the doctor; returns the findings, after a look at whether exit status and verdicts agree."""
    ran = office.run("doctor", "--json", **changes)
    return checked(ran)


def checked(ran: Ran) -> list[dict[str, Any]]:
    """Return the findings of a run whose exit status fits them."""
    found: list[dict[str, Any]] = ran.document["findings"]
    has_failures = any(finding["verdict"] == "FAILED" for finding in found)
    assert (ran.status, ran.document["ok"]) == (int(has_failures), not has_failures)
    assert all(finding["remedy"] for finding in found if finding["verdict"] in {"FAILED", "warning"})
    return found


def verdicts(found: Sequence[dict[str, Any]], verdict: str) -> list[str]:
    """Checks that came out so, in order."""
    return [finding["check"] for finding in found if finding["verdict"] == verdict]


def the(found: Sequence[dict[str, Any]], check: str) -> dict[str, Any]:
    """Return the one finding of a check that is not ok."""
    (one,) = [finding for finding in found if finding["check"] == check and finding["verdict"] != "ok"]
    return one


def folder_of(office: NearOffice) -> str:
    """Id of the connected folder."""
    (connection,) = office.run("status", "--json").document["connections"]
    return str(connection["folder"]["id"])


@asynccontextmanager
async def opened(office: NearOffice) -> AsyncIterator[App]:
    """Build the office's deployment without a command, and close it at the end."""
    app = office._open(load_settings(office.surroundings()), LocalQueue())
    try:
        yield app
    finally:
        await app.close()
