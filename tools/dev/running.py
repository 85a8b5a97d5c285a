"""Running the commands of a job: one in the place of this process, several side by side or one after the other."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from dev import Machine


@dataclass(frozen=True, slots=True)
class Job:
    """Commands to run in the project's folder with this environment.

    They run in order, or `side_by_side` where they are independent of each other, to use all cores.
    """

    commands: tuple[tuple[str, ...], ...]
    environ: Mapping[str, str]
    side_by_side: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended that ran beside others."""

    command: tuple[str, ...]
    status: int
    took_s: float
    output: str

    def __str__(self) -> str:
        """Show of a command that failed everything it wrote, of another the last line."""
        lines = self.output.rstrip().splitlines()
        head = f"{'FAILED' if self.status else 'ok'}  {name_of(self.command)}  {self.took_s:.1f} s"
        return "\n  ".join([head, *(lines if self.status else lines[-1:])])


def carry_out(job: Job, machine: Machine) -> int:
    """Run all commands and return the worst exit status; a single command takes this process's place."""
    if job.side_by_side:
        return _side_by_side(job, machine.root)
    if len(job.commands) == 1 and not machine.windows:
        command = job.commands[0]
        os.chdir(machine.root)
        os.execve(command[0], command, dict(job.environ))  # noqa: S606 - so that signals reach the command itself
    return max(_run(command, job.environ, machine.root) for command in job.commands)


def name_of(command: Sequence[str]) -> str:
    """Return how a command is called: its tool, without the path, and of ruff what it is to do."""
    if command[1:2] != ("-m",):
        return Path(command[0]).stem
    return " ".join(command[2:4]) if command[2] == "ruff" else command[2]


def _run(command: Sequence[str], environ: Mapping[str, str], root: Path) -> int:
    with subprocess.Popen(command, cwd=root, env=dict(environ)) as child:
        try:
            child.wait()
        except KeyboardInterrupt:
            child.wait()  # the terminal interrupted it as well
            raise
    return _status(child.returncode)


def _side_by_side(job: Job, root: Path) -> int:
    with ThreadPoolExecutor(len(job.commands)) as pool:
        running = [pool.submit(_kept, command, job.environ, root) for command in job.commands]
        worst = 0
        for done in as_completed(running):
            print(done.result(), flush=True)
            worst = max(worst, done.result().status)
    return worst


def _kept(command: tuple[str, ...], environ: Mapping[str, str], root: Path) -> Ended:
    """Run a command and keep what it writes, so that it does not mix with what others write."""
    began = time.monotonic()
    ended = subprocess.run(
        command, cwd=root, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    took_s = time.monotonic() - began
    return Ended(command, _status(ended.returncode), took_s, ended.stdout.decode(errors="replace"))


def _status(status: int) -> int:
    """Return an exit status as shells know it: 128 + n for a process that signal n ended."""
    return status if status >= 0 else 128 - status
