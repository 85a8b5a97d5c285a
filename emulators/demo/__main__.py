"""`python -m emulators.demo`: contacts travel both ways, on emulated services and with the real product."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import requests

from emulators.demo.functions_chapter import ChapterFailed, play_chapter, reason_to_leave_out
from emulators.demo.runner import Report, StepReport, Usage, run_steps
from emulators.demo.showing import Stage
from emulators.demo.steps import STEPS
from emulators.demo.story import Story
from emulators.deployment import LocalDeployment, Restless
from emulators.remote import Outside
from emulators.seeds import OFFICE
from emulators.serving import PortTaken, Services, running_services
from sync_core.errors import SyncError

CANNOT_RUN = 2
INTERRUPTED = 130
FAILURES = (SyncError, Restless, LookupError, requests.RequestException)
CHAPTER_NAME = "The same through Azure Functions"


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the demo; answers the exit status: 0 when every step came out, else 1."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    logging.getLogger("sync_core").setLevel(logging.ERROR)
    missing = reason_to_leave_out()
    if options.functions and missing:
        sys.stderr.write(f"demo: {missing}\n")
        return CANNOT_RUN
    try:
        with running_services(OFFICE) as services, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            return _show(services, Path(folder) / "state.sqlite", missing, options)
    except PortTaken as error:
        sys.stderr.write(f"demo: {error}\n")
        return CANNOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write("demo: interrupted\n")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators.demo", description="The main job on emulated services.")
    parser.add_argument("--json", action="store_true", help="print one JSON report instead of the story")
    parser.add_argument("--serve", action="store_true", help="keep the emulators running afterwards, until Ctrl-C")
    parser.add_argument("--functions", action="store_true", help="fail where the chapter on Azure Functions cannot run")
    return parser


def _show(services: Services, state: Path, missing: str, options: argparse.Namespace) -> int:
    stage = Stage()
    if not options.json:
        stage.open(services.graph_url, services.crm_url)
    tell: Callable[[StepReport], None] = (lambda _: None) if options.json else stage.tell
    environment = services.environment(state)
    report = Report(asyncio.run(_play(services, environment, tell)))
    if missing:
        report.left_out.append(f"{CHAPTER_NAME}: {missing}")
    else:
        for step in _chapter():
            report.steps.append(step)
            tell(step)
    _sum_up(report, stage, is_json=options.json)
    if options.serve:
        if not options.json:
            stage.invite(environment)
        _wait_for_a_signal()
    return 0 if report.ok else 1


async def _play(
    services: Services, environment: dict[str, str], tell: Callable[[StepReport], None]
) -> list[StepReport]:
    deployment = LocalDeployment(environment)
    try:
        with Outside(services) as outside:
            return await run_steps(Story(outside, deployment, services.staff[0]), STEPS, tell, FAILURES)
    finally:
        await deployment.close()


def _chapter() -> list[StepReport]:
    try:
        return play_chapter()
    except ChapterFailed as error:
        return [StepReport(CHAPTER_NAME, Usage(), 0.0, problem=str(error))]


def _sum_up(report: Report, stage: Stage, *, is_json: bool) -> None:
    if is_json:
        sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    for reason in report.left_out:
        stage.leave_out(reason)
    stage.close(report)


def _wait_for_a_signal() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(timeout=0.5):
        pass


if __name__ == "__main__":
    sys.exit(main())
