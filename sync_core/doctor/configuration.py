"""The settings compared with each other and with host.json, secrets that were never set, and schedules (NCRONTAB)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sync_core.doctor.findings import Finding, failed, good
from sync_core.errors import InvalidSettings
from sync_core.settings import LOOPBACK, AppSettings

HOST_FILE = Path(__file__).resolve().parents[2] / "host.json"
TIMEOUT_OVERRIDE = "AzureFunctionsJobHost__functionTimeout"
FLEX_TIMEOUT = timedelta(minutes=30)
"""What Flex Consumption gives a function for which host.json names no time."""
MARGIN_S = 60.0
"""What a run may need past its budget to finish the contact in hand and to close."""

_TIMEOUT = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
_PIECE = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
_UNRESOLVED = "@Microsoft.KeyVault("
_EXAMPLE = re.compile(
    r"<.*>|.*(example|placeholder|change.?me|your[-_ ]|dummy).*|emulator.*|secret|password|token|x+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of a schedule, with its bounds; names count from the least on."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """Return the number that a bound stands for; None when it is no number and no name."""
        if text.isdecimal():
            return int(text)
        name = text[:3].casefold()
        return self.least + self.names.index(name) if name in self.names else None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PARTS = (
    _Part("seconds", 0, 59),
    _Part("minutes", 0, 59),
    _Part("hours", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, _MONTHS),
    _Part("day of the week", 0, 6, _DAYS),
)


def refused_settings(error: InvalidSettings) -> list[Finding]:
    """Return every fault of settings that cannot be read."""
    found: list[Finding] = []
    for fault in error.faults:
        name, _, rest = fault.partition(" ")
        what, _, remedy = rest.partition(": ") if rest.startswith("is missing") else rest.partition("; ")
        found.append(failed("settings", name, what, remedy or InvalidSettings.remedy))
    return found


def examine_settings(settings: AppSettings, environment: Mapping[str, str]) -> list[Finding]:
    """Check what can be told without asking anybody."""
    found = [good("settings", "", "all of them can be read"), *_secrets(settings)]
    for name, text in (
        ("SYNC_SCHEDULE", settings.sync_schedule),
        ("SYNC_SWEEP_SCHEDULE", settings.sync_sweep_schedule),
    ):
        faults = schedule_faults(text)
        if faults:
            remedy = "write six fields, seconds first, such as 0 */5 * * * *"
            found.append(failed("schedule", name, "; ".join(faults), remedy))
        else:
            found.append(good("schedule", name, f"{text} (UTC)"))
    return [*found, _time_budget(settings, environment)]


def _secrets(settings: AppSettings) -> Iterator[Finding]:
    """Compare secrets with the values of examples, which are right for services on this host only."""
    is_local = urlsplit(settings.pipeliner_service_url).hostname in LOOPBACK
    given = {
        "PIPELINER_API_TOKEN": settings.pipeliner_api_token.get_secret_value(),
        "PIPELINER_API_PASSWORD": settings.pipeliner_api_password.get_secret_value(),
    }
    if settings.sync_identity_key:  # a state in a file has its own
        given["SYNC_IDENTITY_KEY"] = settings.sync_identity_key.get_secret_value()
    for name, value in given.items():
        if value.startswith(_UNRESOLVED):
            remedy = "put the secret into the vault and give the app's identity the role Key Vault Secrets User"
            yield failed("secrets", name, "its Key Vault reference was not resolved", remedy)
        elif _EXAMPLE.fullmatch(value) and not is_local:
            yield failed("secrets", name, "it has an example's value", "set the real one in the key vault")
        else:
            yield good("secrets", name, "it is set")


def _time_budget(settings: AppSettings, environment: Mapping[str, str]) -> Finding:
    budget_s = settings.sync_pass_budget_s
    limit = function_timeout(environment)
    if limit is None:
        return good("time budget", "SYNC_PASS_BUDGET_S", f"{budget_s:g} s; the host sets no limit")
    limit_s = limit.total_seconds()
    if budget_s + MARGIN_S > limit_s:
        told = f"{budget_s:g} s and {MARGIN_S:g} s to close do not fit into the host's limit of {limit_s:g} s"
        remedy = f"set it to {max(limit_s - MARGIN_S, 10):g} or less, or raise functionTimeout in host.json"
        return failed("time budget", "SYNC_PASS_BUDGET_S", told, remedy)
    return good("time budget", "SYNC_PASS_BUDGET_S", f"{budget_s:g} s of the host's {limit_s:g} s")


def function_timeout(environment: Mapping[str, str], host_file: Path = HOST_FILE) -> timedelta | None:
    """Return how long the host lets a function run; None for without end."""
    written = environment.get(TIMEOUT_OVERRIDE, "")
    if not written:
        with suppress(OSError, ValueError):
            content = json.loads(host_file.read_text(encoding="utf-8"))
            written = str(content.get("functionTimeout", "")) if isinstance(content, dict) else ""
    if written == "-1":
        return None
    found = _TIMEOUT.fullmatch(written)
    if found is None:
        return FLEX_TIMEOUT
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def schedule_faults(text: str) -> list[str]:
    """Return what is wrong with a schedule; nothing when Azure Functions takes it.

    It has six fields, seconds first, and is always in UTC on Flex Consumption.
    """
    fields = text.split()
    if len(fields) != len(_PARTS):
        return [f"it has {len(fields)} fields instead of {len(_PARTS)} (seconds come first)"]
    return [fault for part, written in zip(_PARTS, fields, strict=True) for fault in _field_faults(part, written)]


def _field_faults(part: _Part, written: str) -> Iterator[str]:
    for piece in written.split(","):
        found = _PIECE.fullmatch(piece)
        if found is None or (found["first"] == "*" and found["last"]):
            yield f"{part.name}: {piece!r} is not understood"
            continue
        bounds = [part.number(text) for text in (found["first"], found["last"]) if text and text != "*"]
        if any(bound is None or not part.least <= bound <= part.most for bound in bounds):
            yield f"{part.name}: {piece!r} is outside {part.least} to {part.most}"
        elif found["step"] and int(found["step"]) == 0:
            yield f"{part.name}: {piece!r} has a step of 0"
