"""Shows the demo to a person: in colour in a terminal, as plain text elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emulators.demo.runner import Check, Report, StepReport, Told

PLAIN_WIDTH = 110


class Stage:
    """Prints to stdout."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        self._console = Console(width=None if is_terminal else PLAIN_WIDTH, highlight=False, emoji=False)
        self._shown = 0

    def open(self, graph_url: str, crm_url: str) -> None:
        """Return what is about to be seen."""
        self._say("[bold]Outlook and Pipeliner, kept the same[/bold]")
        self._say(f"Emulated Microsoft Graph on {graph_url}, emulated Pipeliner on {crm_url};")
        self._say("msgraph-sdk, requests and the state in SQLite are the real ones.")

    def tell(self, report: StepReport) -> None:
        """Show one step."""
        self._shown += 1
        self._say(f"\n[bold]{self._shown:>2}  {escape(report.name)}[/bold]")
        if report.told is not None:
            self._tell_what_happened(report.told)
        if report.problem:
            self._say(f"    [red]did not come to its end:[/red] {escape(report.problem)}")
        usage = report.usage
        stored = "not counted" if usage.storage_operations is None else usage.storage_operations
        self._say(
            f"    [dim]requests to Graph {usage.graph_requests}, to Pipeliner {usage.pipeliner_requests}, "
            f"storage operations {stored}, {report.seconds:.1f} s[/dim]"
        )

    def leave_out(self, reason: str) -> None:
        """Return what is not shown."""
        self._say(f"\n    [yellow]left out:[/yellow] {escape(reason)}")

    def close(self, report: Report) -> None:
        """Sum up."""
        good = sum(step.ok for step in report.steps)
        colour = "green" if report.ok else "red"
        self._say(f"\n[bold {colour}]{good} of {len(report.steps)} steps came out as expected.[/bold {colour}]")

    def invite(self, environment: Mapping[str, str]) -> None:
        """Return how the command line can be tried on the running services."""
        self._say("\n[bold]The emulators keep running.[/bold] In another terminal, in this folder:\n")
        setting = '$env:{}="{}"' if os.name == "nt" else "export {}='{}'"
        python = ".venv\\Scripts\\python.exe" if os.name == "nt" else ".venv/bin/python"
        for name, value in environment.items():
            self._console.print(setting.format(name, value), markup=False, soft_wrap=True)
        for command in ("status", "sync", "history", "attention"):
            self._say(f"{python} -m sync_core {command}")
        self._say("\nCtrl-C ends it.")

    def _tell_what_happened(self, told: Told) -> None:
        self._say(f"    {escape(told.action)}\n")
        table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False)
        for heading in ("    ", "Outlook", "Pipeliner"):
            table.add_column(heading, header_style="bold", overflow="fold")
        table.add_row("    before", escape(told.before.outlook), escape(told.before.pipeliner))
        table.add_row("", "", "")
        table.add_row("    after", escape(told.after.outlook), escape(told.after.pipeliner))
        self._console.print(table)
        self._say("")
        for check in told.checks:
            self._judge(check)
        for note in told.notes:
            self._say(f"    [dim]{escape(note)}[/dim]")

    def _judge(self, check: Check) -> None:
        mark = "[green]ok[/green]" if check.ok else "[red]NO[/red]"
        self._say(f"    {mark}  {escape(check.what)}")
        if not check.ok:
            self._say(f"        expected {escape(check.expected)}")
            self._say(f"        found    {escape(check.found)}")

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
