"""Planting one design bug into the product at run time, and taking it out again.

This is no mock: the product runs whole, with one decision of its design made wrong. The scenarios must notice.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from tests.scenarios.world import OPEN_WORLDS

Scenario = Callable[..., Awaitable[None]]
"""A test of `tests/scenarios`: it builds its own world and fails by raising."""


class Patch:
    """Attributes of the product that are replaced until `undo`."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        """Replace what a class or module itself defines; KeyError when it does not (any more)."""
        self._before.append((owner, name, vars(owner)[name]))
        setattr(owner, name, value)

    def everywhere(self, function: Callable[..., Any], value: Callable[..., Any]) -> None:
        """Replace a function in every module of the product that holds it."""
        modules = [module for name, module in sys.modules.items() if name.split(".")[0] == "sync_core"]
        for module in modules:
            for name in [name for name, held in vars(module).items() if held is function]:
                self.put(module, name, value)

    def undo(self) -> None:
        """Put everything back."""
        while self._before:
            setattr(*self._before.pop())


@dataclass(frozen=True, slots=True)
class Bug:
    """One wrong decision, how to make it, and scenarios that must notice it."""

    name: str
    sentence: str
    plant: Callable[[Patch], None]
    found_by: tuple[Scenario, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have the bug in the product for as long as the block runs."""
        patch = Patch()
        try:
            self.plant(patch)
            yield
        finally:
            patch.undo()


@dataclass(frozen=True, slots=True)
class Bed:
    """The bugs of one theme, in the order in which they were planted."""

    bugs: list[Bug] = field(default_factory=list)

    def bug(self, *found_by: Scenario) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
        """Register a function that plants a bug; its name and docstring say which."""

        def register(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
            self.bugs.append(Bug(plant.__name__, plant.__doc__ or "", plant, found_by))
            return plant

        return register


def problem_in(scenario: Scenario) -> str:
    """Run a scenario with all its parameters; returns what is wrong first, "" when nothing is."""
    for given in variants(scenario):
        try:
            asyncio.run(_whole(scenario, given))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a bug may show as any error, a planned crash included
            return f"{type(error).__name__}: {error}"
    return ""


def variants(scenario: Scenario) -> Iterator[Mapping[str, Any]]:
    """Return the arguments of each run that pytest would make of a scenario."""
    axes = [list(_axis(*mark.args)) for mark in getattr(scenario, "pytestmark", ()) if mark.name == "parametrize"]
    for chosen in product(*axes):
        yield {name: value for given in chosen for name, value in given.items()}


def _axis(names: str | tuple[str, ...], values: Iterator[Any]) -> Iterator[dict[str, Any]]:
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    for value in values:
        yield dict(zip(split, (value,) if len(split) == 1 else value, strict=True))


async def _whole(scenario: Scenario, given: Mapping[str, Any]) -> None:
    try:
        await scenario(**given)
    finally:
        while OPEN_WORLDS:
            await OPEN_WORLDS.pop().store.close()
