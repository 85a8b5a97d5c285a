"""The same sources give the same bytes, and what belongs to a machine stays there."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.package.__main__ import told
from tools.package.archive import write_archive
from tools.package.compiling import compile_sources, compiled_name
from tools.package.contents import app_names, library_names
from tools.package.figures import Figures
from tools.package.target import PackageError

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the files that are deployed."""
    root = tmp_path / "project"
    (root / "sync_core" / "part").mkdir(parents=True)
    for name in ("function_app.py", "host.json", "requirements.txt", "sync_core/part/one.py", "sync_core/py.typed"):
        (root / name).write_text("", encoding="utf-8")
    return root


def test_an_archive_depends_on_contents_alone(project: Path, tmp_path: Path) -> None:
    """Neither times nor rights nor the order of files are in it."""
    names = app_names(project)
    write_archive(tmp_path / "first.zip", {name: project / name for name in names})
    os.utime(project / "host.json", (1, 1))
    (project / "function_app.py").chmod(0o700)
    write_archive(tmp_path / "second.zip", {name: project / name for name in reversed(names)})
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as zipped:
        assert zipped.namelist() == names
    assert not list(tmp_path.glob("*.half"))


def test_hidden_and_compiled_files_are_litter_and_others_are_asked_about(project: Path) -> None:
    """What nobody declared is not shipped in silence, nor left out in silence."""
    expected = app_names(project)
    for name in ("sync_core/.DS_Store", "sync_core/__pycache__/one.cpython-313.pyc", "sync_core/.idea/part.py"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("", encoding="utf-8")
    assert app_names(project) == expected
    (project / "sync_core" / "customers.xlsx").write_text("", encoding="utf-8")
    with pytest.raises(PackageError, match=r"^sync_core/customers\.xlsx is no file that the app is known to need"):
        app_names(project)


def test_pips_notes_and_scripts_stay_behind(tmp_path: Path) -> None:
    """They name paths of the machine; licences and entry points are kept, and a whole package keeps all of the SDK."""
    shipped = ["lib-1.0.dist-info/METADATA", "lib-1.0.dist-info/entry_points.txt", "lib/RECORD", "lib/__init__.py"]
    left = ["bin/lib", "lib-1.0.dist-info/RECORD", "lib-1.0.dist-info/direct_url.json", "lib/__pycache__/a.pyc"]
    for name in (*shipped, *left, "msgraph/models.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert library_names(tmp_path, [], whole=False) == shipped
    assert library_names(tmp_path, [], whole=True) == [*shipped, "msgraph/models.py"]


@pytest.mark.functions
def test_modules_compile_to_the_same_bytes_anywhere(tmp_path: Path) -> None:
    """Two processes in two places write the same, under the names Python looks for, and Python takes them unchecked."""
    names = [name for name in app_names(PROJECT) if name.endswith(".py")]
    for place in ("here", "there"):
        compile_sources(PROJECT, names, tmp_path / place)
    for name in names:
        made = compiled_name(name)
        assert (tmp_path / "here" / made).read_bytes() == (tmp_path / "there" / made).read_bytes()
    assert importlib.util.cache_from_source("a/b.py") == compiled_name("a/b.py")
    (tmp_path / "answer.py").write_text("print('taken')\n", encoding="utf-8")
    compile_sources(tmp_path, ["answer.py"], tmp_path)
    (tmp_path / "answer.py").write_text("print('compiled anew')\n", encoding="utf-8")
    command = [sys.executable, "-S", "-c", "import answer"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "taken\n"


@pytest.mark.functions
def test_a_source_with_a_fault_does_not_stop_the_others(tmp_path: Path) -> None:
    """Libraries carry templates and examples for other Pythons, which nobody imports."""
    (tmp_path / "broken.py").write_text("print 'as of old'\n", encoding="utf-8")
    (tmp_path / "sound.py").write_text("", encoding="utf-8")
    compile_sources(tmp_path, ["broken.py", "sound.py"], tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").rglob("*.pyc")] == ["sound.cpython-313.pyc"]


def test_another_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its compiled modules would be passed over in Azure."""
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    with pytest.raises(PackageError, match=r"for Python 3\.13, and this is 3\.12: install Python 3\.13"):
        compile_sources(tmp_path, [], tmp_path)


def test_figures_are_laid_out_as_a_table() -> None:
    """With a dash where nothing was made, and words where nothing could be run."""
    text = told(Figures(19_000, 189_400_000, None, None), Figures(5_000, 83_200_000, 29_100_000, 0.5))
    rows = [line.split() for line in text.splitlines()]
    assert rows[1:4] == [
        ["files", "19,000", "5,000"],
        ["unpacked", "189.4", "MB", "83.2", "MB"],
        ["zip", "-", "29.1", "MB"],
    ]
    assert rows[4][-2:] == ["0.50", "s"]
    assert "not on this OS" in text
