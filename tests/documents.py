"""Tables in docs/ and the example of settings, drawn from the code. `python -m tests.documents --write` draws anew."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from sync_core.connection_settings import CustomField
from sync_core.domain import (
    CUSTOM_OUTLOOK_PROPERTIES,
    CUSTOM_TYPES,
    PHONE_FIELDS,
    PHONE_SLOTS,
    RIGHTS,
    RULES,
    STANDARD_FIELDS,
    Direction,
    Field,
    Kind,
    Level,
    Mark,
    OutlookState,
    PipelinerState,
    Relation,
    Resolution,
    Right,
    Rule,
    ShareMode,
    Side,
    Situation,
    SyncType,
    rule_for,
    situations,
)
from sync_core.domain.identity import TABLE, WORDS, Verdict
from tests.interface_reference import (
    CHOICES_HEAD,
    COMMANDS_HEAD,
    ENDPOINTS_HEAD,
    RIGHTS_HEAD,
    choice_rows,
    command_rows,
    endpoint_rows,
    rights_rows,
)
from tests.settings_reference import (
    APP_HEAD,
    CONNECTION_HEAD,
    HOST_HEAD,
    MODEL_HEAD,
    app_rows,
    connection_rows,
    example_file,
    host_rows,
    model_rows,
)
from tests.situations import can_be_seen, seen_situations
from tests.unit.domain.identity.examples import EXAMPLES, Example

DOCS = Path(__file__).resolve().parents[1] / "docs"

_KINDS: Mapping[Kind, str] = {
    Kind.LINE: "line",
    Kind.TEXT: "text",
    Kind.NOTE: "note",
    Kind.DATE: "date",
    Kind.PHONE: "phone",
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
RESOLUTIONS: Mapping[Resolution, str] = {
    Resolution.MERGE: "merge",
    Resolution.DORMANT: "dormant",
    Resolution.END: "end",
    Resolution.DELETE_IN_PIPELINER: "delete in Pipeliner",
    Resolution.DELETE_IN_OUTLOOK: "delete in Outlook",
    Resolution.REMOVE_FROM_OUTLOOK: "remove from Outlook",
    Resolution.SEND_THEN_REMOVE: "send, then remove from Outlook",
    Resolution.RECREATE_IN_OUTLOOK: "create again in Outlook",
    Resolution.RECREATE_IN_PIPELINER: "create again in Pipeliner",
}
STATES: Mapping[OutlookState | PipelinerState, str] = {
    state: state.value.replace("_", " ") for kind in (OutlookState, PipelinerState) for state in kind
}
MARKS: Mapping[Mark, str] = {
    Mark.NONE: "no mark",
    Mark.DORMANT: "dormant",
    Mark.OURS_IN_OUTLOOK: "removing in Outlook",
    Mark.OURS_IN_PIPELINER: "removing in Pipeliner",
}
_KEPT = "dormant (kept in Pipeliner only)"
_GONE = {OutlookState.DELETED, OutlookState.MOVED}


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


def _either(names: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _outlook_states(rule: Rule) -> str:
    """Name the Outlook states of a row, without those that are never seen beside its Pipeliner states."""
    beside = rule.pipeliner or frozenset(PipelinerState)
    seen = [o for o in OutlookState if o in (rule.outlook or ()) and any(can_be_seen(o, p) for p in beside)]
    return _either([STATES[state] for state in seen]) if seen else ""


def _pipeliner_states(rule: Rule) -> str:
    seen = [state for state in PipelinerState if state in (rule.pipeliner or ())]
    return _either([STATES[state] for state in seen]) if seen else ""


def rules_table() -> str:
    """The truth table, row by row; an empty cell fits anything."""
    protections = {None: "", True: "on", False: "off"}
    return table(
        ("", "Outlook", "Pipeliner", "mark", "sync type", "delete protection", "right", "what happens", "why"),
        (
            (
                str(number),
                _outlook_states(rule),
                _pipeliner_states(rule),
                MARKS[rule.mark] if rule.mark else "",
                _code(rule.sync_type.value) if rule.sync_type else "",
                protections[rule.delete_protection],
                _either([RIGHT_WORDS[right] for right in Right if right in (rule.right or ())] or [""]),
                RESOLUTIONS[rule.resolution],
                rule.why,
            )
            for number, rule in enumerate(RULES, 1)
        ),
    )


def situations_tables() -> str:
    """What the truth table comes to for links without a mark, one table per sync type."""
    return "\n\n".join(f"### `{sync_type.value}`\n\n{_situations(sync_type)}" for sync_type in SyncType)


def _situations(sync_type: SyncType) -> str:
    return table(
        ("Outlook \\ Pipeliner", *(STATES[state] for state in PipelinerState)),
        ((f"**{STATES[o]}**", *(_decided(o, p, Mark.NONE, sync_type) for p in PipelinerState)) for o in OutlookState),
    )


def marks_tables() -> str:
    """What the truth table comes to where a mark makes a difference, one table per mark."""
    return "\n\n".join(f"### Marked: {MARKS[mark]}\n\n{_marked(mark)}" for mark in Mark if mark is not Mark.NONE)


def _marked(mark: Mark) -> str:
    differing = {
        (seen.outlook, seen.pipeliner): None
        for seen in situations()
        if seen.mark is mark
        and can_be_seen(seen.outlook, seen.pipeliner)
        and rule_for(seen).resolution is not rule_for(replace(seen, mark=Mark.NONE)).resolution
    }
    return table(
        ("Outlook", "Pipeliner", *(_code(sync_type.value) for sync_type in SyncType)),
        ((STATES[o], STATES[p], *(_decided(o, p, mark, sync_type) for sync_type in SyncType)) for o, p in differing),
    )


def narrower_table() -> str:
    """Where a link without a mark fares otherwise because its contact is not the user's to delete."""
    differing = {
        (seen.outlook, seen.pipeliner): None
        for seen in seen_situations()
        if seen.mark is Mark.NONE
        and rule_for(seen).resolution is not rule_for(replace(seen, right=Right.DELETE)).resolution
    }
    return table(
        ("Outlook", "Pipeliner", *(_code(sync_type.value) for sync_type in SyncType)),
        (
            (STATES[o], STATES[p], *(_decided(o, p, Mark.NONE, sync_type, Right.EDIT) for sync_type in SyncType))
            for o, p in differing
        ),
    )


def example_table() -> str:
    """One question with its whole answer: deleted in Outlook while edited in Pipeliner."""
    outlook, pipeliner = OutlookState.DELETED, PipelinerState.EDITED
    return table(
        ("the link's mark", *(_code(sync_type.value) for sync_type in SyncType)),
        ((MARKS[mark], *(_with_why(outlook, pipeliner, mark, sync_type) for sync_type in SyncType)) for mark in Mark),
    )


def _with_why(outlook: OutlookState, pipeliner: PipelinerState, mark: Mark, sync_type: SyncType) -> str:
    rules = (rule_for(Situation(outlook, pipeliner, mark, sync_type, protected)) for protected in (True, False))
    rows = {f"row {RULES.index(rule) + 1}: {rule.why}": None for rule in rules}
    return f"**{_decided(outlook, pipeliner, mark, sync_type)}** ({'; '.join(rows)})"


def _decided(
    outlook: OutlookState,
    pipeliner: PipelinerState,
    mark: Mark,
    sync_type: SyncType,
    right: Right = Right.DELETE,
) -> str:
    """What happens with delete protection on, and off where that differs; a dash where nobody sees that."""
    if not can_be_seen(outlook, pipeliner):
        return "-"
    on, off = (_named(Situation(outlook, pipeliner, mark, sync_type, protected, right)) for protected in (True, False))
    return on if on == off else f"{on}; with protection off {off}"


def _named(seen: Situation) -> str:
    resolution = rule_for(seen).resolution
    is_kept = seen.outlook in _GONE and seen.pipeliner is not PipelinerState.OUT_OF_SIGHT
    return _KEPT if resolution is Resolution.DORMANT and is_kept else RESOLUTIONS[resolution]


RIGHT_WORDS: Mapping[Right, str] = {
    Right.NONE: "nothing",
    Right.SEE: "see",
    Right.EDIT: "edit",
    Right.DELETE: "delete",
}
RELATIONS: Mapping[Relation, str] = {
    Relation.OWNER: "owner",
    Relation.EDITOR: "editor",
    Relation.WATCHER: "watcher",
    Relation.MANAGER: "manager of its unit",
    Relation.UNIT: "in a unit that sees it",
    Relation.OUTSIDER: "none of these",
    Relation.OUT_OF_REACH: "not its owner, and sees only what they own",
    Relation.UNKNOWN: "not known",
}
LEVELS: Mapping[Level, str] = {
    Level.NOT_ASKED: "not asked for",
    Level.UNKNOWN: "not known",
    Level.NONE: "no contacts",
    Level.READ: "reads",
    Level.OWN_AND_SHARED: "edits own and shared",
    Level.AND_MANAGED: "edits own, shared and managed",
    Level.EVERYTHING_SEEN: "edits all it sees",
}
_TOLD: Mapping[bool | None, str] = {True: "yes", False: "no", None: "not known"}


_Cells = Sequence[Collection[object] | None]


def rights_table() -> str:
    """The table of rights, row by row; an empty cell fits anything."""
    modes: Mapping[ShareMode | None, str] = {mode: mode.value.replace("_", " ") for mode in ShareMode}
    modes = {**modes, None: "not known"}
    columns: Sequence[Mapping[Any, str]] = (RELATIONS, modes, LEVELS, *[_TOLD] * 4)
    head = ("the user", "share mode", "their role", "role deletes", "protected", "shut in the archive", "type allowed")
    return table(
        ("", *head, "right", "why"),
        (
            (
                str(number),
                *(
                    _either([words[value] for value in words if value in wanted]) if wanted is not None else ""
                    for wanted, words in zip(cast("_Cells", rule[:-2]), columns, strict=True)
                ),
                f"**{RIGHT_WORDS[rule.right]}**",
                rule.why,
            )
            for number, rule in enumerate(RIGHTS, 1)
        ),
    )


VERDICTS: Mapping[Verdict, str] = {
    Verdict.SAME: "same",
    Verdict.DIFFERENT: "different",
    Verdict.ASK: "ask",
}


def matching_table() -> str:
    """The table of who is who, row by row."""
    return table(("row", "if", "verdict"), ((row.id, row.words, VERDICTS[row.verdict]) for row in TABLE))


def evidence_table() -> str:
    """What may be found on two contacts, in the words that people are shown."""
    return table(("code", "words"), ((_code(sign.value), words) for sign, words in WORDS.items()))


def examples_table() -> str:
    """The worked examples, each a test."""
    return table(
        ("", "Outlook", "Pipeliner", "verdict (row)", "harm avoided"),
        (
            (
                example.number,
                _cards(example.outlook.words, [card.words for card in example.more_in_outlook]),
                _cards(example.pipeliner.words, [card.words for card in example.more_in_pipeliner]),
                f"{VERDICTS[example.verdict]} ({_rule(example)})",
                example.harm,
            )
            for example in EXAMPLES
        ),
    )


def _cards(first: str, more: Sequence[str]) -> str:
    return "; also ".join((first, *more))


def _rule(example: Example) -> str:
    stored = "the stored id; " if example.has_stored_id else ""
    return f"{stored}{example.rule}; {example.engine}" if example.engine else f"{stored}{example.rule}"


GENERATED: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "fields.md": {"fields": fields_table, "phones": phones_table, "custom": custom_table},
    "lifecycle.md": {
        "example": example_table,
        "situations": situations_tables,
        "narrower": narrower_table,
        "marks": marks_tables,
        "rules": rules_table,
    },
    "rights.md": {"rules": rights_table},
    "matching.md": {"rules": matching_table, "evidence": evidence_table, "examples": examples_table},
    "security.md": {"rights": lambda: table(RIGHTS_HEAD, rights_rows())},
    "api.md": {
        "endpoints": lambda: table(ENDPOINTS_HEAD, endpoint_rows()),
        "choices": lambda: table(CHOICES_HEAD, choice_rows()),
        "commands": lambda: table(COMMANDS_HEAD, command_rows()),
    },
    "settings.md": {
        "app": lambda: table(APP_HEAD, app_rows()),
        "host": lambda: table(HOST_HEAD, host_rows()),
        "connection": lambda: table(CONNECTION_HEAD, connection_rows()),
        "custom": lambda: table(MODEL_HEAD, model_rows(CustomField)),
    },
}
"""Document, name of the place in it, and what stands there."""
FILES: Mapping[Path, Callable[[], str]] = {DOCS.parent / "local.settings.example.json": example_file}
"""Files that are drawn as a whole."""


def places(text: str) -> list[str]:
    """Names of the generated places of a document, in order."""
    return re.findall(r"<!-- generated: (\w+) -->", text)


def redrawn(name: str, text: str) -> str:
    """Return a document with every generated place drawn anew; KeyError for a place that nobody draws."""

    def drawn(found: re.Match[str]) -> str:
        place = found["place"]
        return f"<!-- generated: {place} -->\n\n{GENERATED[name][place]()}\n\n<!-- end -->"

    return re.sub(r"<!-- generated: (?P<place>\w+) -->.*?<!-- end -->", drawn, text, flags=re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Draw all documents anew with --write; otherwise answer 1 when one is out of date."""
    fresh = {DOCS / name: redrawn(name, (DOCS / name).read_text(encoding="utf-8")) for name in GENERATED}
    fresh |= {path: draw() for path, draw in FILES.items()}
    stale = {path: text for path, text in fresh.items() if path.read_text(encoding="utf-8") != text}
    if "--write" not in arguments:
        return min(len(stale), 1)
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
