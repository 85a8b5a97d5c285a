"""The product in a process of its own, so that its memory is measured alone; answers JSON lines on stdin.

`{"do": "connect", "mailbox", "user"}`, `{"do": "tick"}`, `{"do": "drain"}`, `{"do": "forget"}` or
`{"do": "pass", "connection"}`; each is answered by one line that also says what was used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emulators.deployment import Deployment
from sync_core.domain.records import RunState
from sync_core.engine.passes import PassResult
from sync_core.operations.connecting import ConnectRequest

_PROCESS_STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float | None:
    """Most memory this process has held, in MB; None where the system does not say."""
    if _PROCESS_STATUS.exists():  # ru_maxrss begins with what the parent held when it started us
        lines = _PROCESS_STATUS.read_text(encoding="ascii").splitlines()
        kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
        return None if kilobytes is None else kilobytes / 1024
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)  # bytes on macOS


async def serve() -> None:
    """Answer commands until the input ends."""
    deployment = Deployment(os.environ)
    try:
        for line in sys.stdin:
            answer = await _answer(deployment, json.loads(line))
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        await deployment.close()


async def _answer(deployment: Deployment, command: dict[str, Any]) -> dict[str, Any]:
    before, started = deployment.stored, time.perf_counter()
    said = await _carried_out(deployment, command)
    used = deployment.stored - before
    seconds = round(time.perf_counter() - started, 3)
    return {**said, "storage": asdict(used), "seconds": seconds, "peak_mb": peak_memory_mb()}


async def _carried_out(deployment: Deployment, command: dict[str, Any]) -> dict[str, Any]:
    match command["do"]:
        case "connect":
            request = ConnectRequest(mailbox=command["mailbox"], user=command["user"])
            return {"connection": (await deployment.connect(request)).id}
        case "tick":
            await deployment.tick()
            return {}
        case "forget":
            deployment.forget_requests()
            return {}
        case "drain":
            return _passes(await deployment.drain())
        case "pass":
            return _passes(await deployment.one_pass(command["connection"]))
        case other:
            raise ValueError(f"there is no command {other!r}")


def _passes(results: Sequence[PassResult]) -> dict[str, Any]:
    return {
        "passes": len(results),
        "writes": sum(result.run.counts.writes for result in results),
        "attention": sum(result.run.counts.attention for result in results),
        "failed": [result.run.message for result in results if result.run.state is RunState.FAILED],
    }


if __name__ == "__main__":
    logging.getLogger("sync_core").setLevel(logging.ERROR)
    asyncio.run(serve())
