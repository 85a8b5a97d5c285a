"""`python -m emulators.bench`: what the product asks of services, storage and memory, against its bounds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table

from emulators.bench.findings import Finding
from emulators.bench.measuring import ProductEnded
from emulators.bench.situations import (
    FEWEST_CONTACTS,
    NotMeasured,
    compare_sizes,
    measure_import,
    measure_size,
    measure_ticks,
)

CANNOT_RUN = 2
INTERRUPTED = 130
SIZES = (1_000, 10_000)
PLAIN_WIDTH = 110


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; answers the exit status: 0 when every bound is kept, else 1, and 2 when it could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        measured = list(measure(options.sizes, _progress))
    except (NotMeasured, ProductEnded) as error:
        sys.stderr.write(f"bench: {error}\n")
        return CANNOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted\n")
        return INTERRUPTED
    is_ok = all(finding.ok for finding in measured)
    if options.json:
        report = {"ok": is_ok, "sizes": options.sizes, "findings": [finding.as_json() for finding in measured]}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        _show(measured)
    return 0 if is_ok else 1


def measure(sizes: Sequence[int], tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure everything."""
    yield from measure_import(tell)
    yield from measure_ticks(tell)
    by_size: list[Finding] = []
    for size in sizes:
        by_size += measure_size(size, tell)
    yield from by_size
    yield from compare_sizes(by_size, sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators.bench", description="Measurements against bounds.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument(
        "--sizes", type=_size, nargs="+", default=list(SIZES), help="numbers of contacts to measure with"
    )
    return parser


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < FEWEST_CONTACTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of contacts from {FEWEST_CONTACTS} on")
    return int(text)


def _progress(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def _show(measured: Sequence[Finding]) -> None:
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False)
    for heading in ("", "measured", "at most", ""):
        table.add_column(heading, justify="right" if heading in {"measured", "at most"} else "left")
    for group, findings in groupby(measured, key=lambda finding: finding.group):
        table.add_row(f"[bold]{group}[/bold]")
        for finding in findings:
            bound = "" if finding.bound is None else f"{finding.bound:,}"
            verdict = "" if finding.bound is None else "[green]ok[/green]" if finding.ok else "[red]NO[/red]"
            table.add_row(f"  {finding.what}", f"{finding.measured:,}", bound, verdict)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    console.print(table)
    broken = sum(not finding.ok for finding in measured)
    console.print(f"\n{broken} of {len(measured)} numbers are beyond their bound.", style="bold")


if __name__ == "__main__":
    sys.exit(main())
