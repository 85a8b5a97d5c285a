"""The command `doctor`: it also answers where settings are so wrong that no other command could start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync_core.app import App, open_queued_app
from sync_core.cli.output import Answer
from sync_core.cli.tables import line
from sync_core.doctor.configuration import refused_settings
from sync_core.doctor.examination import examine
from sync_core.doctor.findings import Report, failed
from sync_core.doctor.remedies import Service, remedy_for, trouble_of
from sync_core.errors import InvalidSettings, SyncError
from sync_core.queues.local import LocalQueue
from sync_core.settings import AppSettings, load_settings


async def examined(environment: Mapping[str, str], open_app: Callable[[AppSettings, LocalQueue], App]) -> Answer:
    """Examine the deployment that an environment describes; every fault is a line of the answer."""
    return _answer(await _report(environment, open_app))


async def _report(environment: Mapping[str, str], open_app: Callable[[AppSettings, LocalQueue], App]) -> Report:
    try:
        settings = load_settings(environment)
        app = open_queued_app(settings) if _names_queue(settings) else open_app(settings, LocalQueue())
    except InvalidSettings as error:
        return Report(tuple(refused_settings(error)))
    except SyncError as error:
        trouble = trouble_of(error)
        return Report((failed("state", "", f"{trouble.value}: {error}", remedy_for(Service.STATE, trouble)),))
    try:
        return await examine(app.operator, environment)
    finally:
        await app.close()


def _names_queue(settings: AppSettings) -> bool:
    named = settings.queue_connection.get_secret_value(), settings.queue_service_uri, settings.queue_account_name
    return any(named)


def _answer(report: Report) -> Answer:
    summary = "all is well" if report.is_healthy else f"{report.failures} checks FAILED"
    lines = (*(line(finding.line) for finding in report.findings), line(summary))
    return Answer(report.as_json(), lines, attention=report.failures)
