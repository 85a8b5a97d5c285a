"""The settings compared with each other and with host.json, and secrets that were never set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sync_core.doctor.findings import Finding, failed, good
from sync_core.doctor.schedules import schedule_faults
from sync_core.errors import InvalidSettings
from sync_core.settings import LOOPBACK, AppSettings

HOST_FILE = Path(__file__).resolve().parents[2] / "host.json"
TIMEOUT_OVERRIDE = "AzureFunctionsJobHost__functionTimeout"
FLEX_TIMEOUT = timedelta(minutes=30)
"""What Flex Consumption gives a function for which host.json names no time."""
MARGIN_S = 60.0
"""What a pass may need past its budget to finish the contact in hand and to close."""

_TIMEOUT = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
_UNRESOLVED = "@Microsoft.KeyVault("
_EXAMPLE = re.compile(
    r"<.*>|.*(example|placeholder|change.?me|your[-_ ]|dummy).*|emulator.*|secret|password|token|x+", re.IGNORECASE
)


def refused_settings(error: InvalidSettings) -> list[Finding]:
    """Tell every fault of settings that cannot be read."""
    return [_refused(fault) for fault in error.faults]


def _refused(fault: str) -> Finding:
    name, _, rest = fault.partition(" ")
    what, _, remedy = rest.partition(": ") if rest.startswith("is missing") else rest.partition("; ")
    return failed("settings", name, what, remedy or "correct it in the app settings; docs/settings.md describes it")


def examine_settings(settings: AppSettings, environment: Mapping[str, str]) -> list[Finding]:
    """Check what can be told without asking anybody."""
    return [
        good("settings", "", "all of them can be read"),
        *_secrets(settings),
        *_schedules(settings),
        _time_budget(settings, environment),
    ]


def _secrets(settings: AppSettings) -> Iterator[Finding]:
    """Compare secrets with the values of examples, which are right for services on this host only."""
    is_local = urlsplit(settings.pipeliner_service_url).hostname in LOOPBACK
    given = {
        "PIPELINER_API_TOKEN": settings.pipeliner_api_token.get_secret_value(),
        "PIPELINER_API_PASSWORD": settings.pipeliner_api_password.get_secret_value(),
    }
    for name, value in given.items():
        if value.startswith(_UNRESOLVED):
            remedy = "put the secret into the vault and give the app's identity the role Key Vault Secrets User"
            yield failed("secrets", name, "its Key Vault reference was not resolved", remedy)
        elif _EXAMPLE.fullmatch(value) and not is_local:
            yield failed("secrets", name, "it has an example's value", "set the real one in the key vault")
        else:
            yield good("secrets", name, "it is set")


def _schedules(settings: AppSettings) -> Iterator[Finding]:
    for name, text in (
        ("SYNC_SCHEDULE", settings.sync_schedule),
        ("SYNC_SWEEP_SCHEDULE", settings.sync_sweep_schedule),
    ):
        faults = schedule_faults(text)
        if faults:
            remedy = "write six fields, seconds first, such as 0 */5 * * * *"
            yield failed("schedule", name, "; ".join(faults), remedy)
        else:
            yield good("schedule", name, f"{text} (UTC)")


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
    """How long the host lets a function run; None for without end."""
    written = environment.get(TIMEOUT_OVERRIDE, "") or _written(host_file)
    if written == "-1":
        return None
    found = _TIMEOUT.fullmatch(written)
    if found is None:
        return FLEX_TIMEOUT
    days, hours, minutes, seconds = _numbers(found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _numbers(texts: Iterable[str | None]) -> Iterator[int]:
    return (int(text or 0) for text in texts)


def _written(host_file: Path) -> str:
    try:
        content = json.loads(host_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(content.get("functionTimeout", "")) if isinstance(content, dict) else ""
