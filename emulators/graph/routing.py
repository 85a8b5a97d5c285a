"""From a path to what it names: plain segments, key-in-parenthesis forms and function calls alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from emulators.graph.errors import no_such_segment

_KEYED = re.compile(r"(\w+)\('(.*)'\)", re.DOTALL)
_DELTA = frozenset({"delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()"})


class Resource(Enum):
    """What a path names."""

    USERS = "users"
    USER = "user"
    FOLDERS = "folders"
    FOLDER = "folder"
    CONTACTS = "contacts"
    CONTACT = "contact"
    COUNT = "count"
    DELTA = "delta"
    PERMANENT_DELETE = "permanentDelete"
    BATCH = "$batch"


@dataclass(frozen=True, slots=True)
class Route:
    """A resource and the keys on the way to it."""

    resource: Resource
    user: str = ""
    folder_id: str | None = None
    contact_id: str = ""


@lru_cache(maxsize=4096)
def route_of(segments: tuple[str, ...]) -> Route:
    """Route of the decoded path segments after the version; raises GraphError 400 for a path that leads nowhere."""
    parts = _without_parentheses(segments)
    if not parts:
        raise no_such_segment("")
    head = parts[0].lower()
    if head == "$batch" and len(parts) == 1:
        return Route(Resource.BATCH)
    if head != "users":
        raise no_such_segment(parts[0])
    if len(parts) == 1:
        return Route(Resource.USERS)
    return _below_user(parts[1], parts[2:])


def _without_parentheses(segments: tuple[str, ...]) -> list[str]:
    parts: list[str] = []
    for segment in segments:
        keyed = _KEYED.fullmatch(segment)
        parts += [keyed[1], keyed[2].replace("''", "'")] if keyed else [segment]
    return parts


def _below_user(user: str, parts: list[str]) -> Route:
    if not parts:
        return Route(Resource.USER, user)
    match parts[0].lower():
        case "contactfolders":
            return _below_folders(user, None, parts[1:])
        case "contacts":
            return _below_contacts(user, None, parts[1:])
    raise no_such_segment(parts[0])


def _below_folders(user: str, parent: str | None, parts: list[str]) -> Route:
    if not parts:
        return Route(Resource.FOLDERS, user, parent)
    folder_id = parts[0]
    if len(parts) == 1:
        return Route(Resource.FOLDER, user, folder_id)
    match parts[1].lower():
        case "childfolders":
            return _below_folders(user, folder_id, parts[2:])
        case "contacts":
            return _below_contacts(user, folder_id, parts[2:])
    raise no_such_segment(parts[1])


def _below_contacts(user: str, folder_id: str | None, parts: list[str]) -> Route:
    if not parts:
        return Route(Resource.CONTACTS, user, folder_id)
    if len(parts) == 1:
        if parts[0].lower() in _DELTA:
            return Route(Resource.DELTA, user, folder_id)
        if parts[0].lower() == "$count":
            return Route(Resource.COUNT, user, folder_id)
        return Route(Resource.CONTACT, user, folder_id, parts[0])
    if len(parts) == 2 and parts[1].lower() == "permanentdelete":
        return Route(Resource.PERMANENT_DELETE, user, folder_id, parts[0])
    raise no_such_segment(parts[1])
