#!/usr/bin/env python3
"""Set up, show, check, test, measure and package this project with one command; needs nothing but Python.

    python3 dev.py demo [--json] [--serve]   the main job on emulated services
    python3 dev.py check                     lint, types, spelling, unit tests and a dozen scenarios, in a minute
    python3 dev.py fix                       format, repair what is safe to repair, draw the generated docs
    python3 dev.py docs                      draw the generated docs only
    python3 dev.py test [pytest arguments]   all tests; with arguments, only what they choose
    python3 dev.py soak [pytest arguments]   the battery at its largest, for hours
    python3 dev.py soak --histories N [--seed S]   only so many histories of the simulated office, from that seed on
    python3 dev.py bench [arguments]         measurements
    python3 dev.py lint                      ruff, mypy, spelling, and the workflows of GitHub
    python3 dev.py package [--whole]         the zip that Azure runs, in dist; with --lock, its pinned hashes anew

The first run makes .venv and installs the pinned packages; later runs install what has changed and start at once.
"""

# This file only starts: it finds a Python, makes the environment and hands over to tools/dev. It is kept to the syntax
# of Python 3.8 and the standard library, so that an old interpreter can start it and be told what is missing.
from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SERIES = ("3.13", "3.14", "3.12", "3.11")  # in order of preference: Azure runs the app on 3.13
PROBE = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:3])))"
COMMANDS = ("demo", "check", "fix", "docs", "test", "soak", "bench", "lint", "package")
REQUIREMENTS = "requirements-dev.txt"
CANNOT_RUN = 2
INTERRUPTED = 130


class SetupError(Exception):
    """Something is missing that this cannot provide; the message names it and the remedy."""


@dataclass(frozen=True)
class Machine:
    """What surrounds the project: all that decides how it is set up."""

    root: Path
    home: Path
    environ: Mapping[str, str]
    own_python: str
    windows: bool
    wheels: bool = True
    """Whether it can run the wheels of the deployed package, which are for Linux on x86-64."""

    def which(self, name: str) -> str | None:
        """Return where PATH has a command, or None."""
        return shutil.which(name, path=self.environ.get("PATH", ""))

    def capture(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder and keep its output; one that cannot start has status 127."""
        try:
            return subprocess.run(
                command, cwd=self.root, env=dict(self.environ), capture_output=True, text=True, check=False
            )
        except OSError as error:
            return subprocess.CompletedProcess(command, 127, "", str(error))

    def program(self, folder: str, name: str) -> Path:
        """Return where an environment in the project's folder has a program."""
        inner = f"Scripts/{name}.exe" if self.windows else f"bin/{name}"
        return self.root / folder / inner


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs and can make environments."""

    command: tuple[str, ...]
    version: tuple[int, ...]

    @property
    def series(self) -> str:
        """The version without its last number, such as 3.13."""
        return ".".join(map(str, self.version[:2]))


def this_machine() -> Machine:
    """Return the machine this runs on."""
    windows = os.name == "nt"
    own = sys.executable
    if sys.prefix != sys.base_prefix:  # inside an environment, which may be the very one to be made anew
        name = "python.exe" if windows else f"bin/python{sys.version_info[0]}.{sys.version_info[1]}"
        own = str(Path(sys.base_prefix) / name)
    wheels = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return Machine(Path(__file__).resolve().parent, Path.home(), os.environ, own, windows, wheels)


def tell(text: str) -> None:
    """Write to the person, beside the output that belongs to the command itself."""
    print(text, file=sys.stderr, flush=True)


def candidates(series: str, machine: Machine) -> Iterator[tuple[str, ...]]:
    """Yield commands that may start a Python of that series, the likeliest first."""
    on_path = machine.which("python" + series)
    if on_path:
        yield (on_path,)
    pyenv = Path(machine.environ.get("PYENV_ROOT") or machine.home / ".pyenv")
    folders = [path for path in pyenv.glob(f"versions/{series}.*") if re.fullmatch(r"[\d.]+", path.name)]
    for folder in sorted(folders, key=lambda path: int(path.name.split(".")[2]), reverse=True):
        yield (str(folder / ("python.exe" if machine.windows else "bin/python")),)
    launcher = machine.which("py") if machine.windows else None
    if launcher:
        yield (launcher, "-" + series)
    yield (machine.own_python,)


def probe(command: tuple[str, ...], machine: Machine) -> Interpreter | None:
    """Return the Python behind a command; None where it does not start or lacks the venv module."""
    answer = machine.capture([*command, "-c", PROBE])
    version = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    if answer.returncode != 0 or version is None:
        return None
    return Interpreter(command, tuple(map(int, version.groups())))


def find_interpreter(machine: Machine) -> Interpreter:
    """Return the Python that SYNC_PYTHON names; without it 3.13, or the nearest the machine has.

    Raises:
        SetupError: there is none from 3.11 on.
    """
    wanted = machine.environ.get("SYNC_PYTHON")
    for series in (wanted,) if wanted else SERIES:
        for command in candidates(series, machine):
            found = probe(command, machine)
            if found is not None and found.series == series:
                return found
    raise SetupError(
        "this project needs Python 3.13 (3.11 or 3.12 will do for most of it) with its venv module, and none was"
        " found on PATH or in pyenv: install it from https://www.python.org/downloads/ or with"
        " `pyenv install 3.13`, then run this again"
    )


def last_words(result: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a failed command wrote, in one line."""
    lines = [line.strip() for line in (result.stdout + "\n" + result.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " ".join((errors or lines)[-3:]) or f"exit status {result.returncode}"


def ensure_environment(interpreter: Interpreter, machine: Machine, folder: str, requirements: str) -> str:
    """Return the Python of an environment that holds what a file of requirements pins.

    An environment of another Python is made anew. In one of the same, uv installs what differs, and finds within a
    moment and without the network that nothing does. It does not read pip's configuration, where a mirror may be set:
    so pip is the second try.

    Raises:
        SetupError: the environment cannot be made or the packages cannot be installed.
    """
    python = str(machine.program(folder, "python"))
    uv = str(machine.program(".venv", "uv"))
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install")
    if version_of(machine.root / folder) != interpreter.version or not Path(python).exists():
        version = ".".join(map(str, interpreter.version))
        tell(f"setting up: Python {version} packages in {folder} (once, up to a minute)")
        must(machine, (*interpreter.command, "-m", "venv", "--clear", str(machine.root / folder)))
    if not Path(uv).exists():
        must(machine, (*pip, pinned("uv", machine)))
    quickly = (uv, "pip", "install", "--quiet", "--python", python, "--requirement", requirements)
    if machine.capture(quickly).returncode != 0:
        must(machine, (*pip, "--requirement", requirements))
    return python


def version_of(folder: Path) -> tuple[int, ...]:
    """Return the version of the Python that an environment was made with; empty where there is none."""
    marks = folder / "pyvenv.cfg"
    lines = marks.read_text(encoding="utf-8").splitlines() if marks.is_file() else []
    found = next((line.partition("=")[2] for line in lines if line.partition("=")[0].strip() == "version"), "")
    return tuple(int(part) for part in found.strip().split(".") if part.isdigit())


def pinned(name: str, machine: Machine) -> str:
    """Return the line of the requirements that pins a package."""
    lines = (machine.root / REQUIREMENTS).read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(name + "=="))


def must(machine: Machine, command: Sequence[str]) -> None:
    """Run a command of the set-up.

    Raises:
        SetupError: it failed.
    """
    result = machine.capture(command)
    if result.returncode != 0:
        raise SetupError(
            "the Python packages could not be installed (is the package index reachable?): " + last_words(result)
        )


def start(arguments: Sequence[str], machine: Machine) -> tuple[str, ...]:
    """Make the environment and return the command that carries out the rest in it.

    Raises:
        SetupError: the command is unknown or something it needs is missing.
    """
    if arguments[0] not in COMMANDS:
        known = f"{', '.join(COMMANDS[:-1])} and {COMMANDS[-1]}"
        raise SetupError(f"there is no command '{arguments[0]}'; there are {known}")
    interpreter = find_interpreter(machine)
    if interpreter.series != SERIES[0]:
        tell(f"Python {SERIES[0]}, which Azure runs, was not found; going on with {interpreter.series}")
    return (ensure_environment(interpreter, machine, ".venv", REQUIREMENTS), "-m", "tools.dev", *arguments)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks and return the exit status."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else CANNOT_RUN
    machine = this_machine()
    try:
        command = start(arguments, machine)
        os.chdir(machine.root)
        if machine.windows:
            return subprocess.run(command, check=False).returncode
        os.execv(command[0], command)  # noqa: S606 - so that signals reach the command itself
    except SetupError as error:
        tell(f"dev.py: {error}")
        return CANNOT_RUN
    except KeyboardInterrupt:
        tell("dev.py: interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
