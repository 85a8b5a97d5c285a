"""The workload of the comparison with vdirsyncer, in small: nothing lost, doubled or wrongly gone after any fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.battery.figures import record
from tests.battery.sizes import size
from tests.battery.vdirsyncer_subject import Subject, subject

WRITES = ("upload", "update", "delete")
ROUNDS = 4
FAULTS = size("shared_workload")
"""How many of the three faults each call meets."""


class Crash(BaseException):
    """The process dies here."""


class LostReply(Exception):
    """The call was done and nobody was told."""


@dataclass
class At:
    """Raises at one call, before or after its effect."""

    at: int
    when: str
    error: Callable[[], BaseException]
    seen: int = 0

    def check(self, when: str) -> None:
        """Count a call, and raise at the one that was chosen."""
        self.seen += when == "before"
        if self.seen == self.at and when == self.when:
            self.at = 0
            raise self.error()


@dataclass(slots=True)
class Someone:
    """A person of the small workload."""

    key: str
    given: str
    family: str
    company: str = "Nordwind AG"
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ("+43 1 1234567", "+43 1 7654321", "+43 664 123")
    street: str = "Ring 1"
    city: str = "Graz"
    note: str = ""

    def vcard(self) -> str:
        """Return a text to compare."""
        return repr(self)


@dataclass(slots=True)
class Edit:
    """An edit of the small workload."""

    side: str
    key: str
    contact: Someone | None = None


@dataclass(slots=True)
class Habits:
    """How the sides behave."""

    storage: str = "memory"
    latency_s: float = 0.0
    conflict: str | None = "a wins"
    normalising_b: bool = True
    silent_b: bool = True


def someone(number: int) -> Someone:
    """Make a person of their own."""
    return Someone(f"k{number}", "Ada", f"Berg-{number}", emails=(f"ada{number}@x.test",))


EDITS = (
    Edit("a", "k1", replace(someone(1), city="Wien", phones=("+43 2 1111111",))),
    Edit("b", "k2", replace(someone(2), note="from b")),
    Edit("a", "k4", someone(4)),
    Edit("b", "k5", someone(5)),
    Edit("b", "k3"),
)
WANTED = {
    key: person.vcard()
    for key, person in {edit.key: edit.contact for edit in EDITS if edit.contact is not None}.items()
}


def edited(workdir: Path) -> Subject:
    """Make a subject whose three people were synced and then edited."""
    workdir.mkdir()
    made = subject(workdir, Habits())
    made.populate("a", [someone(1), someone(3)])
    made.populate("b", [someone(2), someone(3)])
    assert made.sync() == []
    for edit in EDITS:
        made.apply(edit)
    return made


def outcome(made: Subject) -> Counter[str]:
    """Restart, sync until it must be quiet, and count what is wrong."""
    wrong: Counter[str] = Counter()
    made.restart()
    for _ in range(ROUNDS):
        made.probe.counts.clear()
        wrong.update(made.sync())
    wrong["not quiet"] += any(made.probe.counts[f"{side}.{name}"] for side in "ab" for name in WRITES)
    wrong["wrong on a"] += made.snapshot("a") != WANTED
    wrong["wrong on b"] += made.snapshot("b") != WANTED
    return +wrong


@pytest.mark.parametrize(
    ("place", "when", "error"), [(0, "before", Crash), (1, "after", Crash), (2, "after", LostReply)]
)
def test_a_fault_at_any_call_leaves_no_trace(
    tmp_path: Path, place: int, when: str, error: Callable[[], BaseException]
) -> None:
    """A small workload of ours: a trial per request and per operation of the store; in a soak with every fault."""
    clean = edited(tmp_path / "clean")
    clean.probe.fault = counter = At(0, when, error)
    clean.sync()
    clean.close()

    chosen = [at for at in range(1, counter.seen + 1) if (at - place) % 3 < FAULTS]
    for at in chosen:
        made = edited(tmp_path / str(at))
        made.probe.fault = At(at, when, error)
        with suppress(Crash):
            made.sync()
        made.probe.fault = At(0, when, error)
        assert not outcome(made), at
        made.close()
    record("shared workload", small_trials=len(chosen))
