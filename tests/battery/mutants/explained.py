"""Survivors that no test can find, each with the reason why the changed program does the same in every case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.battery.mutants.making import Mutant

TABLE = Path(__file__).with_name("explained.toml")


def explained() -> dict[str, str]:
    """Read the table: the mutant as a run prints it -> why it is no other behaviour."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["equivalent"]
    return {mutant: row["reason"] for row in rows for mutant in row["mutants"]}


def stale(reasons: Mapping[str, str], made: Sequence[Mutant], modules: Sequence[str]) -> list[str]:
    """Name the explanations of mutants that are no longer made, as their line was changed."""
    names = {str(mutant.name) for mutant in made}
    return [name for name in reasons if name.split(".")[0] in modules and name not in names]
