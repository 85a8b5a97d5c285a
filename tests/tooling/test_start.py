"""dev.py finds a Python, makes the environment once, and says plainly what it cannot have."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from tests.tooling.fake_tools import Workshop
from tools.dev.commands import PREPARE

# A shell that runs the suite in the background makes its processes deaf to Ctrl-C; this gives the hearing back.
AS_IN_A_TERMINAL = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for Python and uv are shell scripts")


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
        dev.start(["demo"], workshop.machine())


def test_another_python_than_azures_is_named(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest Python below 3.13 serves."""
    workshop.add_python("bin/python3.11", "3.11.9")
    workshop.add_python("bin/python3.12", "3.12.4")
    dev.start(["demo"], workshop.machine())
    assert "Python 3.13, which Azure runs, was not found; going on with 3.12" in capsys.readouterr().err


def test_a_series_can_be_asked_for(workshop: Workshop) -> None:
    """Continuous integration runs the oldest one too, whatever else its machine has."""
    for series in ("3.11", "3.12", "3.13"):
        workshop.add_python(f"bin/python{series}", f"{series}.2")
    assert dev.find_interpreter(workshop.machine(SYNC_PYTHON="3.11")).version == (3, 11, 2)
    with pytest.raises(dev.SetupError):
        dev.find_interpreter(workshop.machine(SYNC_PYTHON="3.14"))


def test_the_own_interpreter_is_never_one_inside_an_environment() -> None:
    """The environment that runs dev.py may be the one that has to be made anew."""
    own = Path(dev.this_machine().own_python)
    assert own.exists()
    assert sys.prefix == sys.base_prefix or not own.is_relative_to(sys.prefix)


def test_every_command_is_known_to_the_start_and_told_in_its_help() -> None:
    """The start knows the names, tools/dev what they do, and --help says both."""
    told = {line.split()[2] for line in (dev.__doc__ or "").splitlines() if line.startswith("    python3 dev.py ")}
    assert set(dev.COMMANDS) == set(PREPARE) == told


def test_an_unknown_command_names_the_known_ones(workshop: Workshop) -> None:
    """A misspelt command sets nothing up."""
    result = run_dev(workshop, "tset")
    assert (result.returncode, result.stdout) == (dev.CANNOT_RUN, "")
    assert "no command 'tset'; there are demo, check, fix, docs, test, soak, bench, lint and package" in result.stderr
    assert not (workshop.root / ".venv").exists()


def test_a_second_run_makes_nothing_and_says_nothing(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    """The environment stands; uv alone is asked whether it still holds what the requirements pin."""
    workshop.add_python("bin/python3.13", "3.13.0")
    first = dev.start(["demo", "--json"], workshop.machine())
    assert "setting up: Python 3.13.0" in capsys.readouterr().err
    assert dev.start(["demo", "--json"], workshop.machine()) == first
    assert first == (str(workshop.root / ".venv/bin/python"), "-m", "tools.dev", "demo", "--json")
    assert (len(workshop.calls("-m venv")), len(workshop.calls("-m pip")), len(workshop.calls("uv pip"))) == (1, 1, 2)
    assert capsys.readouterr().err == ""


def test_uv_is_installed_as_pinned_and_brings_the_rest(workshop: Workshop) -> None:
    """One package is installed by pip, of the version that the requirements name."""
    workshop.add_python("bin/python3.13", "3.13.0")
    dev.start(["demo"], workshop.machine())
    assert workshop.calls("-m pip")[0].endswith("install uv==1.2.3")
    assert workshop.calls("uv pip")[0].endswith("--requirement requirements-dev.txt")


def test_where_uv_cannot_install_pip_does(workshop: Workshop) -> None:
    """A mirror that only pip is told of serves as well."""
    workshop.add_python("bin/python3.13", "3.13.0")
    dev.start(["demo"], workshop.machine(UV_FAILS="yes"))
    assert workshop.calls("-m pip")[-1].endswith("install --requirement requirements-dev.txt")


def test_another_interpreter_makes_the_environment_anew(workshop: Workshop) -> None:
    """Packages built for one Python are not used with another."""
    workshop.add_python("bin/python3.13", "3.13.0")
    dev.start(["demo"], workshop.machine())
    workshop.add_python("bin/python3.13", "3.13.1")
    dev.start(["demo"], workshop.machine())
    assert len(workshop.calls("-m venv --clear")) == 2


def test_an_environment_without_its_mark_is_made_anew(workshop: Workshop) -> None:
    """A Python alone is no environment."""
    workshop.add_python("bin/python3.13", "3.13.0")
    workshop.add_python("project/.venv/bin/python", "3.13.0")
    dev.start(["demo"], workshop.machine())
    assert (len(workshop.calls("-m venv --clear")), len(workshop.calls("-m pip"))) == (1, 1)


def test_a_failed_installation_is_explained_and_tried_again(workshop: Workshop) -> None:
    """What pip said is in the message, and the next run goes on where that one ended."""
    workshop.add_python("bin/python3.13", "3.13.0")
    with pytest.raises(dev.SetupError, match=r"is the package index reachable\?\): ERROR: no such index$"):
        dev.start(["demo"], workshop.machine(PIP_FAILS="yes"))
    dev.start(["demo"], workshop.machine())
    assert len(workshop.calls("-m pip")) == 2
    assert len(workshop.calls("uv pip")) == 1


def test_the_childs_output_and_exit_status_are_passed_on(workshop: Workshop) -> None:
    """Output on stdout belongs to the command, what dev.py has to say goes to stderr."""
    workshop.add_python("bin/python3.13", "3.13.0")
    result = run_dev(workshop, "demo", "--json", CHILD_STATUS="5")
    assert (result.returncode, result.stdout) == (5, "ran -m tools.dev demo --json without=\n")
    assert result.stderr == "setting up: Python 3.13.0 packages in .venv (once, up to a minute)\n"


def test_an_interruption_is_one_line(workshop: Workshop) -> None:
    """Ctrl-C while packages are installed ends without a trace, and the next run repairs what was left."""
    workshop.add_python("bin/python3.13", "3.13.0")
    never = workshop.folder / "never"
    os.mkfifo(never)
    result = run_dev(workshop, "demo", INTERRUPTED_IN_PIP=str(never))
    assert result.returncode == dev.INTERRUPTED
    assert result.stderr.splitlines()[1:] == ["dev.py: interrupted"]
    assert run_dev(workshop, "demo").returncode == 0
