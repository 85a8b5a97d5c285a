"""Azure's own Python worker library, driven without the host: real indexing, real bindings, real invocations.

As a program (`python -m tests.functions.worker <app folder>`) it answers JSON lines; `worker_process` talks to it.
The library keeps its functions in module globals, so one process can hold one app only.
"""

import asyncio
import importlib
import json
import os
import sys
import uuid
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TextIO
from urllib.parse import urlencode

from tests.functions.invocation import AppRejectedError, HttpAnswer, HttpCall, Outcome
from tests.functions.worker_messages import PROTOS

_LIBRARY: Final = "azure_functions_runtime"


class FunctionsWorker:
    """One app in the worker library, on an event loop that lasts as long as the worker."""

    def __init__(self, app_dir: Path) -> None:
        self._app_dir = app_dir
        self._runner = asyncio.Runner()
        self._library: Any = importlib.import_module(_LIBRARY)
        self._metadata: dict[str, Any] = {}

    def start(self) -> None:
        """Import and index function_app.py.

        Raises:
            AppRejectedError: the app cannot be imported or one of its functions is wrong.
        """
        sys.path.insert(0, str(self._app_dir))
        self._library.start_threadpool_executor()
        request = PROTOS.WorkerInitRequest(function_app_directory=str(self._app_dir))
        begun = self._run(self._library.worker_init_request(_event(worker_init_request=request)))
        if begun.result.status != PROTOS.StatusResult.Success:
            raise AppRejectedError(begun.result.exception.message)
        listed = self._run(self._library.functions_metadata_request(_event(functions_metadata_request=None)))
        self._metadata = {function.name: function for function in listed.function_metadata_results}

    def close(self) -> None:
        """End the event loop and the threads of plain functions."""
        self._library.stop_threadpool_executor()
        self._runner.close()

    @property
    def functions(self) -> dict[str, list[dict[str, Any]]]:
        """The bindings of each function, as the worker reports them to the host."""
        return {
            name: [json.loads(binding) for binding in function.raw_bindings]
            for name, function in self._metadata.items()
        }

    def invoke_timer(self, name: str, *, past_due: bool = False) -> Outcome:
        """Let a timer fire."""
        status = {"Last": "", "Next": "", "LastUpdated": ""}
        tick = json.dumps({"IsPastDue": past_due, "Schedule": {"AdjustForDST": True}, "ScheduleStatus": status})
        return self._invoke(name, PROTOS.TypedData(json=tick), {})

    def invoke_queue(self, name: str, text: str, dequeue_count: int = 1, message_id: str = "") -> Outcome:
        """Hand over one queue message, already decoded; a message keeps its id when it is delivered again."""
        now = datetime.now(UTC)
        metadata = {  # the host sends text as text and everything else as JSON
            "Id": PROTOS.TypedData(string=message_id or str(uuid.uuid4())),
            "PopReceipt": PROTOS.TypedData(string=str(uuid.uuid4())),
            "DequeueCount": PROTOS.TypedData(json=str(dequeue_count)),
            "InsertionTime": _json_time(now),
            "ExpirationTime": _json_time(now + timedelta(days=7)),
            "NextVisibleTime": _json_time(now + timedelta(minutes=10)),
        }
        return self._invoke(name, PROTOS.TypedData(string=text), metadata)

    def invoke_http(self, name: str, call: HttpCall) -> Outcome:
        """Send one HTTP request to a function; finding the function by its route is the host's work, not ours."""
        url = f"http://localhost{call.path}" + (f"?{urlencode(call.query)}" if call.query else "")
        request = PROTOS.RpcHttp(
            method=call.method,
            url=url,
            headers=call.headers,
            params=call.params,
            query=call.query,
            body=PROTOS.TypedData(bytes=call.body),
        )
        return self._invoke(name, PROTOS.TypedData(http=request), {})

    def _invoke(self, name: str, data: Any, metadata: Mapping[str, Any]) -> Outcome:
        trigger = next(binding for binding in self.functions[name] if binding["type"].lower().endswith("trigger"))
        request = PROTOS.InvocationRequest(
            invocation_id=str(uuid.uuid4()),
            function_id=self._metadata[name].function_id,
            input_data=[PROTOS.ParameterBinding(name=trigger["name"], data=data)],
            trigger_metadata=metadata,
        )
        return _outcome(self._run(self._library.invocation_request(_event(invocation_request=request))))

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)


def _event(**message: Any) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(**message), properties={"host": "127.0.0.1", "protos": PROTOS})


def _json_time(moment: datetime) -> Any:
    return PROTOS.TypedData(json=json.dumps(moment.isoformat()))


def _outcome(response: Any) -> Outcome:
    result = response.result
    if result.status != PROTOS.StatusResult.Success:
        return Outcome(succeeded=False, error=result.exception.message, stack_trace=result.exception.stack_trace)
    outputs = {binding.name: _messages(binding.data) for binding in response.output_data}
    returned = response.return_value
    http = _http_answer(returned) if returned.WhichOneof("data") in {"http", "string"} else None
    return Outcome(succeeded=True, outputs=outputs, http=http)


def _messages(data: Any) -> tuple[str, ...]:
    """The queue messages in an output; the library writes a list as one JSON array."""
    kind = data.WhichOneof("data")
    if kind == "json":
        items = json.loads(data.json)
        items = items if isinstance(items, list) else [items]
        return tuple(item if isinstance(item, str) else json.dumps(item) for item in items)
    return (data.bytes.decode() if kind == "bytes" else data.string,)


def _http_answer(data: Any) -> HttpAnswer:
    if data.WhichOneof("data") == "string":  # a function may return plain text, which the host sends with 200
        return HttpAnswer(200, {"content-type": "text/plain; charset=utf-8"}, data.string.encode())
    http = data.http
    headers = {name.lower(): value for name, value in http.headers.items()}
    return HttpAnswer(int(http.status_code), headers, http.body.bytes, tuple(map(_set_cookie, http.cookies)))


def _set_cookie(cookie: Any) -> str:
    morsel = SimpleCookie({cookie.name: cookie.value})[cookie.name]
    morsel["path"], morsel["domain"] = cookie.path.value, cookie.domain.value
    morsel["secure"], morsel["httponly"] = cookie.secure.value, cookie.http_only.value
    if cookie.HasField("max_age"):
        morsel["max-age"] = int(cookie.max_age.value)
    if cookie.same_site:
        morsel["samesite"] = PROTOS.RpcHttpCookie.SameSite.Name(cookie.same_site).removeprefix("Explicit")
    return morsel.OutputString()


def _answer(worker: FunctionsWorker, request: Mapping[str, Any]) -> dict[str, Any]:
    match request["command"]:
        case "timer":
            return worker.invoke_timer(request["name"], past_due=request["past_due"]).to_wire()
        case "queue":
            number, message_id = request["dequeue_count"], request["message_id"]
            return worker.invoke_queue(request["name"], request["text"], number, message_id).to_wire()
        case "http":
            return worker.invoke_http(request["name"], HttpCall.from_wire(request["call"])).to_wire()
        case other:
            raise ValueError(f"unknown command {other!r}")


def _serve(app_dir: Path, commands: TextIO, answers: TextIO) -> None:
    """Say in one line whether the app was accepted, then answer each command with one line until the input ends."""
    worker = FunctionsWorker(app_dir)
    try:
        worker.start()
    except AppRejectedError as rejected:
        print(json.dumps({"rejected": str(rejected)}), file=answers, flush=True)
        return
    print(json.dumps({"functions": worker.functions}), file=answers, flush=True)
    for line in commands:
        print(json.dumps(_answer(worker, json.loads(line))), file=answers, flush=True)
    worker.close()


def main() -> None:
    """Serve the app of the folder given as the only argument, as Azure would find it: alone and in its own folder."""
    app_dir = Path(sys.argv[1]).resolve()
    # What the app prints must not mix with the protocol, nor may it read from it.
    with os.fdopen(os.dup(0), encoding="utf-8") as commands, os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path.cwd()]
        os.chdir(app_dir)
        _serve(app_dir, commands, answers)


if __name__ == "__main__":
    main()
