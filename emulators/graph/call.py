"""One call of the API as its handlers see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from emulators.graph.errors import bad_body, bad_request, change_key_conflict
from emulators.graph.routing import Route
from emulators.graph.switches import GraphSwitches
from emulators.graph.tenant import Tenant
from emulators.wire import Answer, Request, json_answer

API_PREFIX = "/v1.0"
_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*\"?(\d+)", re.IGNORECASE)
_IMMUTABLE = re.compile(r"IdType\s*=\s*\"?ImmutableId\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, where it leads, and the tenant it reaches."""

    request: Request
    route: Route
    tenant: Tenant

    @property
    def switches(self) -> GraphSwitches:
        """Habits of the service."""
        return self.tenant.switches

    @property
    def immutable(self) -> bool:
        """Whether the caller prefers immutable ids."""
        return _IMMUTABLE.search(self._prefer) is not None

    @property
    def preferred_page_size(self) -> int | None:
        """`odata.maxpagesize`, when given and above 0."""
        found = _PAGE_SIZE.search(self._prefer)
        return int(found[1]) or None if found else None

    @property
    def _prefer(self) -> str:
        return self.request.headers.get("prefer", "")

    def parameters(self, *allowed: str) -> dict[str, str]:
        """Query options; raises GraphError 400 on one that is not allowed here."""
        given = self.request.parameters
        for name in given:
            if name not in allowed:
                raise bad_request(f"The query parameter '{name}' is not supported.", "ErrorInvalidUrlQuery")
        return given

    def json_body(self) -> dict[str, Any]:
        """Body as a JSON object; raises GraphError 400."""
        try:
            body = self.request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise bad_body("Unable to read JSON request payload. Please ensure it is a JSON object.")
        return body

    def check_precondition(self, etag: str) -> None:
        """Compare If-Match, where the service enforces it; raises GraphError 412."""
        wanted = self.request.headers.get("if-match", "*")
        if self.switches.if_match_enforced and wanted not in ("*", etag):
            raise change_key_conflict()

    @property
    def origin(self) -> str:
        """Root of the service as the caller reached it."""
        return f"http://{self.request.headers.get('host', 'localhost')}"

    def metadata(self, path: str) -> str:
        """`@odata.context` of an answer."""
        return f"{self.origin}{API_PREFIX}/$metadata#{path}"

    @property
    def collection_name(self) -> str:
        """Context path of the contacts this call is about."""
        owner = f"users('{quote(self.route.user, safe='')}')"
        folder = self.route.folder_id
        return f"{owner}/contacts" if folder is None else f"{owner}/contactFolders('{quote(folder, safe='')}')/contacts"

    def next_page_link(self, parameters: Mapping[str, str], skip: int) -> str:
        """Same call from `skip` on."""
        query = urlencode({**parameters, "$skip": str(skip)}, safe="$", quote_via=quote)
        return f"{self.origin}{self.request.path}?{query}"

    def answer(self, status: int, body: dict[str, Any]) -> Answer:
        """Answer with JSON, telling the preferences that were applied."""
        applied = ['IdType="ImmutableId"'] if self.immutable else []
        size = self.preferred_page_size
        applied += [f"odata.maxpagesize={size}"] if size is not None and "value" in body else []
        headers = {"Preference-Applied": ", ".join(applied)} if applied else {}
        return json_answer(status, body, headers)


def whole_number(parameters: Mapping[str, str], name: str, otherwise: int) -> int:
    """Read a counting query option; raises GraphError 400."""
    text = parameters.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal() or (name == "$top" and int(text) == 0):
        raise bad_request(f"Invalid value '{text}' for {name}.", "ErrorInvalidUrlQuery")
    return int(text)
