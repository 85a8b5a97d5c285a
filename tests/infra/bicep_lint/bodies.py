"""A resource's body against its type in the catalogue, property by property."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.infra.bicep_lint.catalogue import Member, ObjectType, ResourceType
from tests.infra.bicep_lint.functions import ANY
from tests.infra.bicep_lint.symbols import suggestion
from tests.infra.bicep_lint.syntax import Fault, Property, properties
from tests.infra.bicep_lint.template import Resource, Template
from tests.infra.bicep_lint.values import Value, elements_of, values_of

PRIMITIVES = frozenset({"string", "int", "bool"})
_NEARLY_THE_SAME = 0.85
OF_BICEP = frozenset({"parent", "scope", "dependsOn"})
"""Properties of the language, which no type has."""

BEYOND_THE_CATALOGUE: Mapping[tuple[str, str, str], str] = {}
"""Values that an open enumeration does not list although Azure takes them: (type, property path, value): why."""


@dataclass(frozen=True, slots=True)
class BodyCheck:
    """Checks the bodies of one resource type within one template."""

    type: ResourceType
    template: Template

    def faults(self, resource: Resource) -> Iterator[Fault]:
        """All that the catalogue objects to in the body of a resource."""
        yield from self._variants(Value(resource.body, "object"), self.type.variants, "", OF_BICEP)

    def _variants(
        self, value: Value, variants: tuple[ObjectType, ...], path: str, extra: frozenset[str] = frozenset()
    ) -> Iterator[Fault]:
        fitting = [variant for variant in variants if self._may_be(value, variant)]
        if not fitting:
            yield Fault(value.node, "value", f"{path or 'the body'} fits none of the {len(variants)} forms of its type")
        elif len(fitting) == 1:
            yield from self._object(value, fitting[0], path, extra)
        else:
            yield from self._undecided(value, fitting, path, extra)

    def _undecided(self, value: Value, fitting: list[ObjectType], path: str, extra: frozenset[str]) -> Iterator[Fault]:
        """What holds whichever of the forms is meant: a name that none has, one that all require."""
        known = {name for variant in fitting for name in variant.members}
        required = [{name for name, member in form.members.items() if "Required" in member.flags} for form in fitting]
        entries = properties(value.node)
        for entry in entries:
            if entry.name is not None and entry.name not in known | extra:
                said = f"{self.type.name} has no property {path}.{entry.name}{suggestion(entry.name, known)}"
                yield Fault(entry.key, "property", said)
        for name in sorted(set.intersection(*required) - {entry.name for entry in entries}):
            yield Fault(value.node, "required", f"{path or 'the body'} lacks {name}")

    def _may_be(self, value: Value, variant: ObjectType) -> bool:
        for entry in properties(value.node):
            member = variant.members.get(entry.name or "")
            if member is None or not self._is_one_literal(member):
                continue
            given = [item.literal for item in values_of(entry.value, self.template)]
            if None not in given and member.type not in given:
                return False
        return True

    def _is_one_literal(self, member: Member) -> bool:
        words = member.type.removesuffix("[]")
        return "|" not in words and words not in PRIMITIVES | {"any"} and not self.type.knows(words)

    def _object(self, value: Value, kind: ObjectType, path: str, extra: frozenset[str]) -> Iterator[Fault]:
        entries = properties(value.node)
        for entry in entries:
            if entry.name not in extra:
                yield from self._entry(entry, kind, f"{path}.{entry.name or '*'}".lstrip("."))
        named = {entry.name for entry in entries}
        if None in named or value.partial:
            return
        for member in kind.members.values():
            if "Required" in member.flags and member.name not in named | extra:
                yield Fault(value.node, "required", f"{path or 'the body'} lacks {member.name}")

    def _entry(self, entry: Property, kind: ObjectType, path: str) -> Iterator[Fault]:
        member = kind.members.get(entry.name or "")
        if member is not None and "ReadOnly" in member.flags:
            yield Fault(entry.key, "read-only", f"{path} cannot be set")
        elif member is not None:
            for value in values_of(entry.value, self.template):
                yield from self._value(value, member.type, path)
                yield from (Fault(value.node, "value", f"{path} {said}") for said in limit_faults(value, member.limits))
        elif entry.name is not None and (kind.others is None or _is_meant(entry.name, kind)):
            near = suggestion(entry.name or "", kind.members)
            yield Fault(entry.key, "property", f"{self.type.name} has no property {path}{near}")
        elif kind.others is not None:
            for value in values_of(entry.value, self.template):
                yield from self._value(value, kind.others, path)

    def _value(self, value: Value, words: str, path: str) -> Iterator[Fault]:
        if value.kind in {ANY, "null"} or words == "any":
            return
        if words.endswith("[]"):
            yield from self._array(value, words.removesuffix("[]"), path)
        elif self.type.knows(words):
            yield from self._known_object(value, words, path)
        elif words in PRIMITIVES:
            if value.kind != words:
                yield Fault(value.node, "value", f"{path} is {_a(value.kind)}, must be {_a(words)}")
        else:
            yield from self._choice(value, words.split(" | "), path)

    def _array(self, value: Value, words: str, path: str) -> Iterator[Fault]:
        if value.kind != "array":
            yield Fault(value.node, "value", f"{path} is {_a(value.kind)}, must be an array")
        for element in elements_of(value):
            for item in values_of(element, self.template):
                yield from self._value(item, words, path + "[]")

    def _known_object(self, value: Value, words: str, path: str) -> Iterator[Fault]:
        if value.kind != "object":
            yield Fault(value.node, "value", f"{path} is {_a(value.kind)}, must be an object")
        elif value.node.type == "object":
            variants = self.type.choices.get(words) or (self.type.objects[words],)
            yield from self._variants(value, variants, path)

    def _choice(self, value: Value, choices: list[str], path: str) -> Iterator[Fault]:
        if all(self.type.knows(choice) for choice in choices):
            return
        if value.kind not in {"string", "int", "bool"}:
            yield Fault(value.node, "value", f"{path} is {_a(value.kind)}, must be one of {', '.join(choices)}")
        elif value.literal is not None and not self._is_listed(value.literal, choices, path):
            listed = ", ".join(choice for choice in choices if choice not in PRIMITIVES)
            near = suggestion(value.literal, choices)
            yield Fault(value.node, "value", f"{path} is '{value.literal}', listed are {listed}{near}")

    def _is_listed(self, literal: str, choices: list[str], path: str) -> bool:
        return literal in choices or (self.type.name, path, literal) in BEYOND_THE_CATALOGUE


def limit_faults(value: Value, limits: Mapping[str, str]) -> Iterator[str]:
    """What a value breaks, or by its declared bounds may break, of the limits of length and value and the pattern."""
    if value.kind not in {"string", "int"}:
        return
    least, most = ("minValue", "maxValue") if value.kind == "int" else ("minLength", "maxLength")
    if value.literal is None:
        size_is = "may be" if value.kind == "int" else "may have a length of"
        if value.least is not None and value.least < int(limits.get(least, value.least)):
            yield f"{size_is} {value.least}, under {least} {limits[least]}"
        if value.most is not None and value.most > int(limits.get(most, value.most)):
            yield f"{size_is} {value.most}, over {most} {limits[most]}"
        return
    size = int(value.literal) if value.kind == "int" else len(value.literal)
    if size < int(limits.get(least, size)) or size > int(limits.get(most, size)):
        yield f"is '{value.literal}', outside {least} {limits.get(least, '-')} and {most} {limits.get(most, '-')}"
    pattern = limits.get("pattern")
    if value.kind == "string" and pattern and re.search(pattern, value.literal) is None:
        yield f"is '{value.literal}', which does not match {pattern}"


def _is_meant(name: str, kind: ObjectType) -> bool:
    """Whether a name that an open object would take is all but the name of one of its members."""
    return bool(difflib.get_close_matches(name, list(kind.members), 1, _NEARLY_THE_SAME))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
