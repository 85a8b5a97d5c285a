"""Lines that silence the compiler (`#disable-next-line rule`): the rule exists, and the line above gives the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from tests.infra.bicep_lint.linter_config import RULES
from tests.infra.bicep_lint.symbols import suggestion
from tests.infra.bicep_lint.syntax import Fault, every, text_of

AGE_RULE = "use-recent-api-versions"
_DIRECTIVE = re.compile(r"#disable-next-line((?: +[\w-]+)+)\s*")
_OF_THE_COMPILER = re.compile(r"BCP\d{3}")


def disabled_rules(root: Node) -> dict[int, dict[str, Node]]:
    """The rules that are silenced, by the row on which they are, each with its directive."""
    found: dict[int, dict[str, Node]] = {}
    for node in _directives(root):
        matched = _DIRECTIVE.fullmatch(text_of(node))
        for rule in matched[1].split() if matched else ():
            found.setdefault(node.start_point[0] + 1, {})[rule] = node
    return found


def directive_faults(root: Node) -> Iterator[Fault]:
    """Directives that cannot be read, name no rule of the compiler, or stand without their reason."""
    reasons = {node.start_point[0] for node in every(root) if node.type == "comment"}
    for node in _directives(root):
        matched = _DIRECTIVE.fullmatch(text_of(node))
        if matched is None:
            yield Fault(node, "directive", f"{text_of(node)}: only #disable-next-line with its rules is used")
            continue
        for rule in matched[1].split():
            if rule not in RULES and _OF_THE_COMPILER.fullmatch(rule) is None:
                yield Fault(node, "directive", f"the compiler has no rule {rule}{suggestion(rule, RULES)}")
        if node.start_point[0] - 1 not in reasons:
            yield Fault(node, "directive", "the comment with the reason is missing in the line above")


def _directives(root: Node) -> Iterator[Node]:
    return (node for node in every(root) if node.type == "diagnostic_comment")
