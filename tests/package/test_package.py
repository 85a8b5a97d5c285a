"""The package is complete, holds nothing else, and does the whole job by itself."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.pipeliner import PipelinerModel
from tests.azurite import Azurite
from tests.functions.mini_host import MiniHost
from tests.functions.snapshot import written
from tests.functions.surroundings import Surroundings, settings
from tests.package.conftest import PROJECT
from tests.package.identity import STORAGE
from tests.package.keyless_storage import QUEUE_HOST, TABLE_HOST, keyless_storage
from tests.package.packaged_worker import Package, PackagedWorker
from tests.package.story import live_through
from tools.package.target import SITE_PACKAGES

pytestmark = pytest.mark.functions

APP = {"function_app.py", "__pycache__", "host.json", "requirements.txt", "sync_core", ".python_packages"}
VERBS = ("GET", "POST", "PATCH", "DELETE")
EVERYTHING = """
import importlib, json, pkgutil, sys
import azure_functions_runtime, function_app, sync_core
for found in pkgutil.walk_packages(sync_core.__path__, "sync_core."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)})))
"""


@contextmanager
def surroundings(
    package: Package, env: Mapping[str, str], queues: QueueServiceClient, tables: TableServiceClient
) -> Iterator[Surroundings]:
    """The packaged app between both emulated services and a storage; `env` says where its storage is."""
    graph, crm = GraphModel(), PipelinerModel()
    with ExitStack() as opened:
        graph_face, crm_face = opened.enter_context(HttpFace(graph)), opened.enter_context(HttpFace(crm))
        services = settings(graph_face.base_url, crm_face.base_url, "")
        worker = opened.enter_context(PackagedWorker(package, {**services, **env}))
        around = Surroundings(graph, crm, worker, MiniHost(worker, queues), tables)
        around.begin()
        yield around


def assert_lives(around: Surroundings) -> None:
    """The app's bindings are known, a whole story ends well, and its state is in the tables."""
    assert around.worker.functions == written()
    connection_id = live_through(around)
    kept = {(table, partition) for table, partition, _ in around.stored()}
    assert {("connections", "connections"), ("sync", connection_id)} <= kept
    assert set(around.graph.requests) >= {"GET delta", "POST $batch", *(f"part {verb} contact" for verb in VERBS)}


def test_the_package_alone_syncs_with_shared_keys(package: Package, azurite: Azurite) -> None:
    """Timer, queue and run run in a bare interpreter, with connection strings as on a developer's machine."""
    text = azurite.connection_string
    with (
        QueueServiceClient.from_connection_string(text) as queues,
        TableServiceClient.from_connection_string(text) as tables,
        surroundings(package, {"SYNC_STATE": text, "AzureWebJobsStorage": text}, queues, tables) as around,
    ):
        assert_lives(around)


@pytest.mark.usefixtures("azurite")
def test_the_package_alone_syncs_with_tokens_over_https(package: Package, tmp_path: Path) -> None:
    """The same without any key, as in Azure: the managed identity's endpoint, public addresses, verified TLS."""
    with (
        keyless_storage(tmp_path) as storage,
        surroundings(package, storage.environment, storage.queues, storage.tables) as around,
    ):
        assert "AccountKey" not in str(around.worker.env)
        assert_lives(around)
        assert {resource.rstrip("/") for resource in storage.tokens} == {STORAGE}
        assert set(storage.hosts) == {QUEUE_HOST, TABLE_HOST}


def test_every_import_finds_its_module_in_the_package(package: Package) -> None:
    """All modules of the app load in a bare interpreter, lazy imports too, and nothing of this one with them."""
    (package.harness / "everything.py").write_text(EVERYTHING, encoding="utf-8")
    command = package.command("everything", *sorted(imported(package.folder)))
    ended = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    outside = [Path(name) for name in json.loads(ended.stdout) if not Path(name).is_relative_to(package.folder)]
    standard = Path(json.__file__).parents[1]
    strange = [name for name in outside if not name.is_relative_to(standard) or "site-packages" in name.parts]
    assert [name for name in strange if not name.is_relative_to(package.harness)] == []


def imported(folder: Path) -> set[str]:
    """Every module that the app's sources name in an import, wherever in the source."""
    sources = [folder / "function_app.py", *(folder / "sync_core").rglob("*.py")]
    return {name for source in sources for name in imported_by(source)}


def imported_by(source: Path) -> Iterator[str]:
    """Every module that one source names in an import, relative ones left out."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_nothing_but_the_app_and_its_packages_is_inside(archive: Path) -> None:
    """No test, emulator, document, template or tool of ours, nor what pip and the system write down about a machine."""
    with zipfile.ZipFile(archive) as zipped:
        names = zipped.namelist()
    assert {name.split("/")[0] for name in names} == APP
    ours = [name for name in names if not name.startswith(".python_packages/")]
    assert {Path(name).suffix for name in ours} <= {".py", ".pyc", ".json", ".txt"}
    libraries = {name.removeprefix(SITE_PACKAGES + "/") for name in names if name.startswith(".python_packages/")}
    tops = {name.split("/")[0] for name in libraries}
    assert not tops & {"bin", "sync_core", "emulators", "tests", "tools", "dev.py", "pip", "pytest", "mypy", "google"}
    notes = ("/RECORD", "/INSTALLER", "/REQUESTED", "/direct_url.json")
    assert [name for name in libraries if ".dist-info/" in name and name.endswith(notes)] == []
    assert [name for name in libraries if name.endswith((".dll", ".dylib", ".pyd", ".exe"))] == []


def test_no_path_of_this_machine_is_inside(archive: Path) -> None:
    """Neither a source nor a compiled module knows where it was made."""
    paths = [str(PROJECT).encode(), sys.prefix.encode()]
    with zipfile.ZipFile(archive) as zipped:
        texts = ((entry.filename, zipped.read(entry)) for entry in zipped.infolist())
        assert [name for name, text in texts if any(path in text for path in paths)] == []


def test_of_the_graph_sdk_only_what_is_loaded_is_inside(package: Package) -> None:
    """A handful of files, and no other package in the zip asks for more of them."""
    site_packages = package.folder / SITE_PACKAGES
    assert len(list((site_packages / "msgraph").rglob("*.py"))) < 10
    naming = [file for file in site_packages.rglob("*.py") if b"msgraph" in file.read_bytes()]
    asking = {
        file.relative_to(site_packages).parts[0]
        for file in naming
        if any(name.partition(".")[0] == "msgraph" for name in imported_by(file))
    }
    assert asking <= {"msgraph"}
