"""A retired word does not come back: one word for one thing, as docs/glossary.md has it.

Identifiers are read from the syntax tree and from file names, phrases from comments, docstrings, messages and papers.
Stored codes, names of metrics and settings, and the CRM's own terms are no identifiers of ours and are left alone.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("sync_core", "emulators", "tools", "tests", "function_app.py", "dev.py")
PROSE = ("docs", "infra", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
UNTOLD = {"docs/glossary.md", "tests/unit/test_words.py"}
"""The glossary names what is retired, and this file has to."""

PARTS = {
    "pass", "passes", "deed", "deeds", "twin", "twins", "fate", "fates", "newcomers", "brake", "brakes", "doubtful",
    "unsettled", "settling", "carrying", "desk", "door",
}  # fmt: skip
"""Parts of identifiers that are retired everywhere."""
CORE_PARTS = PARTS | {
    "sweep", "sweeps", "swept", "stranger", "strangers", "settle", "settled", "carry", "carried", "operator",
    "birth", "births", "believed",
}  # fmt: skip
"""Parts that are retired in the product; tests have fault sweeps, and Python has operators."""
KEPT = {
    "sync_pass_budget_s", "sync_sweep_schedule", "PASS_FINISHED", "PASS_DURATION", "PASS_IDS", "_PASS_SECONDS",
    "SWEEP_REPAIRED", "Pass", "STRANGER", "_pass_on", "test_an_edit_passes_through_few_files",
}  # fmt: skip
"""Names of settings and metrics that outsiders use, names of libraries, and the same words in another sense."""

ARTICLE = r"(?:a|an|the|this|each|every|one|next|last|another|idle|dying|second|first|failed|whole|same)"
PHRASES = {
    rf"\b{ARTICLE} pass\b(?! (?:on|over|by)\b)": "run",
    r"\bpasses in a row\b": "runs",
    r"\bfull rounds?\b": "full sync",
    r"\b(?:nightly|the) sweeps?\b(?! over\b)": "reconciliation",
    r"\btwins?\b": "counterpart, candidate or duplicate",
    r"\bdeeds?\b": "action",
    r"\bfates?\b": "resolution",
    r"\bnewcomers\b": "unlinked contacts",
    r"\b(?:the|a) way out\b": "remedy",
    r"\b(?:he|his|him)\b": "they",
    r"\btruth values?\b(?! of an XML|:)": "boolean",
    r"\bbrakes?\b": "safety limits",
    r"\bmends? it\b": "fix",
    r"\bresting (?:link|contact)s?\b": "dormant",
}
"""Phrases that are retired, and the word to use."""


def _files(places: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in found:
            if file.suffix in suffixes and str(file.relative_to(ROOT)) not in UNTOLD:
                yield file


def _identifiers(file: Path) -> Iterator[str]:
    yield from file.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(_text(file))):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


@cache
def _parts(identifier: str) -> frozenset[str]:
    """Split a name at underscores and capitals."""
    return frozenset(part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier))


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _prose(file: Path) -> Iterator[str]:
    """Comments and strings of code, else the whole text without its code spans."""
    if file.suffix != ".py":
        yield re.sub(r"```.*?```|`[^`\n]*`", " ", _text(file), flags=re.DOTALL)
        return
    for token in tokenize.generate_tokens(io.StringIO(_text(file)).readline):
        is_told = token.type in {tokenize.COMMENT, tokenize.STRING} or tokenize.tok_name[token.type] == "FSTRING_MIDDLE"
        if is_told and " " in token.string.strip():  # a single word is a code
            yield re.sub(r"`[^`\n]*`", " ", token.string)


def _retired_phrases(text: str) -> Iterator[str]:
    flat = re.sub(r"\s+", " ", text)
    for phrase, word in PHRASES.items():
        for found in re.finditer(phrase, flat, re.IGNORECASE):
            yield f"'{found.group()}': say {word}"


def test_no_identifier_has_a_retired_word() -> None:
    """Names of files, classes, functions, arguments and attributes are made of the words in use."""
    told: set[str] = set()
    for file in _files(CODE, (".py",)):
        retired = CORE_PARTS if file.relative_to(ROOT).parts[0] in {"sync_core", "function_app.py"} else PARTS
        for identifier in set(_identifiers(file)):
            if identifier not in KEPT and _parts(identifier) & retired:
                told.add(f"{file.relative_to(ROOT)}: {identifier}")

    assert not told, "\n".join(sorted(told))


@pytest.mark.parametrize("place", [*CODE, *PROSE])
def test_no_sentence_has_a_retired_phrase(place: str) -> None:
    """Comments, docstrings, messages and documents speak of runs, not of passes, and so on."""
    told: set[str] = set()
    for file in _files((place,), (".py", ".md", ".bicep")):
        for text in _prose(file):
            told.update(f"{file.relative_to(ROOT)}: {phrase}" for phrase in _retired_phrases(text))

    assert not told, "\n".join(sorted(told))


@pytest.mark.parametrize(
    ("identifier", "is_retired"),
    [
        ("PassRequest", True),
        ("last_pass", True),
        ("find_twin", True),
        ("Deed", True),
        ("password", False),
        ("passed_on", False),
        ("run", False),
        ("birthday", False),
    ],
)
def test_the_test_tells_words_apart(identifier: str, *, is_retired: bool) -> None:
    """A word is found inside a name, and no part of another word is taken for it."""
    assert bool(_parts(identifier) & PARTS) is is_retired


@pytest.mark.parametrize(
    ("text", "is_retired"),
    [
        ("A pass takes the lease.", True),
        ("values that pass through here", False),
        ("the way\nout", True),
        ("their twin's address", True),
        ("the contact is dormant", False),
        ("This and that", False),
    ],
)
def test_the_test_tells_phrases_apart(text: str, *, is_retired: bool) -> None:
    """A phrase is found across a line break, and the verbs of the same spelling are left alone."""
    assert bool(list(_retired_phrases(text))) is is_retired
