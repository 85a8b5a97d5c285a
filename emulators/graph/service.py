"""Answers single requests of the API: sign-in checked, allowance counted, then the call itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emulators.graph import contact_calls, folder_calls
from emulators.graph.call import API_PREFIX, Call
from emulators.graph.delta import DeltaFeed
from emulators.graph.errors import GraphError, bad_request, no_such_segment
from emulators.graph.routing import Resource, Route, route_of
from emulators.graph.tenant import Tenant
from emulators.graph.throttling import Throttle
from emulators.wire import Answer, Request

_Handler = Callable[[Call], Answer]

_HANDLERS: Mapping[tuple[str, Resource], _Handler] = {
    ("GET", Resource.USERS): folder_calls.list_users,
    ("GET", Resource.USER): folder_calls.get_user,
    ("GET", Resource.FOLDERS): folder_calls.list_folders,
    ("POST", Resource.FOLDERS): folder_calls.create_folder,
    ("GET", Resource.FOLDER): folder_calls.get_folder,
    ("PATCH", Resource.FOLDER): folder_calls.rename_folder,
    ("DELETE", Resource.FOLDER): folder_calls.delete_folder,
    ("GET", Resource.CONTACTS): contact_calls.list_contacts,
    ("POST", Resource.CONTACTS): contact_calls.create_contact,
    ("GET", Resource.COUNT): contact_calls.count_contacts,
    ("GET", Resource.CONTACT): contact_calls.get_contact,
    ("PATCH", Resource.CONTACT): contact_calls.update_contact,
    ("DELETE", Resource.CONTACT): contact_calls.delete_contact,
    ("POST", Resource.PERMANENT_DELETE): contact_calls.permanently_delete_contact,
}
_SINGULAR = {Resource.CONTACTS: Resource.CONTACT, Resource.FOLDERS: Resource.FOLDER}


class ContactsService:
    """The API below `/v1.0`, without `$batch`."""

    def __init__(self, tenant: Tenant, delta: DeltaFeed, throttle: Throttle) -> None:
        self._tenant = tenant
        self._throttle = throttle
        self._handlers: Mapping[tuple[str, Resource], _Handler] = {
            **_HANDLERS,
            ("GET", Resource.DELTA): delta.page,
        }

    def perform(self, request: Request, app: str) -> Answer:
        """Answer a request of an app that is signed in; raises GraphError."""
        route = route_in(request)
        if route.resource is Resource.BATCH:
            raise bad_request("Batch requests cannot be nested.")
        handler = self._handlers.get((request.method, route.resource))
        if handler is None:
            raise GraphError(405, "Request_BadRequest", f"{request.method} is not supported on this resource.")
        if route.resource not in (Resource.USERS, Resource.USER):
            self._throttle.admit(app, self._tenant.user(route.user).id)
        return handler(Call(request, route, self._tenant))


def route_in(request: Request) -> Route:
    """Route of a request; raises GraphError 400 for a path that leads nowhere."""
    segments = request.segments
    if not segments or segments[0].lower() != API_PREFIX.strip("/"):
        raise no_such_segment(segments[0] if segments else "")
    return route_of(segments[1:])


def kind_of(request: Request) -> str:
    """Kind a request is counted under, such as "GET delta", "POST contact" or "POST $batch"."""
    try:
        resource = route_in(request).resource
    except GraphError:
        return f"{request.method} unknown"
    if request.method == "POST":
        resource = _SINGULAR.get(resource, resource)
    return f"{request.method} {resource.value}"
