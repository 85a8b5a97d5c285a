"""The tests' own interface over HTTP, below `/_control/`: the same powers as the model's methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emulators.faults import faults_from_json
from emulators.graph.errors import GraphError
from emulators.graph.seeding import seed
from emulators.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from emulators.graph.model import GraphModel

ACTIONS = frozenset(
    {
        "add_user",
        "remove_user",
        "drop_access",
        "grant_access",
        "remove_mailbox",
        "restore_mailbox",
        "default_folder",
        "add_folder",
        "rename_folder",
        "delete_folder",
        "add_contact_list",
        "create_contact",
        "edit_contact",
        "delete_contact",
        "restore_contact",
        "move_contact",
        "copy_contact",
        "contact",
        "contacts",
        "expire_delta_tokens",
        "revoke_tokens",
    }
)


class Control:
    """Answers control requests; a wrong one gets 400 with the reason, an unknown path 404."""

    def __init__(self, model: GraphModel) -> None:
        self._model = model
        self._handlers: Mapping[tuple[str, str], Callable[[Any], Any]] = {
            ("POST", "seed"): self._seed,
            ("GET", "state"): self._state,
            ("GET", "clock"): self._now,
            ("POST", "clock"): self._advance,
            ("POST", "faults"): self._plant,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "switches"): self._switches,
            ("POST", "switches"): self._switch,
            ("POST", "actions"): self._act,
            ("POST", "apps"): self._register_app,
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): self._reset_requests,
        }

    def answer(self, request: Request) -> Answer:
        """Do what is asked."""
        handler = self._handlers.get((request.method, "/".join(request.segments[1:])))
        if handler is None:
            return json_answer(404, {"error": "there is no such control"})
        try:
            return json_answer(200, handler(request.json() if request.body else {}))
        except GraphError as refusal:
            return json_answer(400, {"error": refusal.message, "code": refusal.code})
        except (ValueError, TypeError, KeyError, AttributeError) as mistake:
            return json_answer(400, {"error": f"{type(mistake).__name__}: {mistake}"})

    def _seed(self, body: Any) -> Any:
        return seed(self._model, body)

    def _state(self, _: Any) -> Any:
        return self._model.state()

    def _now(self, _: Any) -> Any:
        return {"now": self._model.clock.peek().isoformat()}

    def _advance(self, body: Any) -> Any:
        self._model.clock.advance(float(body["advance_s"]))
        return self._now(body)

    def _plant(self, body: Any) -> Any:
        for fault in faults_from_json(body):
            self._model.faults.plant(fault)
        return {"planted": len(body)}

    def _clear_faults(self, _: Any) -> Any:
        self._model.faults.clear()
        return {"fired": self._model.faults.fired}

    def _switches(self, _: Any) -> Any:
        return self._model.switches.as_json()

    def _switch(self, body: Any) -> Any:
        self._model.switches.change(body)
        return self._model.switches.as_json()

    def _act(self, body: Any) -> Any:
        """Do one action, or several in order: `{"action": name, ...its arguments}`."""
        if isinstance(body, list):
            return [self._act(one) for one in body]
        arguments = dict(body)
        name = arguments.pop("action")
        if name not in ACTIONS:
            raise ValueError(f"no action is called {name}")
        return {"result": getattr(self._model, name)(**arguments)}

    def _register_app(self, body: Any) -> Any:
        self._model.sign_in.register_app(body["client_id"], body["client_secret"])
        return {}

    def _requests(self, _: Any) -> Any:
        return {"total": self._model.total_requests, "kinds": dict(self._model.requests)}

    def _reset_requests(self, _: Any) -> Any:
        self._model.reset_requests()
        return self._requests(None)
