"""dev.py sets up what it needs, once, and says plainly what it cannot have."""

import ast
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from tests.tooling.fake_tools import Workshop

# A shell that runs the suite in the background makes its processes deaf to Ctrl-C; this gives the hearing back.
AS_IN_A_TERMINAL = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for Python and Node are shell scripts")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A project on a machine with Python 3.8 and nothing else."""
    workshop = Workshop(tmp_path)
    workshop.add_project()
    workshop.add_python("own/python", "3.8.18")
    return workshop


def run_dev(workshop: Workshop, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of dev.py in the project."""
    script = shutil.copy(dev.__file__, workshop.root)
    command = [sys.executable, "-c", AS_IN_A_TERMINAL, str(script), *arguments]
    return subprocess.run(
        command, env=workshop.environ(**environ), capture_output=True, text=True, timeout=60, check=False
    )


def test_an_old_python_can_start_it() -> None:
    """Python 3.8 understands the script, so that it can say what is missing."""
    ast.parse(Path(dev.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_python_3_13_on_path_is_taken_first(workshop: Workshop) -> None:
    """The version Azure runs comes before newer and older ones."""
    for series in ("3.11", "3.12", "3.13", "3.14"):
        workshop.add_python(f"bin/python{series}", f"{series}.2")
    assert dev.find_interpreter(workshop.machine()).version == (3, 13, 2)


@pytest.mark.parametrize("setting", [{}, {"PYENV_ROOT": "{folder}/home/.pyenv"}])
def test_pyenv_is_searched_for_its_newest_release(workshop: Workshop, setting: dict[str, str]) -> None:
    """Versions count as numbers, and builds of another kind are passed over."""
    for name in ("3.13.9", "3.13.10", "3.12.1"):
        workshop.add_python(f"home/.pyenv/versions/{name}/bin/python", name)
    workshop.add_python("home/.pyenv/versions/3.13.11t/bin/python", "3.13.11")
    environ = {key: value.format(folder=workshop.folder) for key, value in setting.items()}
    assert dev.find_interpreter(workshop.machine(**environ)).version == (3, 13, 10)


def test_a_shim_without_a_python_behind_it_is_passed_over(workshop: Workshop) -> None:
    """A command of the right name proves nothing until it has answered; then the own interpreter serves."""
    workshop.write("bin/python3.13", "#!/bin/sh\nexit 127\n")
    workshop.add_python("bin/python3.12", "3.11.9")
    workshop.add_python("own/python", "3.12.4")
    assert dev.find_interpreter(workshop.machine()).command == (str(workshop.folder / "own" / "python"),)


def test_without_any_python_one_sentence_says_what_to_install(workshop: Workshop) -> None:
    """An old interpreter alone ends in a message, not in a trace."""
    with pytest.raises(dev.SetupError, match=r"needs Python 3\.13 .* install it from https://www\.python\.org"):
        dev.prepare("demo", [], workshop.machine())


def test_the_own_interpreter_is_never_one_inside_an_environment() -> None:
    """The environment that runs dev.py may be the one that has to be made anew."""
    own = Path(dev.this_machine().own_python)
    assert own.exists()
    assert sys.prefix == sys.base_prefix or not own.is_relative_to(sys.prefix)


def test_an_unknown_command_names_the_known_ones(workshop: Workshop) -> None:
    """A misspelt command sets nothing up."""
    result = run_dev(workshop, "tset")
    assert (result.returncode, result.stdout) == (dev.CANNOT_RUN, "")
    assert "no command 'tset'; there are demo, test, soak, bench, lint and package" in result.stderr
    assert not (workshop.root / ".venv").exists()


def test_a_second_run_installs_nothing(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """The stamp of the first run is believed, and nothing is said about setting up."""
    workshop.add_python("bin/python3.13", "3.13.0")
    first = dev.prepare("demo", ["--json"], workshop.machine())
    assert "setting up: Python 3.13.0" in capsys.readouterr().err
    assert dev.prepare("demo", ["--json"], workshop.machine()) == first
    assert first.commands == ((str(workshop.root / ".venv/bin/python"), "-m", "emulators.demo", "--json"),)
    assert (len(workshop.calls("-m venv")), len(workshop.calls("-m pip"))) == (1, 1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("file", dev.REQUIREMENTS)
def test_changed_requirements_are_installed(workshop: Workshop, file: str) -> None:
    """A change in any requirement file makes the environment anew."""
    workshop.add_python("bin/python3.13", "3.13.0")
    dev.prepare("demo", [], workshop.machine())
    workshop.write(f"project/{file}", "something else\n")
    dev.prepare("demo", [], workshop.machine())
    assert len(workshop.calls("-m pip")) == 2


def test_another_interpreter_makes_the_environment_anew(workshop: Workshop) -> None:
    """Packages built for one Python are not used with another."""
    workshop.add_python("bin/python3.13", "3.13.0")
    dev.prepare("demo", [], workshop.machine())
    workshop.add_python("bin/python3.13", "3.13.1")
    dev.prepare("demo", [], workshop.machine())
    assert len(workshop.calls("-m venv --clear")) == 2


def test_a_half_made_environment_is_made_anew(workshop: Workshop) -> None:
    """Without the stamp that ends a set-up, an environment counts for nothing."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_python("project/.venv/bin/python", "3.13.0")
    dev.prepare("demo", [], workshop.machine())
    assert (len(workshop.calls("-m venv --clear")), len(workshop.calls("-m pip"))) == (1, 1)


def test_a_failed_installation_is_explained_and_tried_again(workshop: Workshop) -> None:
    """What pip said is in the message, and the next run starts over."""
    workshop.add_python("bin/python3.13", "3.13.0")
    with pytest.raises(dev.SetupError, match=r"is the package index reachable\?\): ERROR: no such index$"):
        dev.prepare("demo", [], workshop.machine(PIP_FAILS="yes"))
    dev.prepare("demo", [], workshop.machine())
    assert len(workshop.calls("-m pip")) == 2


def test_a_whole_machine_leaves_nothing_out(workshop: Workshop) -> None:
    """With Python 3.13 and Node, all tests run with the coverage bound, also in continuous integration."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    deed = dev.prepare("test", [], workshop.machine(CI="true"))
    assert deed.environ["SYNC_TESTS_WITHOUT"] == ""
    assert "--cov-fail-under=95" in deed.commands[0]
    assert workshop.calls("npm") == ["npm ci --no-audit --no-fund --ignore-scripts"]


def test_azurite_is_installed_once(workshop: Workshop) -> None:
    """A second run calls npm only when what is pinned has changed."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    for _ in range(2):
        dev.prepare("test", [], workshop.machine())
    assert len(workshop.calls("npm")) == 1
    workshop.write("project/package-lock.json", "another version\n")
    dev.prepare("test", [], workshop.machine())
    assert len(workshop.calls("npm")) == 2


def test_chosen_tests_have_no_coverage_bound(workshop: Workshop) -> None:
    """Arguments go to pytest as they are."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    [command] = dev.prepare("test", ["-k", "merge"], workshop.machine()).commands
    assert command[-2:] == ("-k", "merge")
    assert not [argument for argument in command if argument.startswith("--cov")]


@pytest.mark.parametrize(
    ("node", "npm", "reason"),
    [(None, False, "node or npm is not on PATH"), ("v18.9.0", True, "found only v18.9.0"), ("v20.1.0", False, "npm")],
)
def test_without_node_the_azurite_tests_are_left_out_aloud(
    workshop: Workshop, capsys: pytest.CaptureFixture[str], node: str | None, npm: bool, reason: str
) -> None:
    """One sentence names what is left out, why, and the remedy; the tests are told."""
    workshop.add_python("bin/python3.13", "3.13.0")
    if node:
        workshop.add_node(node, npm=npm)
    deed = dev.prepare("test", [], workshop.machine())
    notices = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert ["'azurite'" in notices[0], "'bicep'" in notices[1], len(notices)] == [True, True, 2]
    assert all(reason in notice and "https://nodejs.org/" in notice for notice in notices)
    assert deed.environ["SYNC_TESTS_WITHOUT"] == "azurite,bicep"


def test_without_the_catalogue_its_tests_are_left_out_aloud(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Microsoft's catalogue of resource types is a package for Linux; elsewhere npm passes it over."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    deed = dev.prepare("test", [], workshop.machine(NOT_ON_LINUX="yes"))
    assert "left out: the tests marked 'bicep': the catalogue of Azure resource types" in capsys.readouterr().err
    assert deed.environ["SYNC_TESTS_WITHOUT"] == "bicep"


def test_checkov_has_an_environment_of_its_own(workshop: Workshop) -> None:
    """What it pins does not touch the app's packages; it is made once, and anew only for its own requirements."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    for _ in range(2):
        deed = dev.prepare("test", [], workshop.machine())
    assert deed.environ["SYNC_CHECKOV"] == str(workshop.root / ".venv-checkov/bin/python")
    assert len(workshop.calls("requirements-checkov.txt")) == 1
    workshop.write("project/requirements-checkov.txt", "another version\n")
    dev.prepare("test", [], workshop.machine())
    assert len(workshop.calls("requirements-checkov.txt")) == 2
    assert len(workshop.calls("requirements-dev.txt")) == 1


def test_an_unreachable_registry_leaves_azurite_out(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """What npm said is passed on, and the next run tries again."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    deed = dev.prepare("test", [], workshop.machine(NPM_FAILS="yes"))
    assert "npm error network" in capsys.readouterr().err
    assert deed.environ["SYNC_TESTS_WITHOUT"] == "azurite,bicep"
    assert dev.prepare("test", [], workshop.machine()).environ["SYNC_TESTS_WITHOUT"] == ""


def test_an_older_python_leaves_the_worker_tests_out_aloud(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest Python below 3.13 serves, for everything but Azure's worker library."""
    workshop.add_python("bin/python3.11", "3.11.9")
    workshop.add_python("bin/python3.12", "3.12.4")
    workshop.add_node()
    deed = dev.prepare("test", [], workshop.machine())
    said = capsys.readouterr().err
    assert "going on with 3.12" in said
    assert "left out: the tests marked 'functions': azure-functions-runtime needs Python 3.13" in said
    assert deed.environ["SYNC_TESTS_WITHOUT"] == "functions"


@pytest.mark.parametrize(("python", "node", "piece"), [("3.12", True, "functions"), ("3.13", False, "azurite")])
def test_continuous_integration_leaves_nothing_out(workshop: Workshop, python: str, node: bool, piece: str) -> None:
    """With CI=true a missing piece is a failure, before anything is installed."""
    workshop.add_python(f"bin/python{python}", f"{python}.0")
    if node:
        workshop.add_node()
    with pytest.raises(dev.SetupError, match=f"with CI=true nothing may be left out, and {piece} would be"):
        dev.prepare("test", [], workshop.machine(CI="true"))
    assert workshop.calls("-m pip") == []


def test_the_demo_needs_no_node(workshop: Workshop) -> None:
    """Without Node it runs all the same, and leaves the chapter on Azure Functions out."""
    workshop.add_python("bin/python3.13", "3.13.0")
    deed = dev.prepare("demo", [], workshop.machine(CI="true"))
    assert deed.commands[0][1:] == ("-m", "emulators.demo")


def test_the_demo_takes_azurite_where_it_can_be_had(workshop: Workshop) -> None:
    """One command is to show the product through the real Functions worker too."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    dev.prepare("demo", [], workshop.machine())
    assert len(workshop.calls("npm")) == 1


def test_a_soak_runs_the_battery_at_its_largest(workshop: Workshop) -> None:
    """The same tests, told to be many."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_node()
    deed = dev.prepare("soak", [], workshop.machine())
    assert (deed.commands[0][-1], deed.environ["SYNC_BATTERY"]) == ("tests/battery", "soak")


def test_the_package_is_built_by_its_own_tool(workshop: Workshop) -> None:
    """Without Node, and with the arguments as they are."""
    workshop.add_python("bin/python3.13", "3.13.0")
    [command] = dev.prepare("package", ["--whole"], workshop.machine()).commands
    assert command[1:] == ("-m", "tools.package", "--whole")


@pytest.mark.parametrize(("python", "wheels"), [("3.14", True), ("3.13", False)])
def test_another_machine_than_azures_leaves_the_package_tests_out_aloud(
    workshop: Workshop, capsys: pytest.CaptureFixture[str], python: str, wheels: bool
) -> None:
    """The package can be built there, but not run."""
    workshop.add_python(f"bin/python{python}", f"{python}.0")
    workshop.add_node()
    deed = dev.prepare("test", [], dataclasses.replace(workshop.machine(), wheels=wheels))
    assert "left out: the tests marked 'package': the package is for Python 3.13 on x86-64" in capsys.readouterr().err
    assert deed.environ["SYNC_TESTS_WITHOUT"] == "package"


def test_the_childs_output_and_exit_status_are_passed_on(workshop: Workshop) -> None:
    """Output on stdout belongs to the command, what dev.py has to say goes to stderr."""
    workshop.add_python("bin/python3.13", "3.13.0")
    result = run_dev(workshop, "demo", "--json", CHILD_STATUS="5")
    assert (result.returncode, result.stdout) == (5, "ran -m emulators.demo --json without=\n")
    assert result.stderr == "setting up: Python 3.13.0 packages in .venv (once, about a minute)\n"


def test_lint_runs_every_check_and_fails_with_any(workshop: Workshop) -> None:
    """A finding of the first check does not hide those of the others."""
    workshop.add_python("bin/python3.13", "3.13.0")
    result = run_dev(workshop, "lint", CHILD_STATUS="3")
    assert result.returncode == 3
    assert [line.split()[2] for line in result.stdout.splitlines()] == ["ruff", "ruff", "mypy"]


def test_an_interruption_is_one_line(workshop: Workshop) -> None:
    """Ctrl-C while packages are installed ends without a trace, and the next run repairs what was left."""
    workshop.add_python("bin/python3.13", "3.13.0")
    never = workshop.folder / "never"
    os.mkfifo(never)
    result = run_dev(workshop, "demo", INTERRUPTED_IN_PIP=str(never))
    assert result.returncode == dev.INTERRUPTED
    assert result.stderr.splitlines()[1:] == ["dev.py: interrupted"]
    assert run_dev(workshop, "demo").returncode == 0
