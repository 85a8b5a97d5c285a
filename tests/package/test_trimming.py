"""Trimming keeps exactly what an import loads, and refuses where that cannot be known."""

from pathlib import Path

import pytest

from tools.package.target import PackageError
from tools.package.trimming import kept_files

SDK = {
    "__init__.py": "from .client import Client\n",
    "client.py": (
        "from typing import TYPE_CHECKING\n"
        "from .generated.root import Root\n"
        "if TYPE_CHECKING:\n    from .generated.models import Model\n"
        "class Client(Root):\n    def users(self):\n        from .generated.users import Users\n"
    ),
    "adapter.py": "try:\n    from msgraph._version import VERSION\nexcept ImportError:\n    VERSION = ''\n",
    "_version.py": "VERSION = '1'\n",
    "generated/root.py": "class Root: ...\n",
    "generated/models.py": "class Model: ...\n",
    "generated/users.py": "class Users: ...\n",
    "generated/listing.txt": "",
}


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    """A small SDK with the shape of the real one."""
    for name, text in SDK.items():
        file = tmp_path / "site" / "msgraph" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "site"


def app(folder: Path, text: str) -> Path:
    """A source of the app."""
    source = folder / "app.py"
    source.write_text(text, encoding="utf-8")
    return source


def test_what_an_import_loads_is_kept(site_packages: Path, tmp_path: Path) -> None:
    """The packages around a module count, conditional imports too; type checking and later calls do not."""
    kept = kept_files(site_packages, [app(tmp_path, "def later():\n    from msgraph.adapter import VERSION\n")])
    names = {file.relative_to(site_packages / "msgraph").as_posix() for file in kept}
    assert names == {"__init__.py", "client.py", "adapter.py", "_version.py", "generated/root.py"}


def test_an_app_without_the_sdk_keeps_nothing(site_packages: Path, tmp_path: Path) -> None:
    """A name that only begins alike is another library."""
    assert kept_files(site_packages, [app(tmp_path, "import msgraph_core\n")]) == frozenset()


@pytest.mark.parametrize("line", ["from msgraph import Client", "import msgraph", "from msgraph.client import Client"])
def test_an_app_that_uses_the_client_is_not_trimmed(site_packages: Path, tmp_path: Path, line: str) -> None:
    """Its methods load whatever is called, which no import tells."""
    with pytest.raises(PackageError, match="or build with --whole"):
        kept_files(site_packages, [app(tmp_path, line + "\n")])
