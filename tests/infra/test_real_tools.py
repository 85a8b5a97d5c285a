"""Azure's own tools, where they are installed: the Bicep compiler and the Functions host."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer

import pytest

from tests.azurite import Azurite
from tests.infra.bicep_lint.directives import AGE_RULE
from tests.infra.deployed import INFRA, ROOT
from tests.left_out import WHAT_IF_GROUP, not_run_here

LONGEST_START_S = 180.0
_SAMPLE_VALUES = {
    "PIPELINER_SERVICE_URL": "https://service.example.com",
    "PIPELINER_SPACE_ID": "eu_Example",
    "ALERT_EMAILS": "operators@example.com",
    "BUDGET_START": "2027-01-01",
}


def require(tool: str) -> str:
    """Where a tool is; without it the test is left out, and the summary of the run says so."""
    if what := not_run_here().get(tool):
        pytest.skip(f"not run here: {what}")
    return str(shutil.which(tool))


def run(*command: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, at most ten minutes."""
    whole = {**os.environ, **(environ or {})}
    return subprocess.run(command, env=whole, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("name", ["main.bicep", "secrets.bicep"])
def test_the_compiler_takes_the_templates(name: str) -> None:
    """With the rules of bicepconfig.json, and without a word; only of ages it may warn, which grow by themselves."""
    result = run(require("az"), "bicep", "build", "--file", str(INFRA / name), "--stdout")
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if ") : Warning " in line and AGE_RULE not in line]
    assert warnings == []
    assert json.loads(result.stdout)["resources"]


@pytest.mark.parametrize("name", ["small.bicepparam", "production.bicepparam"])
def test_the_compiler_takes_the_parameter_files(name: str) -> None:
    """With the variables set that they read; with a resource group named, Azure says what it would change."""
    az = require("az")
    result = run(az, "bicep", "build-params", "--file", str(INFRA / name), "--stdout", environ=_SAMPLE_VALUES)
    assert result.returncode == 0, result.stderr
    if group := os.environ.get(WHAT_IF_GROUP):
        what_if = (az, "deployment", "group", "what-if", "--resource-group", group, "--no-pretty-print")
        result = run(*what_if, "--parameters", str(INFRA / name), environ=_SAMPLE_VALUES)
        assert result.returncode == 0, result.stderr


def test_the_host_starts_and_finds_every_function(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """`func start` with the example settings and Azurite lists each function of the bindings' snapshot."""
    func = require("func")
    wanted = set(json.loads((ROOT / "tests/functions/bindings.json").read_text(encoding="utf-8")))
    copy_app(tmp_path, request.getfixturevalue("azurite"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with subprocess.Popen(
        [func, "start", "--port", port],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as host:
        limit = Timer(LONGEST_START_S, host.kill)
        limit.start()
        said = []
        for line in host.stdout or ():
            said.append(line)
            wanted -= {name for name in wanted if line.strip().startswith(f"{name}:")}
            if not wanted:
                break
        limit.cancel()
        host.terminate()
    assert wanted == set(), "".join(said)


def copy_app(folder: Path, azurite: Azurite) -> None:
    """The app as it is published, with the example settings and a running Azurite."""
    shutil.copytree(ROOT / "sync_core", folder / "sync_core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("function_app.py", "host.json", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    settings = json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))
    settings["Values"] |= {"AzureWebJobsStorage": azurite.connection_string, "SYNC_STATE": azurite.connection_string}
    (folder / "local.settings.json").write_text(json.dumps(settings), encoding="utf-8")
