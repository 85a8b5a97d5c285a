"""Names: every one that is used is declared, every one that is declared is used, every function exists."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from tree_sitter import Node

from tests.infra.bicep_lint.functions import DECORATORS, FUNCTIONS, ONLY_AS_A_DEFAULT
from tests.infra.bicep_lint.syntax import OBJECT, RESOURCE, Fault, arguments_of, every, function_of, parts, text_of
from tests.infra.bicep_lint.template import KINDS, Template, calls_of

_NAMESPACES = frozenset({"az", "sys"})
_NAMED = frozenset(KINDS) | {"metadata_declaration", "assert_statement", "parameter"}
_UNUSED = {"param": "parameter", "var": "variable", "func": "function", "type": "type", "import": "import"}
_OF_RESOURCES = ("list", "getSecret")  # the beginnings of functions that are called on a resource


def suggestion(name: str, known: Collection[str]) -> str:
    """`; did you mean ...?` where a known name is near, else nothing."""
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def local_names(node: Node) -> set[str]:
    """Names bound around a node by loops, lambdas, functions and nested resources."""
    names: set[str] = set()
    inner, outer = node, node.parent
    while outer is not None:
        if outer.type == "for_statement":
            bound = parts(outer)
            if inner == bound[-1]:
                names |= {text_of(item) for item in every(bound[0]) if item.type in _LOOP_NAMES}
        elif outer.type == "lambda_expression":
            names |= {text_of(item) for item in every(parts(outer)[0]) if item.type == "identifier"}
        elif outer.type == "user_defined_function":
            names |= {text_of(parts(item)[0]) for item in every(outer) if item.type == "parameter"}
        elif outer.type == OBJECT:
            nested = [parts(item)[0] for item in parts(outer) if item.type == "object_property"]
            names |= {text_of(parts(item)[0]) for item in nested if item.type == RESOURCE}
        inner, outer = outer, outer.parent
    return names


_LOOP_NAMES = {"identifier", "loop_variable", "loop_enumerator"}


def is_reference(node: Node) -> bool:
    """Whether an identifier refers to a symbol, and is not itself a name, a key or a function."""
    outer = node.parent
    if node.type != "identifier" or node.is_missing or outer is None:
        return False
    is_first = parts(outer)[0] == node
    match outer.type:
        case "object_property" | "for_statement" | "lambda_expression":
            return not is_first
        case "resource_expression":
            return is_first
        case "parenthesized_expression" if outer.parent is not None and outer.parent.type == "lambda_expression":
            return bool(parts(outer.parent)[0] != outer)
        case "call_expression" | "member_expression" | "import_functionality":
            is_namespace = is_first and text_of(node) in _NAMESPACES
            return not is_namespace and outer.type != "import_functionality" and not _is_function(outer, node)
        case _:
            return outer.type not in _NAMED or (outer.child_by_field_name("name") != node and not is_first)


def _is_function(outer: Node, node: Node) -> bool:
    return bool(outer.child_by_field_name("function") == node)


def references(root: Node) -> Iterator[Node]:
    """Every identifier below a node that refers to a symbol of the template."""
    return (node for node in every(root) if is_reference(node) and text_of(node) not in local_names(node))


def symbol_faults(template: Template) -> Iterator[Fault]:
    """Duplicate, undefined and unused names."""
    seen: set[tuple[bool, str]] = set()
    for entry in template.declarations:
        key = (entry.kind == "output", entry.name)
        if key in seen:
            yield Fault(entry.node, "symbol", f"{entry.name} is declared twice")
        seen.add(key)
    used: set[str] = set()
    for node in references(template.root):
        name = text_of(node)
        used.add(name)
        if name not in template.symbols:
            yield Fault(node, "symbol", f"{name} is not declared{suggestion(name, template.symbols)}")
    called = {function_of(call) for call in calls_of(template.root)}
    for entry in template.symbols.values():
        kind = "existing resource" if _is_existing(template, entry.name) else _UNUSED.get(entry.kind)
        if kind and entry.name not in used | called and entry.decorator("export") is None:
            yield Fault(entry.node, "unused", f"the {kind} {entry.name} is not used")


def _is_existing(template: Template, name: str) -> bool:
    return any(resource.existing and resource.name == name for resource in template.resources)


def function_faults(template: Template) -> Iterator[Fault]:
    """Calls of functions that do not exist, or with a wrong number of arguments."""
    own = {entry.name for entry in template.declarations if entry.kind in {"func", "import"}}
    for call in calls_of(template.root):
        name = function_of(call)
        head, _, tail = name.rpartition(".")
        if head and head not in _NAMESPACES:
            if not tail.startswith(_OF_RESOURCES) and head not in own:
                yield Fault(call, "function", f"{tail} is no function of a resource")
            continue
        is_decorator = call.parent is not None and call.parent.type == "decorator"
        known = DECORATORS if is_decorator else FUNCTIONS
        if tail in own and not head:
            continue
        if tail not in known:
            yield Fault(call, "function", f"there is no function {tail}{suggestion(tail, known.keys() | own)}")
            continue
        yield from _call_faults(call, tail, known[tail])


def _call_faults(call: Node, name: str, row: tuple[str, int, int]) -> Iterator[Fault]:
    _, least, most = row
    given = len(arguments_of(call))
    if not least <= given <= most:
        yield Fault(call, "function", f"{name} takes {least} to {most} arguments, not {given}")
    if name in ONLY_AS_A_DEFAULT and not _is_in_a_default(call):
        yield Fault(call, "function", f"{name} may stand only in the default of a parameter")


def _is_in_a_default(node: Node) -> bool:
    outer = node.parent
    while outer is not None and outer.type != "parameter_declaration":
        outer = outer.parent
    return outer is not None
