"""The report as tables: for a terminal, or in Markdown for the README."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from emulators.bench.costs import Cost
from emulators.bench.findings import Finding
from emulators.bench.situations import LABELS

PLAIN_WIDTH = 150
LEGEND = (
    "Each cell has three runs, one tick apart: the one that brings the change over / the one after it, in which our"
    " own writes come back / the next one, which has nothing to do. The tick before a run belongs to it."
)
_COLUMNS: tuple[tuple[str, Callable[[Cost], float | None]], ...] = (
    ("Graph requests", lambda cost: cost.graph_requests),
    ("Pipeliner requests", lambda cost: cost.pipeliner_requests),
    ("state operations", lambda cost: cost.state_operations),
    ("transactions", lambda cost: cost.state_transactions),
    ("index operations", lambda cost: cost.index_operations),
    ("CPU s", lambda cost: round(cost.cpu_s, 2)),
)


def show(found: Sequence[Finding], costs: Sequence[Cost]) -> None:
    """Print everything to a terminal."""
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    for heading, rows in cost_tables(costs):
        table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False)
        for number, name in enumerate(heading):
            table.add_column(name, justify="right" if number else "left", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print()
    if costs:
        console.print(LEGEND + "\n")
    console.print(_bounded(found))
    broken = sum(not finding.ok for finding in found)
    console.print(f"\n{broken} of {len(found)} numbers are beyond their bound.", style="bold")


def markdown(found: Sequence[Finding], costs: Sequence[Cost]) -> str:
    """Return everything as Markdown tables."""
    drawn = [_markdown_table(heading, rows) for heading, rows in cost_tables(costs)]
    bounded = [(finding.group, finding.what, *_told(finding)) for finding in found if finding.bound is not None]
    return "\n\n".join([*drawn, LEGEND, _markdown_table(("", "", "measured", "at most"), bounded, names=2)])


def cost_tables(costs: Sequence[Cost]) -> Iterator[tuple[Sequence[str], list[Sequence[str]]]]:
    """Draw up one table for each number of contacts: its heading and its rows."""
    for size in sorted({cost.contacts for cost in costs}):
        rows: list[Sequence[str]] = []
        of_size = (cost for cost in costs if cost.contacts == size)
        for situation, steps in groupby(of_size, key=lambda cost: cost.situation):
            rows.append(_row(situation, list(steps)))
        yield (f"{size:,} contacts", *(name for name, _ in _COLUMNS), "peak MB"), rows


def _row(situation: str, steps: Sequence[Cost]) -> Sequence[str]:
    cells = [" / ".join(f"{column(cost):,}" for cost in steps) for _, column in _COLUMNS]
    peak = steps[-1].peak_mb
    return LABELS[situation], *cells, "" if peak is None else f"{peak:.0f}"


def _bounded(found: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False)
    for heading in ("", "measured", "at most", ""):
        table.add_column(heading, justify="right" if heading in {"measured", "at most"} else "left")
    for group, findings in groupby(found, key=lambda finding: finding.group):
        table.add_row(f"[bold]{group}[/bold]")
        for finding in findings:
            verdict = "" if finding.bound is None else "[green]ok[/green]" if finding.ok else "[red]NO[/red]"
            table.add_row(f"  {finding.what}", *_told(finding), verdict)
    return table


def _told(finding: Finding) -> tuple[str, str]:
    return f"{finding.measured:,}", "" if finding.bound is None else f"{finding.bound:,}"


def _markdown_table(heading: Sequence[str], rows: Sequence[Sequence[str]], names: int = 1) -> str:
    """Draw a table of which so many columns, from the left, are names and the others numbers."""
    rule = ["---"] * names + ["---:"] * (len(heading) - names)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, rule, *rows))
