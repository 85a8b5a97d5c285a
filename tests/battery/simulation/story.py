"""A story: one world and what happens in it, as plain data that can be kept, replayed, cut and read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: an action by its name, with its arguments."""

    action: str
    given: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Show the step as a call."""
        return f"{self.action}({_listed(self.given)})"


@dataclass(frozen=True, slots=True)
class Story:
    """A world (connections, habits of both services, people at the start) and its steps. It holds no randomness."""

    seed: int
    world: Json
    steps: tuple[Step, ...]

    def without(self, start: int, end: int) -> Story:
        """Return the story without the steps from `start` up to `end`."""
        return replace(self, steps=(*self.steps[:start], *self.steps[end:]))

    def with_world(self, **changes: Any) -> Story:
        """Return the same steps in a changed world."""
        return replace(self, world={**self.world, **changes})

    def lines(self) -> list[str]:
        """Tell the story, one line a step."""
        people = [f"person({_listed(person)})" for person in self.world["people"]]
        connections = [f"connection({_listed(item)})" for item in self.world["connections"]]
        habits = {name: self.world[name] for name in ("graph", "crm", "app") if self.world.get(name)}
        return [f"world({_listed(habits)})", *connections, *people, *map(str, self.steps)]

    def as_json(self) -> Json:
        """Write the story."""
        steps = [{"action": step.action, **_plain(step.given)} for step in self.steps]
        return {"seed": self.seed, "world": self.world, "steps": steps}


def story_from(stored: Mapping[str, Any]) -> Story:
    """Read a stored story; KeyError when it is none."""
    return Story(stored["seed"], dict(stored["world"]), tuple(step_from(item) for item in stored["steps"]))


def step_from(stored: Mapping[str, Any]) -> Step:
    """Read a stored step."""
    given = {name: value for name, value in stored.items() if name != "action"}
    return Step(stored["action"], given)


def load(path: Path) -> Story:
    """Read a story from its file."""
    return story_from(json.loads(path.read_text(encoding="utf-8")))


def keep(story: Story, folder: Path, name: str) -> Path:
    """Store a story, so that it can be replayed when the generator has long changed."""
    path = folder / f"{name}.json"
    text = json.dumps(story.as_json(), indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _listed(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in given.items())


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and "action" in value:
        return str(step_from(value))
    if isinstance(value, Mapping):
        return f"{{{_listed(value)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return repr(value)


def _plain(given: Mapping[str, Any]) -> Json:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in given.items()}
