"""The triggers of the Azure Functions app: each hands on to one call of sync_core.

Nothing is opened while this module is imported, so that a wrong setting is reported by the first invocation,
with one message that names every fault, and not by an app that cannot start.
"""

from __future__ import annotations

import asyncio
import secrets

import azure.functions as func

from sync_core.app import App, open_functions_app
from sync_core.operations import messages, nightly, working
from sync_core.operations.failures import without_values
from sync_core.operations.ports import Operator
from sync_core.settings import http_sign_in
from sync_core.web import api
from sync_core.web.callers import auth_level
from sync_core.web.door import Door
from sync_core.web.exchange import Request

_door = Door(http_sign_in())
app = func.FunctionApp(http_auth_level=func.AuthLevel[auth_level(_door.sign_in)])
_built: dict[asyncio.AbstractEventLoop, App] = {}


def _operator() -> Operator:
    """Give the deployment, built once per event loop, to which its connections belong. Raises InvalidSettings."""
    loop = asyncio.get_running_loop()
    if loop not in _built:
        _built[loop] = open_functions_app()
    return _built[loop].operator


async def _respond(req: func.HttpRequest, endpoint: api.Endpoint) -> func.HttpResponse:
    headers = {name.lower(): value for name, value in req.headers.items()}
    request = Request(req.route_params, req.params, req.get_body(), req.method, headers)
    answer = await api.respond(endpoint, _operator, request, _door)
    return func.HttpResponse(answer.body, status_code=answer.status, headers=answer.headers)


def _message_id(msg: func.QueueMessage) -> str:
    return msg.id or secrets.token_hex(16)


@app.timer_trigger(arg_name="timer", schedule="%SYNC_SCHEDULE%", run_on_startup=False, use_monitor=True)
async def tick(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker passes it by this name
    """Poll Pipeliner's changes and ask for the passes that are due."""
    await without_values(working.tick(_operator()), "the tick")


@app.timer_trigger(arg_name="timer", schedule="%SYNC_SWEEP_SCHEDULE%", run_on_startup=False, use_monitor=True)
async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the worker passes it by this name
    """Ask for the nightly comparison of everything."""
    await without_values(nightly.sweep_all(_operator()), "the sweep")


@app.queue_trigger(arg_name="msg", queue_name="sync-passes", connection="AzureWebJobsStorage")
async def sync_connection(msg: func.QueueMessage) -> None:
    """Run one pass of one connection."""
    await messages.work_message(_operator(), msg.get_body(), _message_id(msg))


@app.queue_trigger(arg_name="msg", queue_name="sync-passes-poison", connection="AzureWebJobsStorage")
async def poison(msg: func.QueueMessage) -> None:
    """Show people that a message was given up."""
    await messages.poison_message(_operator(), msg.get_body(), _message_id(msg))


@app.route(route="connections", methods=["POST"])
async def connect(req: func.HttpRequest) -> func.HttpResponse:
    """Connect a mailbox with a Pipeliner user."""
    return await _respond(req, api.connect)


@app.route(route="connections", methods=["GET"])
async def list_connections(req: func.HttpRequest) -> func.HttpResponse:
    """List the connections."""
    return await _respond(req, api.list_connections)


@app.route(route="connections/{connection_id}", methods=["GET"])
async def read_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Show a connection."""
    return await _respond(req, api.read_connection)


@app.route(route="connections/{connection_id}", methods=["PATCH"])
async def change_connection(req: func.HttpRequest) -> func.HttpResponse:
    """Change a connection's settings, pause or resume it."""
    return await _respond(req, api.change_connection)


@app.route(route="connections/{connection_id}", methods=["DELETE"])
async def disconnect(req: func.HttpRequest) -> func.HttpResponse:
    """End a connection."""
    return await _respond(req, api.disconnect)


@app.route(route="connections/{connection_id}/sync", methods=["POST"])
async def request_sync(req: func.HttpRequest) -> func.HttpResponse:
    """Ask for a pass."""
    return await _respond(req, api.request_sync)


@app.route(route="connections/{connection_id}/approve", methods=["POST"])
async def approve_removals(req: func.HttpRequest) -> func.HttpResponse:
    """Approve the removals that were held back."""
    return await _respond(req, api.approve_removals)


@app.route(route="connections/{connection_id}/retry", methods=["POST"])
async def retry_set_aside(req: func.HttpRequest) -> func.HttpResponse:
    """Try contacts again that were set aside."""
    return await _respond(req, api.retry_set_aside)


@app.route(route="connections/{connection_id}/history", methods=["GET"])
async def read_history(req: func.HttpRequest) -> func.HttpResponse:
    """Show what was changed."""
    return await _respond(req, api.read_history)


@app.route(route="connections/{connection_id}/attention", methods=["GET"])
async def read_attention(req: func.HttpRequest) -> func.HttpResponse:
    """Show what waits for a person."""
    return await _respond(req, api.read_attention)


@app.route(route="runs/{run_id}", methods=["GET"])
async def read_run(req: func.HttpRequest) -> func.HttpResponse:
    """Show how a run stands."""
    return await _respond(req, api.read_run)


@app.route(route="health", methods=["GET"])
async def read_health(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether all that the sync depends on answers."""
    return await _respond(req, api.read_health)


@app.route(route="purge", methods=["POST"])
async def purge(req: func.HttpRequest) -> func.HttpResponse:
    """Erase what is stored of a connection or a person."""
    return await _respond(req, api.purge)
