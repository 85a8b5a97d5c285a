"""The built package, for all tests of this folder; left out aloud where dev.py said that it cannot be run."""

import zipfile
from pathlib import Path

import pytest

from tests.left_out import reason_left_out
from tests.package.packaged_worker import Package
from tools.package.building import build

PROJECT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip with a reason, which pytest reports at the end."""
    reason = reason_left_out("functions") or reason_left_out("package")
    for item in items:
        if reason and Path(__file__).parent in item.path.parents and item.get_closest_marker("functions"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The package of today's sources; built only when these or the lock changed."""
    return build(PROJECT, PROJECT / "build" / "package" / "tested.zip")


@pytest.fixture(scope="session")
def package(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package as Azure unpacks it, far from the project."""
    folder = tmp_path_factory.mktemp("wwwroot")
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder)
    return Package.beside(folder, tmp_path_factory.mktemp("harness"))
