"""What a person reads: tables that fit the terminal, with nothing in them that could command it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from sync_core.cli.output import harmless
from sync_core.cli.syncing import Story, Synced
from sync_core.domain.contact import Value
from sync_core.domain.records import AttentionItem, FieldChange, Recorded, Run, RunCounts
from sync_core.state.reading import ConnectionStatus
from sync_core.state.registry import ConnectionRecord

LONGEST_VALUE = 200
"""Characters of a value that a table shows; `--json` shows all."""
NARROWEST_COLUMN = 12
"""Characters that a column of a table needs on average to be readable."""

_COUNTS = (
    ("created_in_outlook", "created in Outlook"),
    ("created_in_pipeliner", "created in Pipeliner"),
    ("updated_in_outlook", "updated in Outlook"),
    ("updated_in_pipeliner", "updated in Pipeliner"),
    ("deleted_in_outlook", "deleted in Outlook"),
    ("deleted_in_pipeliner", "deleted in Pipeliner"),
    ("linked", "linked"),
    ("conflicts", "conflicts"),
)


def line(text: str) -> Text:
    """Give one line of text that may hold what strangers wrote."""
    return Text(harmless(text))


class Rows:
    """A table: lines on a terminal, a list where that is too narrow, plain columns elsewhere. Nothing is cut off.

    The first column holds what somebody may want to copy, and is never folded.
    """

    def __init__(self, *headings: str) -> None:
        self._headings = headings
        self._rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        """Add a row; a cell may have several lines."""
        self._rows.append(tuple("\n".join(harmless(part) for part in cell.split("\n")) for cell in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it for where it goes."""
        if not console.is_terminal:
            yield self._columns()
        elif options.max_width < NARROWEST_COLUMN * len(self._headings):
            yield self._list()
        else:
            yield self._table()

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
        for index, heading in enumerate(self._headings):
            table.add_column(heading, overflow="fold", no_wrap=index == 0)
        for row in self._rows:
            table.add_row(*map(Text, row))
        return table

    def _list(self) -> Text:
        blocks = (zip(self._headings, row, strict=True) for row in self._rows)
        texts = ("\n".join(f"{heading}: {cell}" for heading, cell in block) for block in blocks)
        return Text("\n\n".join(texts), overflow="fold")

    def _columns(self) -> Text:
        rows = [self._headings, *(tuple(cell.replace("\n", " ") for cell in row) for row in self._rows)]
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows)
        return Text("\n".join(lines))


def connections_table(found: Sequence[tuple[ConnectionRecord, ConnectionStatus]]) -> Rows:
    """Show how connections stand."""
    rows = Rows("Connection", "Connects", "Links", "Waiting", "Attention", "Last run (UTC)")
    for record, status in found:
        waiting = status.waiting.outlook + status.waiting.pipeliner + status.waiting.removals
        state = "running" if status.running else record.status.value
        rows.add(
            f"{record.id}\n{state}",
            f"{record.mailbox}\n{record.folder_name}\n{record.user_email}",
            str(status.links),
            str(waiting),
            str(status.attention),
            _last_run(status.last),
        )
    return rows


def pause_lines(records: Sequence[ConnectionRecord]) -> Iterator[Text]:
    """Say why connections are paused."""
    for record in records:
        if record.message:
            yield line(f"{record.id} is {record.status.value} ({record.reason}): {record.message}")


def settings_table(record: ConnectionRecord) -> Rows:
    """Show the settings of one connection."""
    rows = Rows("Setting", "Value")
    for name, value in record.settings.model_dump(mode="json").items():
        rows.add(name, {True: "on", False: "off"}.get(value, "-") if isinstance(value, bool) else str(value or "-"))
    return rows


def history_table(entries: Sequence[Recorded]) -> Rows:
    """Show history, newest first."""
    rows = Rows("Time (UTC), link", "Deed", "What")
    for recorded in entries:
        entry = recorded.entry
        changes = [_change(change) for change in entry.changes] + [f"({entry.why})"] * bool(entry.why)
        side = entry.side.value if entry.side else ""
        rows.add(f"{_time(recorded.at)}\n{entry.link_id}", f"{entry.deed.value}\n{side}", ";\n".join(changes))
    return rows


def attention_table(waiting: Sequence[tuple[ConnectionRecord, Sequence[AttentionItem]]]) -> Rows:
    """Show what waits for a person."""
    rows = Rows("Connection", "What is wrong", "What to do", "Contact")
    for record, items in waiting:
        for item in items:
            ids = (("Outlook", item.outlook_id), ("Pipeliner", item.pipeliner_id), ("link", item.link_id))
            where = "\n".join(f"{kind} {name}" for kind, name in ids if name) or "the connection"
            rows.add(f"{record.id}\n{item.reason.value}", item.message, item.remedy, where)
    return rows


def synced_lines(synced: Synced) -> Iterator[Text]:
    """Say what a sync did, a line for each connection."""
    for story in synced.stories:
        yield line(f"connection {story.connection_id}: {_deeds(story)}{_waiting(story)}")


def _deeds(story: Story) -> str:
    counts = [run.counts for run in story.runs]
    sums = {words: sum(getattr(one, name) for one in counts) for name, words in _COUNTS}
    done = [f"{number} {words}" for words, number in sums.items() if number]
    held = counts[-1].held if counts else 0
    return ", ".join(done or ["nothing to write"]) + (f", {held} held back" if held else "")


def _waiting(story: Story) -> str:
    return f"; {story.attention} need attention (see the command attention)" if story.attention else ""


def _last_run(run: Run | None) -> str:
    if run is None:
        return "never"
    at = run.ended_at or run.started_at
    return f"{_time(at)[:-3] if at else ''}\n{run.state.value}, {_writes(run.counts)}"


def _writes(counts: RunCounts) -> str:
    return f"{counts.writes} write{'' if counts.writes == 1 else 's'}"


def _change(change: FieldChange) -> str:
    return harmless(f"{change.field}: {_value(change.old)} -> {_value(change.new)}")


def _value(value: Value) -> str:
    text = harmless(value if isinstance(value, str) else ", ".join(value))
    if not text:
        return "(blank)"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
