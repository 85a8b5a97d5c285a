"""The emulated services seen from outside: what persons do there, and what any client of the real API reads."""

from __future__ import annotations

from typing import Any, Self

import requests

from emulators.serving import API_PASSWORD, API_TOKEN, SPACE_ID, Services

Json = dict[str, Any]
TIMEOUT_S = 60.0
PAGE = 100


class RemoteGraph:
    """Outlook mailboxes over HTTP. Raises requests.HTTPError with the service's own words."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.headers.update({"Authorization": "Bearer outsider", "Prefer": 'IdType="ImmutableId"'})

    def act(self, action: str, **arguments: Any) -> Any:
        """Let a person act, such as `create_contact`; returns what comes of it."""
        body = {"action": action, **arguments}
        answer = self._session.post(f"{self._base_url}/_control/actions", json=body, timeout=TIMEOUT_S)
        return _checked(answer)["result"]

    def contacts(self, mailbox: str, folder_id: str) -> list[Json]:
        """Read all contacts of a folder."""
        url = f"{self._base_url}/v1.0/users/{mailbox}/contactFolders/{folder_id}/contacts?$top={PAGE}"
        found: list[Json] = []
        while url:
            page = _checked(self._session.get(url, timeout=TIMEOUT_S))
            found += page["value"]
            url = page.get("@odata.nextLink", "")
        return found

    def folders(self, mailbox: str) -> dict[str, str]:
        """Read the names of the personal contact folders, by id."""
        url = f"{self._base_url}/v1.0/users/{mailbox}/contactFolders"
        page = _checked(self._session.get(url, timeout=TIMEOUT_S))
        return {folder["id"]: folder["displayName"] for folder in page["value"]}

    def requests_seen(self) -> int:
        """Count the API requests that reached the service so far, a batch as one."""
        return int(_checked(self._session.get(f"{self._base_url}/_control/requests", timeout=TIMEOUT_S))["total"])

    def close(self) -> None:
        """Free the connection."""
        self._session.close()


class RemotePipeliner:
    """A Pipeliner space over HTTP. Raises requests.HTTPError with the service's own words."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.auth = (API_TOKEN, API_PASSWORD)

    def act(self, action: str, *arguments: Any, **named: Any) -> Any:
        """Let a person act, such as `edit_contact`; returns what comes of it."""
        body = {"action": action, "arguments": arguments, "named": named}
        answer = self._session.post(f"{self._base_url}/_control/actions", json=body, timeout=TIMEOUT_S)
        return _checked(answer)["result"]

    def contacts(self, owner_id: str) -> list[Json]:
        """Read all living contacts of an owner."""
        url = f"{self._base_url}/api/v100/rest/spaces/{SPACE_ID}/entities/Contacts"
        query = {"first": str(PAGE), "filter[owner_id]": owner_id, "expand": "primary_account"}
        found: list[Json] = []
        while True:
            page = _checked(self._session.get(url, params=query, timeout=TIMEOUT_S))
            found += page["data"]
            if not page["page_info"]["has_next_page"]:
                return found
            query["after"] = page["page_info"]["end_cursor"]

    def requests_seen(self) -> int:
        """Count the API requests that reached the service so far."""
        return int(_checked(self._session.get(f"{self._base_url}/_control/requests", timeout=TIMEOUT_S))["total"])

    def close(self) -> None:
        """Free the connection."""
        self._session.close()


class Outside:
    """Both services from outside."""

    def __init__(self, services: Services) -> None:
        self.graph = RemoteGraph(services.graph_url)
        self.crm = RemotePipeliner(services.crm_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.graph.close()
        self.crm.close()


def _checked(answer: requests.Response) -> Any:
    if not answer.ok:
        raise requests.HTTPError(f"{answer.status_code} {answer.text[:500]}", response=answer)
    return answer.json()
