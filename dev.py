#!/usr/bin/env python3
"""Set up, show, test, measure and check this project with one command; needs nothing but Python.

    python3 dev.py demo [--json] [--serve]   the main job on emulated services
    python3 dev.py test [pytest arguments]   all tests; with arguments, only what they choose
    python3 dev.py soak [pytest arguments]   the battery at its largest, for hours
    python3 dev.py bench [--json]            measurements
    python3 dev.py lint                      ruff and mypy
    python3 dev.py package [--whole]         the zip that Azure runs, in dist; with --lock, its pinned hashes anew

The first run makes .venv and installs the pinned packages; later runs start at once.
"""

# Kept to the syntax of Python 3.8, so that an old interpreter can start it and be told what is missing.
from __future__ import annotations

import hashlib
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
WORKER_FROM = (3, 13)  # azure-functions-runtime, the worker library of Azure, has no older releases
NODE_FROM = 20
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
CHECKOV_REQUIREMENTS = ("requirements-checkov.txt",)  # what it pins would not go with the app's own packages
RESOURCE_TYPES = "node_modules/@azure/mcp-linux-x64/dist/azmcp"
NODE_PACKAGES = ("package.json", "package-lock.json")
STAMP = ".setup-stamp"
PROBE = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:3])))"
CANNOT_RUN = 2
INTERRUPTED = 130
CHECKED = ("sync_core", "emulators", "tests", "tools", "dev.py", "function_app.py")


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

    @property
    def strict(self) -> bool:
        """Whether leaving something out is a failure, as it is in continuous integration."""
        return self.environ.get("CI", "").lower() in {"true", "1"}

    def which(self, name: str) -> str | None:
        """Where PATH has a command, or None."""
        return shutil.which(name, path=self.environ.get("PATH", ""))

    def capture(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder and keep its output; one that cannot start has status 127."""
        try:
            return subprocess.run(
                command, cwd=self.root, env=dict(self.environ), capture_output=True, text=True, check=False
            )
        except OSError as error:
            return subprocess.CompletedProcess(command, 127, "", str(error))


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs and can make environments."""

    command: tuple[str, ...]
    version: tuple[int, ...]

    @property
    def series(self) -> str:
        """The version without its last number, such as 3.13."""
        return ".".join(map(str, self.version[:2]))


@dataclass(frozen=True)
class LeftOut:
    """A group of tests that cannot run here; the tests know it by its name."""

    name: str
    reason: str


@dataclass(frozen=True)
class Deed:
    """Commands to run in the project's folder, in order, with this environment."""

    commands: tuple[tuple[str, ...], ...]
    environ: Mapping[str, str]


def this_machine() -> Machine:
    """The machine this runs on."""
    windows = os.name == "nt"
    own = sys.executable
    if sys.prefix != sys.base_prefix:  # inside an environment, which may be the very one to be made anew
        name = "python.exe" if windows else f"bin/python{sys.version_info[0]}.{sys.version_info[1]}"
        own = str(Path(sys.base_prefix) / name)
    wheels = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return Machine(Path(__file__).resolve().parent, Path.home(), os.environ, own, windows, wheels)


def say(text: str) -> None:
    """Tell the person, beside the output that belongs to the command itself."""
    print(text, file=sys.stderr, flush=True)


def candidates(series: str, machine: Machine) -> Iterator[tuple[str, ...]]:
    """Commands that may start a Python of that series, the likeliest first."""
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
    """The Python behind a command; None where it does not start or lacks the venv module."""
    answer = machine.capture([*command, "-c", PROBE])
    version = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    if answer.returncode != 0 or version is None:
        return None
    return Interpreter(command, tuple(map(int, version.groups())))


def find_interpreter(machine: Machine) -> Interpreter:
    """Python 3.13, or the nearest the machine has.

    Raises:
        SetupError: there is none from 3.11 on.
    """
    for series in SERIES:
        for command in candidates(series, machine):
            found = probe(command, machine)
            if found is not None and found.series == series:
                return found
    raise SetupError(
        "this project needs Python 3.13 (3.11 or 3.12 will do for most of it) with its venv module, and none was"
        " found on PATH or in pyenv: install it from https://www.python.org/downloads/ or with"
        " `pyenv install 3.13`, then run this again"
    )


def fingerprint(maker: str, files: Sequence[Path]) -> str:
    """A stamp that changes with the tool that installs and with what the files ask for."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{maker} {digest.hexdigest()}\n"


def is_stamped(folder: Path, expected: str) -> bool:
    """Whether a set-up of that folder was finished with exactly this stamp."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == expected


def last_words(result: subprocess.CompletedProcess[str]) -> str:
    """The end of what a failed command said, in one line."""
    lines = [line.strip() for line in (result.stdout + "\n" + result.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return " ".join((errors or lines)[-3:]) or f"exit status {result.returncode}"


def ensure_environment(
    interpreter: Interpreter, machine: Machine, name: str = ".venv", requirements: Sequence[str] = REQUIREMENTS
) -> str:
    """The Python of a finished .venv, which is made anew unless it bears the stamp of today's requirements.

    Raises:
        SetupError: the environment cannot be made or the packages cannot be installed.
    """
    folder = machine.root / name
    python = str(folder / ("Scripts/python.exe" if machine.windows else "bin/python"))
    version = ".".join(map(str, interpreter.version))
    expected = fingerprint(version, [machine.root / file for file in requirements])
    if is_stamped(folder, expected) and Path(python).exists():
        return python
    say(f"setting up: Python {version} packages in {name} (once, about a minute)")
    (folder / STAMP).unlink(missing_ok=True)
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
    for command in (
        (*interpreter.command, "-m", "venv", "--clear", str(folder)),
        (*pip, "install", "-r", str(machine.root / requirements[-1])),
    ):
        result = machine.capture(command)
        if result.returncode != 0:
            raise SetupError(
                "the Python packages could not be installed (is the package index reachable?): " + last_words(result)
            )
    (folder / STAMP).write_text(expected, encoding="ascii")
    return python


def find_node(machine: Machine) -> str | None:
    """Why Node cannot be used, or None where it can."""
    node = machine.which("node")
    said = machine.capture([node, "--version"]).stdout.strip() if node else ""
    version = re.match(r"v(\d+)\.", said)
    if version is not None and int(version.group(1)) >= NODE_FROM and machine.which("npm"):
        return None
    found = f"found only {said}" if version and int(version.group(1)) < NODE_FROM else "node or npm is not on PATH"
    return f"they need Node {NODE_FROM} or newer with npm ({found}); install it from https://nodejs.org/"


def ensure_azurite(machine: Machine) -> str | None:
    """Why the pinned storage emulator cannot be had, or None once it is installed."""
    problem = find_node(machine)
    npm = machine.which("npm")
    if problem is not None or npm is None:
        return problem
    folder = machine.root / "node_modules"
    expected = fingerprint("npm", [machine.root / name for name in NODE_PACKAGES])
    if is_stamped(folder, expected):
        return None
    say("setting up: the Azurite storage emulator in node_modules (once, about half a minute)")
    result = machine.capture([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"])
    if result.returncode != 0:
        return "npm could not install it (is the package registry reachable?): " + last_words(result)
    (folder / STAMP).write_text(expected, encoding="ascii")
    return None


def missing_types(machine: Machine) -> str | None:
    """Why Microsoft's catalogue of resource types cannot be used, or None where it is installed."""
    if (machine.root / RESOURCE_TYPES).exists():
        return None
    return "the catalogue of Azure resource types comes for x86-64 Linux only; test there, or in continuous integration"


def missing_worker(interpreter: Interpreter) -> str | None:
    """Why Azure's worker library cannot be used, or None where it can."""
    if interpreter.version >= WORKER_FROM:
        return None
    return f"azure-functions-runtime needs Python 3.13 and this is {interpreter.series}; install Python 3.13"


def missing_target(interpreter: Interpreter, machine: Machine) -> str | None:
    """Why the deployed package cannot be run, or None where it can."""
    if machine.wheels and interpreter.series == SERIES[0]:
        return None
    return f"the package is for Python {SERIES[0]} on x86-64 Linux; test it there, or in continuous integration"


def accept(left_out: Sequence[LeftOut], machine: Machine) -> None:
    """Say what will not be tested.

    Raises:
        SetupError: something is left out in continuous integration.
    """
    for piece in left_out:
        say(f"left out: the tests marked '{piece.name}': {piece.reason}")
    if left_out and machine.strict:
        names = " and ".join(piece.name for piece in left_out)
        raise SetupError(f"with CI=true nothing may be left out, and {names} would be")


def prepare_tests(interpreter: Interpreter, arguments: Sequence[str], machine: Machine) -> Deed:
    """All tests with their coverage bound, or the ones chosen by arguments without it."""
    worker = missing_worker(interpreter)
    target = None if worker else missing_target(interpreter, machine)
    left_out = [LeftOut(name, reason) for name, reason in (("functions", worker), ("package", target)) if reason]
    accept(left_out, machine)
    azurite = ensure_azurite(machine)
    if azurite:
        left_out.append(LeftOut("azurite", azurite))
        accept(left_out[-1:], machine)
    types = azurite or missing_types(machine)
    if types:
        left_out.append(LeftOut("bicep", types))
        accept(left_out[-1:], machine)
    python = ensure_environment(interpreter, machine)
    checkov = ensure_environment(interpreter, machine, ".venv-checkov", CHECKOV_REQUIREMENTS)
    chosen = tuple(arguments) or ("--cov=sync_core", "--cov-branch", "--cov-report=term", "--cov-fail-under=95")
    without = ",".join(piece.name for piece in left_out)
    command = (python, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *chosen)
    return Deed((command,), {**machine.environ, "SYNC_TESTS_WITHOUT": without, "SYNC_CHECKOV": checkov})


def prepare(name: str, arguments: Sequence[str], machine: Machine) -> Deed:
    """Set up what a command needs and answer what is to be run.

    Raises:
        SetupError: the command is unknown or something it needs is missing.
    """
    if name not in {"demo", "test", "soak", "bench", "lint", "package"}:
        raise SetupError(f"there is no command '{name}'; there are demo, test, soak, bench, lint and package")
    interpreter = find_interpreter(machine)
    if interpreter.series != SERIES[0]:
        say(f"Python {SERIES[0]}, which Azure runs, was not found; going on with {interpreter.series}")
    if name == "test":
        return prepare_tests(interpreter, arguments, machine)
    if name == "soak":
        deed = prepare_tests(interpreter, arguments or ("tests/battery",), machine)
        return Deed(deed.commands, {**deed.environ, "SYNC_BATTERY": "soak"})
    python = ensure_environment(interpreter, machine)
    if name == "demo" and missing_worker(interpreter) is None:
        ensure_azurite(machine)  # for the chapter on Azure Functions; the demo itself says when it is left out
    if name == "package":
        return Deed(((python, "-m", "tools.package", *arguments),), machine.environ)
    if name == "lint":
        return Deed(
            (
                (python, "-m", "ruff", "check", "."),
                (python, "-m", "ruff", "format", "--check", "."),
                (python, "-m", "mypy", *CHECKED),
            ),
            machine.environ,
        )
    return Deed(((python, "-m", f"emulators.{name}", *arguments),), machine.environ)


def run(command: Sequence[str], environ: Mapping[str, str], root: Path) -> int:
    """Run a command to its end and answer its exit status, 128 + n for one that signal n ended."""
    with subprocess.Popen(command, cwd=root, env=dict(environ)) as child:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            child.wait()  # the terminal interrupted it as well
            raise
    return status if status >= 0 else 128 - status


def carry_out(deed: Deed, machine: Machine) -> int:
    """Run all commands and answer the worst exit status; a single command takes this process's place."""
    if len(deed.commands) == 1 and not machine.windows:
        command = deed.commands[0]
        os.chdir(machine.root)
        os.execve(command[0], command, dict(deed.environ))  # noqa: S606 - so that signals reach the command itself
    return max(run(command, deed.environ, machine.root) for command in deed.commands)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; answers the exit status."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else CANNOT_RUN
    machine = this_machine()
    try:
        return carry_out(prepare(arguments[0], arguments[1:], machine), machine)
    except SetupError as error:
        say(f"dev.py: {error}")
        return CANNOT_RUN
    except KeyboardInterrupt:
        say("dev.py: interrupted")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
