"""How the index of one side lies in rows: packed by buckets of hashes, and nothing in them but hashes and ids.

A side is a folder or a space. Its rows are of two kinds, each divided into buckets by the beginning of a hash: contact
rows hold each contact's id with its tokens, handle rows hold under each token who has it. A handle row names a contact
by the hash of its id, so that ids, which are long, are stored once; and by the token of its name, so that whether a
handle is one person's is judged without the contact rows. Each row of an edition is there, also when it is empty: a row
that is missing says that the edition is no longer the one in force, never that nobody is known.

What has changed since the edition was written lies over it and counts before it: in rows that are full, later ones
before earlier ones, and before all of them in one that still grows. While a side is read as a
whole, each part of it adds a row of its own; at the end a new edition is written of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sync_core.state.keyed import KeyedHash
from sync_core.state.rows import Json, body, parsed, reads_row, without_blanks
from sync_core.storage import Row, Table

INDEX_VERSION = 1
INDEX_STATE = "1.index"
"""Key of the state row: among the rows that a run, or a poll, reads at its start."""
INDEX_ROWS = "9.index."
"""What the keys of all other rows of an index begin with."""
MOST_HANDLES = 64
"""Of one contact; further ones are left out, in the order of their tokens."""
MOST_HOLDERS = 100
"""Of one handle in a row: what so many have tells nobody from another."""
MOST_RECENT = 1000
"""Contacts in a row of what lies over an edition; and so many in all, unless much is changed at once."""
RECENT_SHARE = 8
"""Of a side of which much is changed at once this part may lie over its edition before a new one is written."""

_CONTACTS_A_ROW = 300
_HANDLES_A_ROW = 1200
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_PLACE = {character: place for place, character in enumerate(_ALPHABET)}
PLACES = len(_ALPHABET) ** 2
"""Buckets are told apart by two characters of a token."""


class Tokens(NamedTuple):
    """What stands for one contact: the token of its name, and those of its handles."""

    name: str
    handles: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is stored."""
        return " ".join((self.name, *self.handles))

    @classmethod
    def of_text(cls, text: str) -> Tokens:
        """Read what `text` wrote."""
        name, *handles = text.split(" ")
        return cls(name, tuple(handles))


def tokens_of(keyed: KeyedHash, name: str, handles: Iterable[str]) -> Tokens:
    """Return the tokens of a name and of handles, in an order that tells nothing."""
    return Tokens(keyed.token(name), tuple(sorted({keyed.token(handle) for handle in handles})[:MOST_HANDLES]))


def reference(keyed: KeyedHash, contact_id: str) -> str:
    """Return the hash by which handle rows name a contact; never that of a handle."""
    return keyed.token("\0contact\0" + contact_id)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a side's index lies: its partition, and the keys in it."""

    table: Table
    partition: str

    @property
    def state_key(self) -> str:
        """Key of the state row."""
        return INDEX_STATE

    @property
    def prefix(self) -> str:
        """What all other keys begin with."""
        return INDEX_ROWS

    @property
    def recent_key(self) -> str:
        """Key of what lies over the edition, and still grows."""
        return self.prefix + "recent"

    def full_key(self, number: int) -> str:
        """Key of a full row of what lies over the edition."""
        return f"{self.recent_key}.{number:04d}"

    def page_key(self, number: int) -> str:
        """Key of a part of the reading that is under way: what a page of it showed."""
        return f"{self.parts}page.{number:06d}"

    def seen_key(self, number: int) -> str:
        """Key of a part of the reading that is under way: what changed meanwhile, which counts before all pages."""
        return f"{self.parts}seen.{number:06d}"

    @property
    def parts(self) -> str:
        """What the keys of all parts begin with."""
        return self.prefix + "part."

    def contact_key(self, edition: int, bucket: int) -> str:
        """Key of a contact row."""
        return f"{self.contacts(edition)}{bucket:04d}"

    def handle_key(self, edition: int, bucket: int) -> str:
        """Key of a handle row."""
        return f"{self.handles(edition)}{bucket:04d}"

    def contacts(self, edition: int) -> str:
        """What the keys of an edition's contact rows begin with."""
        return f"{self.edition(edition)}contacts."

    def handles(self, edition: int) -> str:
        """What the keys of an edition's handle rows begin with."""
        return f"{self.edition(edition)}handles."

    def edition(self, edition: int) -> str:
        """What the keys of all rows of an edition begin with."""
        return f"{self.prefix}e{edition:08d}."


def folder_place(connection_id: str) -> Place:
    """Return where the index of a connection's folder lies: with the connection's own rows."""
    return Place(Table.SYNC, connection_id)


def space_place(space_id: str) -> Place:
    """Return where the index of a space lies: with the feed's memory of it."""
    return Place(Table.SPACES, space_id)


@dataclass(frozen=True, slots=True)
class Shape:
    """Into how many rows an edition is divided."""

    contacts: int = 1
    handles: int = 1

    @classmethod
    def of(cls, contacts: int, handles: int) -> Shape:
        """Return the shape for so many contacts and entries under handles."""
        return cls(
            min(contacts // _CONTACTS_A_ROW + 1, PLACES),
            min(handles // _HANDLES_A_ROW + 1, PLACES),
        )


def bucket_of(token: str, buckets: int) -> int:
    """Return in which of so many buckets a token lies."""
    return (_PLACE[token[0]] * len(_ALPHABET) + _PLACE[token[1]]) * buckets // PLACES


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of the whole side that is under way: how many parts of each kind are stored, and where it goes on."""

    pages: int = 0
    seen: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class IndexState:
    """The state row. Without an edition nothing is known; `reading` is None while nobody reads the whole side.

    `full` is how many full rows lie over the edition. `differed` is by how many contacts the last reading differed from
    what was stored before.
    """

    key_id: str = ""
    edition: int = 0
    shape: Shape = field(default_factory=Shape)
    contacts: int = 0
    reading: Reading | None = None
    differed: int = 0
    full: int = 0

    def begun(self, keyed: KeyedHash) -> IndexState:
        """Return it with a reading that begins."""
        return replace(self, key_id=keyed.id, reading=Reading())


def state_body(state: IndexState) -> str:
    """Write the state row."""
    reading = state.reading
    return body(
        {"v": INDEX_VERSION, "key": state.key_id}
        | without_blanks(
            edition=state.edition,
            contact_rows=state.shape.contacts,
            handle_rows=state.shape.handles,
            contacts=state.contacts,
            differed=state.differed,
            full=state.full,
        )
        | (
            {}
            if reading is None
            else {"reading": without_blanks(pages=reading.pages, seen=reading.seen, after=reading.after)}
        )
    )


@reads_row
def state_of(row: Row | None, keyed: KeyedHash) -> IndexState:
    """Read the state row; without one, of another version, or by another key than that in force, nothing is known."""
    stored = parsed(row.body) if row is not None else {}
    if stored.get("v") != INDEX_VERSION or stored["key"] != keyed.id:
        return IndexState()
    reading = stored.get("reading")
    return IndexState(
        stored["key"],
        stored.get("edition", 0),
        Shape(stored.get("contact_rows", 1), stored.get("handle_rows", 1)),
        stored.get("contacts", 0),
        Reading(reading.get("pages", 0), reading.get("seen", 0), reading.get("after", ""))
        if reading is not None
        else None,
        stored.get("differed", 0),
        stored.get("full", 0),
    )


Changed = Mapping[str, str]
"""Contacts by id with the text of their tokens, "" for one that is gone."""


def changed_body(changed: Changed) -> str:
    """Write contacts that have changed, or a part of a reading."""
    return body(dict(changed))


@reads_row
def changed_of(row: Row | None) -> dict[str, str]:
    """Read what `changed_body` wrote."""
    stored: dict[str, str] = parsed(row.body) if row is not None else {}
    return stored


@dataclass(frozen=True, slots=True)
class Indexed:
    """A contact as a contact row has it."""

    id: str
    tokens: Tokens


def indexed_text(contact_id: str, tokens: str) -> str:
    """Return a contact as a contact row has it, from the text of its tokens."""
    return f"{tokens}\t{contact_id}"


def tokens_in(text: str) -> list[str]:
    """Return the tokens of what `indexed_text` wrote: that of the name, then those of the handles."""
    return text.partition("\t")[0].split(" ")


@reads_row
def contact_texts_of(row: Row) -> dict[str, str]:
    """Read a contact row: by their references contacts as `indexed_text` wrote them."""
    stored: dict[str, str] = parsed(row.body)
    return stored


def indexed_of(text: str) -> Indexed:
    """Read what `indexed_text` wrote."""
    tokens, _, contact_id = text.partition("\t")
    return Indexed(contact_id, Tokens.of_text(tokens))


class Entry(NamedTuple):
    """Who has a handle: the contact's reference, and the token of its name."""

    ref: str
    name: str


def handles_body(handles: Mapping[str, Iterable[str]]) -> str:
    """Write a handle row: by the handle's token entries, each a reference and the token of a name."""
    return body({token: " ".join(entries) for token, entries in handles.items()})


@reads_row
def handles_of(row: Row) -> dict[str, str]:
    """Read a handle row; `entries_of` reads the entries of the handles that are wanted."""
    stored: Json = parsed(row.body)
    return stored


def entries_of(text: str) -> Iterator[Entry]:
    """Read the entries of a handle."""
    words = iter(text.split(" "))
    return (Entry(ref, name) for ref, name in zip(words, words, strict=True))


@reads_row
def without_contacts(row: Row, ids: Collection[str], refs: Collection[str]) -> str | None:
    """Return the body of a row of an index without these contacts; None where it holds nothing of them."""
    stored: Json = parsed(row.body)
    if ".handles." in row.key:
        kept = {
            token: " ".join(part for entry in entries_of(text) if entry.ref not in refs for part in entry)
            for token, text in stored.items()
        }
        left = {token: text for token, text in kept.items() if text}
    else:
        left = {key: text for key, text in stored.items() if key not in ids and key not in refs}
    return None if left == stored else body(left)
