"""Each command sets up what it needs, runs what it says, and names what this machine has to leave out."""

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev import Interpreter, Machine, SetupError
from tests.tooling.fake_tools import Workshop
from tools.dev.commands import PREPARE, QUICK_TESTS
from tools.dev.running import Job, carry_out

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for Python and Node are shell scripts")


def prepare(name: str, arguments: Sequence[str], machine: Machine, version: tuple[int, int, int] = (3, 13, 0)) -> Job:
    """Prepare a command as the finished environment would, whose Python has that version."""
    python = machine.root / "../bin/python3"
    return PREPARE[name](Interpreter((str(python),), version), arguments, machine)


@pytest.fixture
def machine(workshop: Workshop) -> Machine:
    """A machine with Node, whose environment has uv."""
    workshop.add_python("bin/python3", "3.13.0")
    workshop.add_python("project/.venv/bin/python", "3.13.0")
    workshop.write("project/.venv/bin/uv", (workshop.folder / "uv").read_text(encoding="utf-8"))
    workshop.add_node()
    return workshop.machine()


def in_ci(machine: Machine, **more: str) -> Machine:
    """Return the same machine in continuous integration."""
    return dataclasses.replace(machine, environ={**machine.environ, "CI": "true", **more})


def test_a_whole_machine_leaves_nothing_out(workshop: Workshop, machine: Machine) -> None:
    """With Python 3.13 and Node, all tests run, also in continuous integration."""
    job = prepare("test", [], in_ci(machine))
    assert job.environ["SYNC_TESTS_WITHOUT"] == ""
    assert workshop.calls("npm") == ["npm ci --no-audit --no-fund --ignore-scripts"]


def test_azurite_is_installed_once(workshop: Workshop, machine: Machine) -> None:
    """A second run calls npm only when what is pinned has changed."""
    for _ in range(2):
        prepare("test", [], machine)
    assert len(workshop.calls("npm")) == 1
    workshop.write("project/package-lock.json", "another version\n")
    prepare("test", [], machine)
    assert len(workshop.calls("npm")) == 2


def test_the_battery_runs_without_coverage_and_all_else_with_its_bound(machine: Machine) -> None:
    """Neither leaves out what the other one does not run."""
    others, battery = (command[1:] for command in prepare("test", [], machine).commands)
    assert battery == ("-m", "pytest", "-n", "2", "tests/battery")
    assert others[:5] == ("-m", "pytest", "-n", "2", "--ignore=tests/battery")
    assert "--cov-fail-under=95" in others
    assert [argument for argument in others[4:] if not argument.startswith(("--cov", "--ignore=tests/battery"))] == []


def test_chosen_tests_have_no_coverage_bound(machine: Machine) -> None:
    """Arguments go to pytest as they are."""
    [command] = prepare("test", ["-k", "merge"], machine).commands
    assert command[-2:] == ("-k", "merge")
    assert not [argument for argument in command if argument.startswith("--cov")]


@pytest.mark.parametrize(
    ("node", "npm", "reason"),
    [(None, False, "node or npm is not on PATH"), ("v18.9.0", True, "found only v18.9.0"), ("v20.1.0", False, "npm")],
)
def test_without_node_the_azurite_tests_are_left_out_aloud(
    workshop: Workshop,
    machine: Machine,
    capsys: pytest.CaptureFixture[str],
    node: str | None,
    npm: bool,
    reason: str,
) -> None:
    """One sentence names what is left out, why, and the remedy; the tests are told."""
    for name in ("node", "npm"):
        (workshop.folder / "bin" / name).unlink()
    if node:
        workshop.add_node(node, npm=npm)
    job = prepare("test", [], machine)
    notices = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert ["'azurite'" in notices[0], "'bicep'" in notices[1], len(notices)] == [True, True, 2]
    assert all(reason in notice and "https://nodejs.org/" in notice for notice in notices)
    assert job.environ["SYNC_TESTS_WITHOUT"] == "azurite,bicep"


def test_without_the_catalogue_its_tests_are_left_out_aloud(
    workshop: Workshop, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Microsoft's catalogue of resource types is a package for Linux; elsewhere npm passes it over."""
    elsewhere = dataclasses.replace(machine, environ=workshop.environ(NOT_ON_LINUX="yes"))
    job = prepare("test", [], elsewhere)
    assert "left out: the tests marked 'bicep': the catalogue of Azure resource types" in capsys.readouterr().err
    assert job.environ["SYNC_TESTS_WITHOUT"] == "bicep"


def test_checkov_has_an_environment_of_its_own(workshop: Workshop, machine: Machine) -> None:
    """What it pins does not touch the app's packages; it is made once."""
    for _ in range(2):
        job = prepare("test", [], machine)
    assert job.environ["SYNC_CHECKOV"] == str(workshop.root / ".venv-checkov/bin/python")
    assert len(workshop.calls("-m venv --clear")) == 1
    installs = workshop.calls("requirements-checkov.txt")
    assert [".venv-checkov/bin/python" in call for call in installs] == [True, True]
    assert workshop.calls("requirements-dev.txt") == []


def test_an_unreachable_registry_leaves_azurite_out(
    workshop: Workshop, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """What npm said is passed on, and the next run tries again."""
    job = prepare("test", [], dataclasses.replace(machine, environ=workshop.environ(NPM_FAILS="yes")))
    assert "npm error network" in capsys.readouterr().err
    assert job.environ["SYNC_TESTS_WITHOUT"] == "azurite,bicep"
    assert prepare("test", [], machine).environ["SYNC_TESTS_WITHOUT"] == ""


def test_an_older_python_leaves_the_worker_tests_out_aloud(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything runs but what needs Azure's worker library."""
    job = prepare("test", [], machine, (3, 12, 4))
    said = capsys.readouterr().err
    assert "left out: the tests marked 'functions': azure-functions-runtime needs Python 3.13" in said
    assert job.environ["SYNC_TESTS_WITHOUT"] == "functions,package"


@pytest.mark.parametrize(
    ("version", "wheels"),
    [((3, 14, 0), True), ((3, 13, 0), False)],
)
def test_another_machine_than_azures_leaves_the_package_tests_out_aloud(
    machine: Machine, capsys: pytest.CaptureFixture[str], version: tuple[int, int, int], wheels: bool
) -> None:
    """The package can be built there, but not run."""
    job = prepare("test", [], dataclasses.replace(machine, wheels=wheels), version)
    assert "left out: the tests marked 'package': the package is for Python 3.13 on x86-64" in capsys.readouterr().err
    assert job.environ["SYNC_TESTS_WITHOUT"] == "package"


@pytest.mark.parametrize(
    ("version", "node", "piece"), [((3, 12, 0), True, "functions"), ((3, 13, 0), False, "azurite")]
)
def test_continuous_integration_leaves_nothing_out(
    workshop: Workshop, machine: Machine, version: tuple[int, int, int], node: bool, piece: str
) -> None:
    """With CI=true a missing piece is a failure, before anything more is installed."""
    if not node:
        (workshop.folder / "bin" / "node").unlink()
    with pytest.raises(SetupError, match=f"with CI=true nothing may be left out, and {piece} would be"):
        prepare("test", [], in_ci(machine), version)
    assert workshop.calls("npm") == workshop.calls("pip") == []


def test_a_job_for_an_older_python_says_what_it_may_be_without(machine: Machine) -> None:
    """Continuous integration names it; what it does not name is still a failure."""
    job = prepare("test", [], in_ci(machine, SYNC_MAY_BE_WITHOUT="functions,package"), (3, 11, 9))
    assert job.environ["SYNC_TESTS_WITHOUT"] == "functions,package"
    with pytest.raises(SetupError, match="package would be"):
        prepare("test", [], in_ci(machine, SYNC_MAY_BE_WITHOUT="functions"), (3, 11, 9))


def test_the_demo_needs_no_node(workshop: Workshop, machine: Machine) -> None:
    """Without Node it runs all the same, and leaves the chapter on Azure Functions out."""
    (workshop.folder / "bin" / "node").unlink()
    job = prepare("demo", ["--json"], in_ci(machine))
    assert job.commands[0][1:] == ("-m", "emulators.demo", "--json")


def test_the_demo_takes_azurite_where_it_can_be_had(workshop: Workshop, machine: Machine) -> None:
    """One command is to show the product through the real Functions worker too."""
    prepare("demo", [], machine)
    assert len(workshop.calls("npm")) == 1


def test_a_soak_runs_the_battery_at_its_largest(machine: Machine) -> None:
    """The same tests, told to be many."""
    job = prepare("soak", [], machine)
    assert (job.commands[0][-1], job.environ["SYNC_BATTERY"]) == ("tests/battery", "soak")


def test_a_soak_of_histories_runs_only_those(workshop: Workshop, machine: Machine) -> None:
    """It needs neither Node nor anything else that the battery's other layers need."""
    [command] = prepare("soak", ["--histories", "500", "--seed", "7"], machine).commands
    assert command[1:] == ("-m", "tests.battery.simulation", "--histories", "500", "--seed", "7")
    assert workshop.calls("npm") == []


@pytest.mark.parametrize(("name", "module"), [("package", "tools.package"), ("bench", "emulators.bench")])
def test_arguments_are_passed_through(machine: Machine, name: str, module: str) -> None:
    """The tool behind a command reads them."""
    [command] = prepare(name, ["--this", "that"], machine).commands
    assert command[1:] == ("-m", module, "--this", "that")


def test_lint_looks_at_code_spelling_and_workflows(machine: Machine) -> None:
    """All that needs no test to be run."""
    job = prepare("lint", [], machine)
    assert [Path(command[0]).name if command[1:2] != ("-m",) else command[2] for command in job.commands] == [
        "mypy", "ruff", "ruff", "typos", "zizmor", "actionlint",
    ]  # fmt: skip
    assert job.side_by_side


def test_check_adds_the_unit_tests_and_some_scenarios(machine: Machine) -> None:
    """What it runs is there, and it is told to use both cores."""
    tests, *style = prepare("check", [], machine).commands
    assert list(map(tuple, style)) == list(prepare("lint", [], machine).commands[:4])
    assert tests[2:5] == ("pytest", "-n", "2")
    assert tests[-len(QUICK_TESTS) :] == QUICK_TESTS
    assert [path for path in QUICK_TESTS if not (ROOT / path).exists()] == []


def test_fix_repairs_before_it_formats_and_draws_last(machine: Machine) -> None:
    """A repair may leave lines that want formatting."""
    commands = [command[2:] for command in prepare("fix", [], machine).commands]
    assert commands == [
        ("ruff", "check", "--fix", "."), ("ruff", "format", "."), ("tests.documents", "--write"),
    ]  # fmt: skip
    assert prepare("docs", [], machine).commands[0][2:] == commands[-1]


def test_commands_side_by_side_are_all_told_and_the_worst_counts(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure hides nothing of the others; of one that went well only the last line is shown."""
    good = (sys.executable, "-c", "print('first'); print('last of the good')")
    bad = (sys.executable, "-c", "print('all of'); print('the bad'); raise SystemExit(3)")

    status = carry_out(Job((bad, good), os.environ, side_by_side=True), machine)

    told = capsys.readouterr().out
    assert status == 3
    assert "FAILED" in told
    assert "all of\n  the bad" in told
    assert "last of the good" in told
    assert "first" not in told


def test_a_failure_in_order_does_not_hide_the_rest(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """All commands run, and the worst status is the answer."""
    commands = tuple((sys.executable, "-c", f"print({status}); raise SystemExit({status})") for status in (3, 0, 4))
    assert carry_out(Job(commands, os.environ), machine) == 4
    assert capfd.readouterr().out.split() == ["3", "0", "4"]
