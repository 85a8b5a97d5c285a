"""Two workers share the tests, slowest first; each layer is told, and one that runs empty fails the run."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.battery.sizes import shard_of, size
from tests.battery.totals import HISTORIES, SITUATIONS, faults_of, told, totals_of
from tests.progress import LAYERS, layer_of
from tests.sharing import SLOWEST_FIRST

ROOT = Path(__file__).resolve().parents[2]
LEAST = {
    "sweep_percent": (24, 100),
    "simulator": (2_000, 50_000),
    "interleavings": (4_000, 96_000),
    "two_faults": (400, 50_000),
    "mapping_laws": (5_000, 500_000),
    "killed_rounds": (6, 200),
}
"""What a test run must do at least, and a soak: at least ten times as much."""


@pytest.mark.parametrize("beginning", [*SLOWEST_FIRST, *LAYERS])
def test_every_place_that_is_ranked_or_named_is_there(beginning: str) -> None:
    """A file that was renamed would fall out of its rank and its layer."""
    assert list(ROOT.glob(f"{beginning}*"))


def test_every_file_of_the_battery_has_a_layer_by_name() -> None:
    """Otherwise its time would be told as that of a folder."""
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/battery").glob("test_*.py")]
    assert [file for file in files if layer_of(file) == "battery"] == []
    assert layer_of("tests/unit/domain/test_merge.py::test_x") == "unit"


@pytest.mark.parametrize("count", [0, 1, 47, 48, 2_400])
def test_shards_make_up_the_whole(count: int) -> None:
    """No number is left out and none is taken twice."""
    assert [number for shard in range(48) for number in shard_of(count, shard, 48)] == list(range(count))


@pytest.mark.parametrize("name", LEAST)
def test_a_layer_keeps_its_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a test run nor a soak becomes small unnoticed."""
    for mode, least in zip(("test", "soak"), LEAST[name], strict=True):
        monkeypatch.setenv("SYNC_BATTERY", mode)
        assert size(name) >= least


def test_figures_of_all_shards_are_added_up(tmp_path: Path) -> None:
    """Each shard writes a line; a layer is told in one."""
    figures = tmp_path / "figures.jsonl"
    lines = [{"layer": "two faults", "trials": 3}, {"layer": "two faults", "trials": 4, "crash_after": 1_000}]
    figures.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert list(told(totals_of(figures))) == ["two faults: trials 7, crash after 1,000"]
    assert totals_of(tmp_path / "none") == {}


@pytest.mark.parametrize(("histories", "times", "is_fault"), [(2_000, 11, True), (2_000, 12, False), (900, 0, False)])
def test_a_situation_that_comes_too_rarely_is_a_fault(histories: int, times: int, is_fault: bool) -> None:
    """Hundred times in ten thousand histories but for chance; of a handful of histories nobody expects it."""
    totals = {HISTORIES: Counter(histories=histories), SITUATIONS: Counter({"often": 500, "rare": times})}
    assert bool(list(faults_of(totals))) is is_fault
    assert f"the rarest (rare) in {times} histories" in "\n".join(told(totals))


def test_a_run_fails_for_what_only_all_shards_can_show(tmp_path: Path) -> None:
    """Every shard is green, and the run is red all the same; each layer's time is told."""
    shard = f"""
        from tests.battery.figures import record
        def test_shard():
            record({HISTORIES!r}, histories=2_000)
            record({SITUATIONS!r}, rare=1)
    """
    folder = tmp_path / "tests" / "unit"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text("if True:" + shard, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
    command += ["-p", "tests.conftest", "-p", "no:cacheprovider", "-n", "1"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}

    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)

    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    assert "FAILED: situations that came too rarely" in run.stdout
    assert "unit: 1 tests, " in run.stdout
    assert "1 workers were busy" in run.stdout
