"""What is paid whatever people do: the import of the app, and the tick of a space in which nothing happens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from emulators.bench import findings
from emulators.bench.findings import Finding
from emulators.bench.measuring import environ_of
from emulators.bench.opening import bench_in_child
from emulators.bench.situations import NotMeasured
from emulators.seeds import add_member

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = (1, 10, 100)

_IMPORT = """
import json, sys, time
started = time.perf_counter()
import function_app
seconds = time.perf_counter() - started
from emulators.bench.product import peak_memory_mb
typed = [name for name in sys.modules if name.startswith("msgraph.generated.models")]
print(json.dumps({"typed": len(typed), "modules": len(sys.modules), "mb": peak_memory_mb(), "seconds": seconds}))
"""


def measure_import(tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure the import of the deployed app in a fresh process. Raises NotMeasured."""
    tell("import of function_app")
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _IMPORT], cwd=ROOT, env=environ_of({}), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise NotMeasured(f"function_app cannot be imported: {' '.join(ended.stderr.split()[-40:])}")
    said = json.loads(ended.stdout)
    group = "import of function_app"
    yield Finding(group, "typed Graph models", said["typed"], findings.TYPED_GRAPH_MODELS)
    yield Finding(group, "modules", said["modules"])
    if said["mb"] is not None:
        yield Finding(group, "memory, MB", said["mb"])
    yield Finding(group, "seconds", round(said["seconds"], 2))


def measure_ticks(tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure the idle tick of one space with ever more connections."""
    with bench_in_child(lambda _: None) as bench:
        product, sides = bench.product, bench.sides
        made = 1
        for wanted in CONNECTIONS:
            tell(f"idle tick with {wanted} connections")
            for number in range(made, wanted):
                colleague = add_member(sides.graph, sides.crm, "Colleague", f"No{number}")
                product.do("connect", mailbox=colleague.address, user=colleague.address)
            made = wanted
            for _ in range(2):
                product.do("tick")
                product.do("forget")
            ticked = product.do("tick")
            group = f"idle tick, {wanted} connections"
            yield Finding(group, "Pipeliner requests", ticked.pipeliner_requests, findings.IDLE_TICK_PIPELINER)
            yield Finding(group, "state operations", ticked.state_operations)
