"""What is installed, deployed and configured is fixed by the repository's own files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.functions.mini_host import MAX_DEQUEUE_COUNT

ROOT = Path(__file__).resolve().parents[2]


def read_json(name: str) -> Any:
    """A JSON file of the repository's root."""
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-checkov.txt"])
def test_every_requirement_names_one_version(name: str) -> None:
    """Two set-ups on two days install the same."""
    lines = [line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    requirements = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert requirements
    assert [line for line in requirements if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+(; .+)?", line)] == []


def test_hooks_before_a_commit_have_the_versions_of_the_checks() -> None:
    """What a hook lets pass, `dev.py lint` lets pass too."""
    pinned = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    hooks = re.findall(r'"([a-z-]+==[0-9.]+)"', (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {hook.partition("==")[0] for hook in hooks} == {"ruff", "typos"}
    assert [hook for hook in hooks if hook not in pinned] == []


def test_the_lock_file_names_versions_but_no_registry() -> None:
    """The installer asks whatever registry it is set to, and checks what it got."""
    packages = {name: entry for name, entry in read_json("package-lock.json")["packages"].items() if name}
    assert packages["node_modules/azurite"]["version"] == "3.35.0"
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []


def test_only_the_app_is_deployed() -> None:
    """What is for developers stays out of the package."""
    ignored = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    assert {"tests/", "emulators/", "docs/", "infra/", "node_modules/", ".venv*/", "dev.py"} <= set(ignored)
    assert not {"function_app.py", "host.json", "requirements.txt", "sync_core/"} & set(ignored)


def test_a_failing_message_is_tried_as_often_as_the_tests_assume() -> None:
    """host.json and the mini host agree, and a failed message waits before it is tried again."""
    queues = read_json("host.json")["extensions"]["queues"]
    assert queues["maxDequeueCount"] == MAX_DEQUEUE_COUNT
    assert queues["messageEncoding"] == "base64"
    assert queues["visibilityTimeout"] != "00:00:00"
