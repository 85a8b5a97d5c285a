"""The triggers of the Azure Functions app: each hands on to one call of sync_core.

Nothing is opened while this module is imported, so that a wrong setting is reported by the first invocation,
with one message that names every fault, and not by an app that cannot start.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import azure.functions as func

from sync_core.app import App, open_functions_app
from sync_core.operations import TIMER, Deployment, poison_message, reconcile_all, work_message
from sync_core.operations import tick as run_tick
from sync_core.redaction import without_values
from sync_core.settings import http_sign_in
from sync_core.web import ROUTES, Admission, Request, Route, auth_level, respond

_admission = Admission(http_sign_in())
app = func.FunctionApp(http_auth_level=func.AuthLevel[auth_level(_admission.sign_in)])
_built: dict[asyncio.AbstractEventLoop, App] = {}


def _deployment() -> Deployment:
    """Return the deployment, built once per event loop, to which its connections belong. Raises InvalidSettings."""
    loop = asyncio.get_running_loop()
    if loop not in _built:
        _built[loop] = open_functions_app()
    return _built[loop].deployment


def _message_id(msg: func.QueueMessage) -> str:
    return msg.id or secrets.token_hex(16)


@app.timer_trigger(arg_name="timer", schedule="%SYNC_SCHEDULE%", run_on_startup=False, use_monitor=True)
async def tick(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker passes it by this name
    """Poll Pipeliner's changes and ask for the runs that are due."""
    await without_values(run_tick(_deployment().acting_for(TIMER)), "the tick")


@app.timer_trigger(arg_name="timer", schedule="%SYNC_SWEEP_SCHEDULE%", run_on_startup=False, use_monitor=True)
async def reconcile(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker passes it by this name
    """Ask for the nightly comparison of everything."""
    await without_values(reconcile_all(_deployment().acting_for(TIMER)), "the reconciliation")


@app.queue_trigger(arg_name="msg", queue_name="sync-passes", connection="AzureWebJobsStorage")
async def sync_connection(msg: func.QueueMessage) -> None:
    """Run one run of one connection."""
    await work_message(_deployment(), msg.get_body(), _message_id(msg))


@app.queue_trigger(arg_name="msg", queue_name="sync-passes-poison", connection="AzureWebJobsStorage")
async def poison(msg: func.QueueMessage) -> None:
    """Show people that a message was given up."""
    await poison_message(_deployment(), msg.get_body(), _message_id(msg))


def _http_function(route: Route) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    """Make the function of a route; the worker tells functions apart by their names."""

    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        headers = {name.lower(): value for name, value in req.headers.items()}
        request = Request(req.route_params, req.params, req.get_body(), req.method, headers)
        answered = await respond(route, _deployment, request, _admission)
        return func.HttpResponse(answered.body, status_code=answered.status, headers=answered.headers)

    answer.__name__, answer.__doc__ = route.name, route.summary
    return answer


for _route in ROUTES:
    app.route(route=_route.path, methods=[_route.method.value])(_http_function(_route))
