"""The unit tests find nearly every small change to the pure core."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.battery.figures import record
from tests.battery.mutants.making import ROOT
from tests.battery.sizes import size

PROCESSES = 2 if size("mutants") == 0 else 1
"""In a test run the other core has its own work."""


def test_unit_tests_kill_mutants_of_the_core() -> None:
    """At most five in a hundred survive without a reason, chance allowed for, and every reason still holds."""
    command = [sys.executable, "-m", "tests.battery.mutants", "--json"]
    command += ["--sample", str(size("mutants")), "--processes", str(PROCESSES)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))}

    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    counts = json.loads(run.stdout)
    assert counts["tried"] >= (size("mutants") or counts["made"])
    record("mutants", **counts)
