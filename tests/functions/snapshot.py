"""The bindings that Azure would be told of, written down: a change of them is a change of the deployed app.

`python -m tests.functions.snapshot --write` writes the file anew; without `--write` it says what differs.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.functions.worker_process import WorkerProcess

PROJECT: Final = Path(__file__).resolve().parents[2]
SNAPSHOT: Final = Path(__file__).with_name("bindings.json")
DEPLOYED: Final = ("function_app.py", "host.json", "requirements.txt", "sync_core")

Bindings = Mapping[str, list[dict[str, Any]]]


def deployed_only(folder: Path) -> Path:
    """Make an empty folder look like what is deployed, and nothing else; by links, so that coverage knows the files."""
    for name in DEPLOYED:
        (folder / name).symlink_to(PROJECT / name)
    return folder


def indexed(app_dir: Path) -> Bindings:
    """Index an app in Azure's worker library, without any setting."""
    with WorkerProcess(app_dir) as worker:
        return worker.functions


def written() -> Bindings:
    """Read the snapshot."""
    bindings: Bindings = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    return bindings


def main(arguments: list[str]) -> int:
    """Write or compare; 1 when something differs."""
    with tempfile.TemporaryDirectory() as folder:
        found = indexed(deployed_only(Path(folder)))
    if arguments == ["--write"]:
        SNAPSHOT.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    differing = differences(found, written())
    sys.stdout.write("".join(f"{name} differs\n" for name in differing))
    return 1 if differing else 0


def differences(found: Bindings, known: Bindings) -> list[str]:
    """Name the functions that only one of both has, or that have other bindings there."""
    return [name for name in sorted({*found, *known}) if found.get(name) != known.get(name)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
