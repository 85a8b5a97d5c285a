"""The tables in docs/ that are drawn from the code. `python -m tests.documents --write` draws them anew."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sync_core.connection_settings import ConnectionSettings, CustomField
from sync_core.domain.contact import Kind, Side
from sync_core.domain.fields import (
    CUSTOM_OUTLOOK_PROPERTIES,
    CUSTOM_TYPES,
    PHONE_FIELDS,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    Direction,
    Field,
)
from sync_core.domain.lifecycle import RULES, Fate, OutlookState, PipelinerState, decide
from sync_core.domain.rules import SyncType
from tests.settings_reference import APP_HEAD, HOST_HEAD, MODEL_HEAD, app_rows, host_rows, model_rows

DOCS = Path(__file__).resolve().parents[1] / "docs"

_KINDS: Mapping[Kind, str] = {
    Kind.LINE: "line",
    Kind.TEXT: "text",
    Kind.DATE: "date",
    Kind.EMAILS: "e-mail addresses",
    Kind.PHONES: "phones",
    Kind.TAGS: "tags",
}
_DIRECTIONS: Mapping[Direction, str] = {
    Direction.BOTH: "both",
    Direction.TO_OUTLOOK: "to Outlook",
    Direction.TO_PIPELINER: "to Pipeliner",
    Direction.NONE: "none",
}
FATES: Mapping[Fate, str] = {
    Fate.MERGE: "merge",
    Fate.REST: "rest",
    Fate.END: "end",
    Fate.DELETE_IN_PIPELINER: "delete in Pipeliner",
    Fate.DELETE_IN_OUTLOOK: "delete in Outlook",
    Fate.REMOVE_FROM_OUTLOOK: "remove from Outlook",
    Fate.SEND_THEN_REMOVE: "send, then remove from Outlook",
    Fate.RECREATE_IN_OUTLOOK: "create again in Outlook",
    Fate.RECREATE_IN_PIPELINER: "create again in Pipeliner",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _room(row: Field) -> str:
    if not row.kind.is_list:
        return f"{row.limit} characters"
    sides = f"{row.entries(Side.OUTLOOK)} in Outlook, {row.entries(Side.PIPELINER)} in Pipeliner"
    return f"{sides}; {row.limit} characters each"


def fields_table() -> str:
    """Every standard field with its place on both sides. Categories take no part: their room means nothing."""
    return table(
        ("field", "name", "Outlook property", "Pipeliner fields", "kind", "direction", "room"),
        (
            (
                row.label,
                _code(row.name),
                _code(row.outlook),
                _code(*row.pipeliner),
                _KINDS[row.kind],
                _DIRECTIONS[row.direction],
                _room(row) if row.direction is not Direction.NONE else "-",
            )
            for row in STANDARD_FIELDS
        ),
    )


def custom_table() -> str:
    """Every Outlook property that may be mapped to a custom field, with the field types that can hold it."""
    return table(
        ("Outlook property", "kind", "types of the Pipeliner field"),
        (
            (_code(name), _KINDS[kind], _code(*sorted(CUSTOM_TYPES[kind])))
            for name, kind in sorted(CUSTOM_OUTLOOK_PROPERTIES.items())
        ),
    )


def phones_table() -> str:
    """Which of Pipeliner's phone slots each phone field takes unless told otherwise."""
    rows = {row.name: row for row in STANDARD_FIELDS if row.name in PHONE_FIELDS}
    taken = {slot: name for name, row in rows.items() for slot in row.pipeliner}
    return table(
        ("Pipeliner slot", "phone field"),
        ((_code(slot), _code(taken[slot]) if slot in taken else "-") for slot in PHONE_SLOTS),
    )


def _states(states: frozenset[OutlookState] | frozenset[PipelinerState]) -> str:
    return " or ".join(state.value.replace("_", " ") for state in sorted(states, key=list(type(min(states))).index))


def rules_table() -> str:
    """The truth table, row by row; an empty cell fits anything."""
    protections = {None: "", True: "on", False: "off"}
    return table(
        ("Outlook", "Pipeliner", "sync type", "delete protection", "what happens", "why"),
        (
            (
                _states(rule.outlook),
                _states(rule.pipeliner),
                _code(rule.sync_type.value) if rule.sync_type else "",
                protections[rule.delete_protection],
                FATES[rule.fate],
                rule.why,
            )
            for rule in RULES
        ),
    )


def situations_tables() -> str:
    """What the truth table comes to in every situation, one table per sync type."""
    return "\n\n".join(f"### `{sync_type.value}`\n\n{_situations(sync_type)}" for sync_type in SyncType)


def _situations(sync_type: SyncType) -> str:
    return table(
        ("Outlook \\ Pipeliner", *(state.value.replace("_", " ") for state in PipelinerState)),
        ((f"**{o.value}**", *(_decided(o, p, sync_type) for p in PipelinerState)) for o in OutlookState),
    )


def _decided(outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType) -> str:
    on, off = (
        FATES[decide(outlook, pipeliner, sync_type, delete_protection=protected).fate] for protected in (True, False)
    )
    return on if on == off else f"{on}; with protection off {off}"


GENERATED: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "fields.md": {"fields": fields_table, "phones": phones_table, "custom": custom_table},
    "lifecycle.md": {"rules": rules_table, "situations": situations_tables},
    "settings.md": {
        "app": lambda: table(APP_HEAD, app_rows()),
        "host": lambda: table(HOST_HEAD, host_rows()),
        "connection": lambda: table(MODEL_HEAD, model_rows(ConnectionSettings)),
        "custom": lambda: table(MODEL_HEAD, model_rows(CustomField)),
    },
}
"""Document, name of the place in it, and what stands there."""


def places(text: str) -> list[str]:
    """Names of the generated places of a document, in order."""
    return re.findall(r"<!-- generated: (\w+) -->", text)


def redrawn(name: str, text: str) -> str:
    """Give a document with every generated place drawn anew; KeyError for a place that nobody draws."""

    def drawn(found: re.Match[str]) -> str:
        place = found["place"]
        return f"<!-- generated: {place} -->\n\n{GENERATED[name][place]()}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (?P<place>\w+) -->.*?<!-- end -->", drawn, text, flags=re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Draw all documents anew with --write; otherwise answer 1 when one is out of date."""
    stale = 0
    for name in GENERATED:
        text = (DOCS / name).read_text(encoding="utf-8")
        fresh = redrawn(name, text)
        stale += fresh != text
        if "--write" in arguments:
            (DOCS / name).write_text(fresh, encoding="utf-8")
    return 0 if "--write" in arguments else min(stale, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
