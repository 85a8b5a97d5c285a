"""The product in a process of its own, so that its time and memory are measured alone; answers JSON lines on stdin.

`{"do": "connect", …}` with what connecting takes, `{"do": "tick"}`, `{"do": "drain"}`, `{"do": "forget"}` or
`{"do": "run", "connection"}`; each is answered by one line that also says what was used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emulators.deployment import LocalDeployment
from sync_core.domain import RunState
from sync_core.engine.run import RunResult
from sync_core.operations import ConnectRequest

_PROCESS_STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float | None:
    """Most memory this process has held, in MB; None where the system does not say."""
    if _PROCESS_STATUS.exists():  # ru_maxrss begins with what the parent held when it started us
        lines = _PROCESS_STATUS.read_text(encoding="ascii").splitlines()
        kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
        return None if kilobytes is None else round(kilobytes / 1024, 1)
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024), 1)  # bytes on macOS


async def serve() -> None:
    """Answer commands until the input ends."""
    deployment = LocalDeployment(os.environ)
    try:
        for line in sys.stdin:
            said = await answer(deployment, json.loads(line))
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
    finally:
        await deployment.close()


async def answer(deployment: LocalDeployment, command: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a command asks; returns what came of it and what was used."""
    before, started, cpu = deployment.stored, time.perf_counter(), time.process_time()
    said = await _done(deployment, command)
    used = {"storage": asdict(deployment.stored - before), "peak_mb": peak_memory_mb()}
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    return {**said, **used, "seconds": round(seconds, 3), "cpu_s": round(cpu_s, 3)}


async def _done(deployment: LocalDeployment, command: Mapping[str, Any]) -> dict[str, Any]:
    match command["do"]:
        case "connect":
            given = {name: value for name, value in command.items() if name != "do"}
            return {"connection": (await deployment.connect(ConnectRequest.model_validate(given))).id}
        case "tick":
            await deployment.tick()
            return {}
        case "forget":
            deployment.forget_requests()
            return {}
        case "drain":
            return _told(await deployment.drain())
        case "run":
            return _told(await deployment.one_run(command["connection"]))
        case other:
            raise ValueError(f"there is no command {other!r}")


def _told(results: Sequence[RunResult]) -> dict[str, Any]:
    return {
        "runs": len(results),
        "writes": sum(result.run.counts.writes for result in results),
        "attention": sum(result.run.counts.attention for result in results),
        "failed": [result.run.message for result in results if result.run.state is RunState.FAILED],
    }


if __name__ == "__main__":
    logging.getLogger("sync_core").setLevel(logging.ERROR)
    asyncio.run(serve())
