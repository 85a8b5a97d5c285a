"""What commands show: tables that fit the terminal and can command nothing, and the views of the API as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from sync_core.cli.output import Json, harmless
from sync_core.cli.syncing import Story, Synced
from sync_core.domain import AttentionItem, Recorded, Ruling, Run, Value
from sync_core.operations.asking import Overview
from sync_core.operations.duplicates import PossibleDuplicate
from sync_core.operations.questions import Named, item_id, outlook_ids_of, pipeliner_ids_of
from sync_core.operations.views import attention_view, connection_view, overview_view, recorded_view, run_view
from sync_core.state import AuditEntry, ConnectionRecord, HistoryPage

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
    """Return one line of text that may hold what strangers wrote."""
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


def overview_document(found: Overview) -> Json:
    """Write a connection with how it stands."""
    return connection_view(found.record) | (overview_view(found) or {"attention": found.attention})


def synced_document(synced: Synced) -> Json:
    """Write what a sync did."""
    stories = [
        {
            "id": story.connection_id,
            "runs": [run_view(run) for run in story.runs],
            "attention": story.attention,
            "removals": story.removals,
            "removals_due": story.removals_due.isoformat() if story.removals_due else None,
            "problem": "; ".join(story.problem.faults) if story.problem else "",
        }
        for story in synced.stories
    ]
    feed_problem = "; ".join(synced.feed_problem.faults) if synced.feed_problem else ""
    return {"feed": {"rows": synced.feed_rows, "problem": feed_problem}, "synced": stories}


def history_document(connection_id: str, page: HistoryPage) -> Json:
    """Write history, newest first; `next` is the id to ask for more with, None at the end."""
    return {
        "connection": connection_id,
        "entries": [recorded_view(recorded) for recorded in page.entries],
        "next": page.next,
    }


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person on one connection, with what its contacts are called now."""

    record: ConnectionRecord
    items: Sequence[AttentionItem]
    named: Named


def attention_document(waiting: Sequence[Waiting]) -> Json:
    """Write what waits for a person, of each connection."""
    return {
        "items": [
            {"connection": found.record.id} | attention_view(item, found.named)
            for found in waiting
            for item in found.items
        ]
    }


def connections_table(found: Sequence[Overview]) -> Rows:
    """Show how connections stand."""
    rows = Rows("Connection", "Connects", "Links", "Waiting", "Attention", "Last run (UTC)")
    for item in found:
        record, summary = item.record, item.summary
        rows.add(
            f"{record.id}\n{'running' if summary and summary.running else record.status.value}",
            f"{record.mailbox}\n{record.folder_name}\n{record.user_email}",
            str(summary.links) if summary else "?",
            str(sum(astuple(summary.waiting))) if summary else "?",
            str(item.attention),
            _last_run(summary.last) if summary else "?",
        )
    return rows


def trouble_lines(found: Sequence[Overview]) -> Iterator[Text]:
    """Return why connections are paused, and what of them cannot be read."""
    for item in found:
        record = item.record
        if record.message:
            yield line(f"{record.id} is {record.status.value} ({record.reason}): {record.message}")
        if item.problem:
            yield line(f"{record.id}: {item.problem}")
        if item.summary and item.removals_due:
            yield line(f"{record.id}: {_awaited(item.summary.waiting.removals, item.removals_due)}")


def settings_table(record: ConnectionRecord) -> Rows:
    """Show the settings of one connection."""
    rows = Rows("Setting", "Value")
    for name, value in connection_view(record)["settings"].items():
        rows.add(name, {True: "on", False: "off"}.get(value, "-") if isinstance(value, bool) else str(value or "-"))
    return rows


def history_table(entries: Sequence[Recorded]) -> Rows:
    """Show history, newest first."""
    rows = Rows("Time (UTC), link", "Action", "What")
    for recorded in entries:
        entry = recorded.entry
        changes = [
            harmless(f"{change.field}: {_value(change.old)} -> {_value(change.new)}") for change in entry.changes
        ] + [f"({entry.why})"] * bool(entry.why)
        side = entry.side.value if entry.side else ""
        rows.add(f"{_time(recorded.at)}\n{entry.link_id}", f"{entry.action.value}\n{side}", ";\n".join(changes))
    return rows


def attention_table(waiting: Sequence[Waiting]) -> Rows:
    """Show what waits for a person."""
    rows = Rows("Connection, item", "What is wrong", "What to do", "Contact")
    for found in waiting:
        for item in found.items:
            answers = f"\nAnswer: {', '.join(item.choices)}" if item.choices else ""
            rows.add(
                f"{found.record.id}\n{item_id(item)}",
                f"{item.message}\n{item.reason.value}{', put off' if item.later else ''}",
                item.remedy + answers,
                "\n".join(_contacts(item, found.named)) or "the connection",
            )
    return rows


def _contacts(item: AttentionItem, named: Named) -> Iterator[str]:
    """Return a line for each contact of an item: where it is, its id, and what it is called now."""
    sides: tuple[tuple[str, Sequence[str], Mapping[str, str] | None], ...] = (
        ("Outlook", outlook_ids_of(item), named.of_outlook(item)),
        ("Pipeliner", pipeliner_ids_of(item), named.of_pipeliner(item)),
    )
    for side, ids, names in sides:
        yield from (f"{side} {one} {(names or {}).get(one, '')}".rstrip() for one in ids)
    if item.link_id:
        yield f"link {item.link_id}"


def duplicates_table(found: Sequence[PossibleDuplicate]) -> Rows:
    """Show contacts that may be one person with others, which their user may not see."""
    rows = Rows("Connection, time (UTC)", "Created in Pipeliner", "May be the same")
    for one in found:
        rows.add(f"{one.connection_id}\n{_time(one.since)}", one.pipeliner_id, "\n".join(one.others))
    return rows


def rulings_table(rulings: Sequence[Ruling]) -> Rows:
    """Show what was decided about who is who."""
    rows = Rows("Ruling", "Time (UTC)", "Decided", "By", "About")
    for ruling in rulings:
        decided = f"{ruling.kind.value}{', in the whole space' if ruling.for_space else ''}"
        rows.add(ruling.id, _time(ruling.at), decided, ruling.by, "\n".join(sorted(ruling.about.ids)))
    return rows


def audit_table(entries: Sequence[AuditEntry]) -> Rows:
    """Show who did what."""
    rows = Rows("Time (UTC), id", "Who, from", "Act", "Result", "What")
    for entry in entries:
        changed = [f"{name}: {_told(old)} -> {_told(new)}" for name, (old, new) in entry.changed.items()]
        about = [part for part in (entry.connection_id, entry.detail, entry.why, *changed) if part]
        who = f"{entry.actor.who}\n{entry.actor.origin.value}"
        rows.add(f"{_time(entry.at)}\n{entry.id}", who, entry.act.value, entry.result.value, harmless("; ".join(about)))
    return rows


def _told(value: object) -> str:
    return "-" if value is None else str(value)


def synced_lines(synced: Synced) -> Iterator[Text]:
    """Return what a sync did, a line for each connection."""
    for story in synced.stories:
        waiting = f"; {_awaited(story.removals, story.removals_due)}" if story.removals_due else ""
        asking = f"; {story.attention} need attention (see the command attention)" if story.attention else ""
        yield line(f"connection {story.connection_id}: {_actions(story)}{waiting}{asking}")


def _awaited(removals: int, due: datetime) -> str:
    noun = "missing contact waits" if removals == 1 else "missing contacts wait"
    return f"{removals} {noun} until {_time(due)[:-3]} UTC for a return or a replacement, before anything is deleted"


def _actions(story: Story) -> str:
    counts = [run.counts for run in story.runs]
    sums = {words: sum(getattr(one, name) for one in counts) for name, words in _COUNTS}
    done = [f"{number} {words}" for words, number in sums.items() if number]
    held = counts[-1].awaiting_approval if counts else 0
    return ", ".join(done or ["nothing to write"]) + (f", {held} held back" if held else "")


def _last_run(run: Run | None) -> str:
    if run is None:
        return "never"
    at = run.ended_at or run.started_at
    writes = run.counts.writes
    return f"{_time(at)[:-3] if at else ''}\n{run.state.value}, {writes} write{'' if writes == 1 else 's'}"


def _value(value: Value) -> str:
    text = harmless(value if isinstance(value, str) else ", ".join(value))
    if not text:
        return "(blank)"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
