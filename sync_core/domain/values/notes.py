"""Notes: merged by lines, three ways, so that what two people appended stands in it; and what a phone cuts off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

SEPARATOR = "-----"
"""The line between two notes, or two versions of the same lines, that are both kept."""
MOST_LINES = 300
"""In a longer stretch of changes the lines are not compared: that takes time that grows with their square."""
OFTEN = 4
"""A line that a note holds more often tells no place in it."""
SHORTEST_CUT = 256
"""No program hands back less of a note than so many characters."""
SURELY_CUT = 1_000
"""A note of so many characters that lost its end may be cut; of a shorter one only where a line was cut through."""


def merge_notes(base: str, outlook: str, pipeliner: str) -> str:
    """Merge two versions of a note, all in normal form: no line that either side wrote is lost.

    Without a `base` that both had, both are kept, unless one is in the other already. What one side removed and the
    other did not touch is gone; lines that both changed stand there twice. A blank note beats none that was written.
    """
    if not outlook or not pipeliner:
        return outlook or pipeliner
    if not base:
        return _joined(outlook, pipeliner)
    had, ours, theirs = (text.split("\n") for text in (base, outlook, pipeliner))
    in_ours, in_theirs = _kept(had, ours), _kept(had, theirs)
    merged: list[str] = []
    before = (-1, -1, -1)
    for line in [*(number for number in in_ours if number in in_theirs), len(had)]:
        after = (line, in_ours.get(line, len(ours)), in_theirs.get(line, len(theirs)))
        spans = zip((had, ours, theirs), before, after, strict=True)
        merged += [*_both(*(text[start + 1 : end] for text, start, end in spans)), *had[line : line + 1]]
        before = after
    return "\n".join(merged)


def is_cut(base: str, now: str) -> bool:
    """Whether a note became the exact beginning of itself, as a phone sends back one that is too long for it."""
    kept = now.rstrip()
    if len(kept) < SHORTEST_CUT or len(kept) >= len(base) or not base.startswith(kept):
        return False
    return len(kept) >= SURELY_CUT or base[len(kept)] != "\n"


def _kept(base: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """Return which lines are still there, and where; lines that stand there often, like blank ones, are no anchors."""
    most = min(len(base), len(now))
    first = next((at for at in range(most) if base[at] != now[at]), most)
    last = next((at for at in range(most - first) if base[-1 - at] != now[-1 - at]), most - first)
    middle, changed = base[first : len(base) - last], now[first : len(now) - last]
    blocks = [(0, 0, first), (len(base) - last, len(now) - last, last)]
    if max(len(middle), len(changed)) <= MOST_LINES:
        often = {line for line, times in Counter(changed).items() if times > OFTEN}
        found = SequenceMatcher(often.__contains__, middle, changed, autojunk=False).get_matching_blocks()
        blocks[1:1] = [(first + block.a, first + block.b, block.size) for block in found]
    return {there + offset: here + offset for there, here, size in blocks for offset in range(size)}


def _both(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """Merge a stretch in which no line is the same on all three."""
    if theirs == base or (ours != base and _contains(ours, theirs)):
        return ours
    if ours == base or _contains(theirs, ours):
        return theirs
    return [*ours, SEPARATOR, *theirs] if base else [*ours, *theirs]


def _contains(long: Sequence[str], short: Sequence[str]) -> bool:
    """Whether parts stand in others, one after the other: strings are searched in time that grows with their length."""
    whole, part = ("\n".join(("", *parts, "")) for parts in (long, short))
    return not short or part in whole


def _joined(outlook: str, pipeliner: str) -> str:
    """Keep both notes: the longer one alone where the other's words are all in it, one after the other."""
    ours, theirs = outlook.split(), pipeliner.split()
    if _contains(theirs, ours) or is_cut(pipeliner, outlook):
        return pipeliner
    if _contains(ours, theirs) or is_cut(outlook, pipeliner):
        return outlook
    return f"{outlook}\n{SEPARATOR}\n{pipeliner}"
