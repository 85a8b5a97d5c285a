"""Commands of the documents that can be run without Azure are run, and names in the others are real ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from emulators.serving import running_services
from tests.documents import DOCS

ROOT = DOCS.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCUMENTS = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_BLOCK = re.compile(r"<!-- run: emulators -->\n```\n(.*?)```", re.DOTALL)
_STOP = "trap 'status=$?; [ $status -le 1 ] || exit $status' ERR\n"
"""A status of 1 says that contacts need attention; anything above is a failure."""
_INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_CONFIG")


def deployment() -> str:
    """Text of the document."""
    return (DOCS / "deployment.md").read_text(encoding="utf-8")


def test_commands_against_the_emulators_do_what_they_say(tmp_path: Path) -> None:
    """The trial on this machine is run as it stands, but for the ports and the interpreter's place."""
    blocks = _BLOCK.findall(deployment())
    assert len(blocks) == 2
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    with running_services("office") as services:
        script = _STOP + "\n".join(blocks).replace(".venv/bin/python", sys.executable)
        script = script.replace("http://127.0.0.1:8401", services.graph_url)
        script = script.replace("http://127.0.0.1:8402", services.crm_url)
        done = subprocess.run(
            [shutil.which("bash") or "bash", "-c", script],
            cwd=tmp_path,
            env={**inherited, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert "all is well" in done.stdout
    assert '"ok": true' in done.stdout
    assert "created in Outlook" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_commands_of_dev_py_exist() -> None:
    """Every `python3 dev.py ...` of documents and workflows is a command that dev.py has."""
    known = set(re.findall(r"python3 dev\.py (\w+)", dev.__doc__ or ""))
    used = {
        name
        for path in [*DOCUMENTS, *WORKFLOWS]
        for name in re.findall(r"python3 dev\.py (\w+)", path.read_text(encoding="utf-8"))
    }

    assert used
    assert used <= known


def test_files_that_are_named_are_there() -> None:
    """No step leads to a file that does not exist."""
    named = set(re.findall(r"infra/[\w./-]+\.(?:bicepparam|bicep|ps1|json)", deployment()))
    named |= {f"infra/{name}" for name in re.findall(r"`(modules/\w+\.bicep)`", deployment())}

    assert named
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []


@pytest.mark.parametrize("name", ["deployment.md", "operations.md"])
def test_outputs_that_are_read_are_given(name: str) -> None:
    """What the commands ask the deployment for is an output of the template."""
    given = set(re.findall(r"^output (\w+)", (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE))
    text = (DOCS / name).read_text(encoding="utf-8")
    asked = set(re.findall(r"outputs\.(\w+)\.value", text)) | set(re.findall(r"\$\(output (\w+)\)", text))

    assert asked
    assert asked <= given


def test_parameters_that_are_named_exist() -> None:
    """A parameter of docs/settings.md is one of the template's."""
    given = re.findall(r"^param (\w+)", (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall(r"parameter `(\w+)`", (DOCS / "settings.md").read_text(encoding="utf-8"))

    assert named
    assert set(named) <= set(given)


def test_environment_of_the_parameter_files_is_set() -> None:
    """Whatever a parameter file reads is exported by step 3 and given by the workflow, or may be blank."""
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    for path in (ROOT / "infra").glob("*.bicepparam"):
        needed = re.findall(r"readEnvironmentVariable\('(\w+)'\)", path.read_text(encoding="utf-8"))
        assert [name for name in needed if f"{name}=" not in deployment() or f"  {name}: " not in workflow] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    """No workflow runs what somebody may change under its name, and each says which version that is."""
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))

    assert used
    assert [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


def test_no_secret_stands_in_a_workflow() -> None:
    """Sign-in is by OIDC: no workflow reads a stored secret."""
    assert [path.name for path in WORKFLOWS if "secrets." in path.read_text(encoding="utf-8")] == []


def test_nothing_may_be_left_out_in_continuous_integration() -> None:
    """The workflow sets CI, with which a missing piece is a failure."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")

    assert 'CI: "true"' in text
    assert "python3 dev.py lint" in text
    assert "python3 dev.py test" in text
