"""The commands of `dev.py`: what each one sets up, and what it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dev import Interpreter, Machine, ensure_environment
from tools.dev.pieces import ensure_node_packages, missing_worker, what_is_left_out
from tools.dev.running import Job

CHECKED = ("sync_core", "emulators", "tests", "tools", "dev.py", "function_app.py")
WORKFLOWS = ".github/workflows"
QUICK_TESTS = (
    "tests/unit",
    "tests/scenarios/test_two_way.py",
    "tests/scenarios/test_merging.py",
    "tests/scenarios/test_recovery.py",
)
"""What `check` runs: the unit tests, and scenarios of whole runs, at least a dozen."""
WORKERS = ("-n", "2")
COVERAGE = ("--cov=sync_core", "--cov-branch", "--cov-report=term", "--cov-fail-under=95")
BATTERY = "tests/battery"
"""Run for what it finds: counting what it covers would double its time."""
CHECKOV_REQUIREMENTS = "requirements-checkov.txt"
"""What it pins would not go with the app's own packages."""

Prepare = Callable[[Interpreter, Sequence[str], Machine], Job]


def demo(interpreter: Interpreter, arguments: Sequence[str], machine: Machine) -> Job:
    """Show the main job. Where it can be had, Azurite serves the chapter on Azure Functions."""
    if missing_worker(interpreter) is None:
        ensure_node_packages(machine)
    return Job((_module(machine, "emulators.demo", *arguments),), machine.environ)


def bench(_: Interpreter, arguments: Sequence[str], machine: Machine) -> Job:
    """Measure."""
    return Job((_module(machine, "emulators.bench", *arguments),), machine.environ)


def package(_: Interpreter, arguments: Sequence[str], machine: Machine) -> Job:
    """Build the zip that Azure runs."""
    return Job((_module(machine, "tools.package", *arguments),), machine.environ)


def docs(_: Interpreter, __: Sequence[str], machine: Machine) -> Job:
    """Draw the generated parts of the documents."""
    return Job((_module(machine, "tests.documents", "--write"),), machine.environ)


def fix(_: Interpreter, __: Sequence[str], machine: Machine) -> Job:
    """Repair what can be repaired without a thought, then draw the documents."""
    commands = (
        _module(machine, "ruff", "check", "--fix", "."),
        _module(machine, "ruff", "format", "."),
        _module(machine, "tests.documents", "--write"),
    )
    return Job(commands, machine.environ)


def lint(_: Interpreter, __: Sequence[str], machine: Machine) -> Job:
    """Look at code, spelling and workflows, side by side."""
    commands = (
        *_style(machine),
        (str(machine.program(".venv", "zizmor")), "--offline", "--quiet", WORKFLOWS),
        (str(machine.program(".venv", "actionlint")),),
    )
    return Job(commands, machine.environ, side_by_side=True)


def check(_: Interpreter, __: Sequence[str], machine: Machine) -> Job:
    """Look at what a minute can show, side by side: what a change has most likely broken."""
    tests = _module(machine, "pytest", *WORKERS, "-q", *QUICK_TESTS)
    return Job((tests, *_style(machine)), machine.environ, side_by_side=True)


def test(interpreter: Interpreter, arguments: Sequence[str], machine: Machine) -> Job:
    """Run the battery, and all other tests with the coverage bound; or only what arguments choose."""
    left_out = what_is_left_out(interpreter, machine)
    checkov = ensure_environment(interpreter, machine, ".venv-checkov", CHECKOV_REQUIREMENTS)
    without = ",".join(piece.name for piece in left_out)
    parts = (arguments,) if arguments else ((f"--ignore={BATTERY}", *COVERAGE), (BATTERY,))
    commands = tuple(_module(machine, "pytest", *WORKERS, *part) for part in parts)
    return Job(commands, {**machine.environ, "SYNC_TESTS_WITHOUT": without, "SYNC_CHECKOV": checkov})


def soak(interpreter: Interpreter, arguments: Sequence[str], machine: Machine) -> Job:
    """Run the battery at its largest; with --histories only histories of the simulated office."""
    if any(argument.startswith("--histories") for argument in arguments):
        return Job((_module(machine, "tests.battery.simulation", *arguments),), machine.environ)
    job = test(interpreter, arguments or (BATTERY,), machine)
    return Job(job.commands, {**job.environ, "SYNC_BATTERY": "soak"})


PREPARE: Mapping[str, Prepare] = {
    "demo": demo,
    "check": check,
    "fix": fix,
    "docs": docs,
    "test": test,
    "soak": soak,
    "bench": bench,
    "lint": lint,
    "package": package,
}


def _style(machine: Machine) -> tuple[tuple[str, ...], ...]:
    return (
        _module(machine, "mypy", *CHECKED),
        _module(machine, "ruff", "check", "."),
        _module(machine, "ruff", "format", "--check", "."),
        (str(machine.program(".venv", "typos")),),
    )


def _module(machine: Machine, name: str, *arguments: str) -> tuple[str, ...]:
    return (str(machine.program(".venv", "python")), "-m", name, *arguments)
