"""The tests' own interface to the emulator, over HTTP below `/_control/`: JSON in, JSON out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from emulators.faults import FaultPlan, faults_from_json
from emulators.pipeliner.dates import wire_time
from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.errors import ApiError
from emulators.pipeliner.people import People
from emulators.pipeliner.presentation import Presenter
from emulators.pipeliner.seeding import generate_contacts, seed
from emulators.pipeliner.space import Space
from emulators.wire import Answer, Request, json_answer


class Control:
    """Reads and sets what no client of the API can."""

    def __init__(self, space: Space, people: People, faults: FaultPlan, requests: Counter[str]) -> None:
        """Control this space."""
        self._space = space
        self._people = people
        self._faults = faults
        self._requests = requests
        self._acts: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("POST", "seed"): self._seed,
            ("GET", "state"): self._state,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._advance,
            ("POST", "faults"): self._plant,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "switches"): lambda _: self._space.switches.as_json(),
            ("POST", "switches"): self._switch,
            ("POST", "actions"): self._act,
            ("GET", "requests"): self._count,
            ("DELETE", "requests"): self._reset,
        }

    def answer(self, request: Request) -> Answer:
        """Carry out one control request; 404 for an unknown one, 400 with words for a wrong body."""
        name = "/".join(request.segments[1:])
        act = self._acts.get((request.method, name))
        if act is None:
            return json_answer(404, {"error": f"no control {request.method} {name}"})
        try:
            return json_answer(200, act(request))
        except ApiError as error:
            return json_answer(error.status, error.body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return json_answer(400, {"error": f"{type(error).__name__}: {error}"})

    def state(self, plural: str | None = None) -> dict[str, Any]:
        """Return every record as the API would show it, deleted and hidden ones too, and the counters."""
        presenter = Presenter(self._space, self._space.latest, "")
        names = [plural] if plural else list(ENTITIES)
        records = {
            name: [presenter.show(name, row) for _, row in sorted(self._space.latest(name).rows.items())]
            for name in names
        }
        hidden = {name: sorted(self._space.tables[name].hidden) for name in names}
        return {
            "entities": records,
            "hidden": {name: ids for name, ids in hidden.items() if ids},
            "revision": self._space.revision,
            "now": wire_time(self._space.clock.peek()),
            "default_unit_id": self._space.default_unit_id,
            "default_contact_type_id": self._space.default_contact_type_id,
            "default_role_id": self._space.default_role_id,
        }

    def _seed(self, request: Request) -> Any:
        """Store records by entity; `generate` with `count` (and `owner_ids`) invents contacts."""
        body = dict(request.json())
        generate = body.pop("generate", None)
        made = seed(self._space, body)
        if generate is not None:
            made["generated"] = generate_contacts(self._space, self._people, **generate)
        return made

    def _state(self, request: Request) -> Any:
        return self.state(request.parameters.get("entity"))

    def _clock(self, _request: Request) -> Any:
        return {"now": wire_time(self._space.clock.peek())}

    def _advance(self, request: Request) -> Any:
        self._space.clock.advance(float(request.json()["advance_s"]))
        return self._clock(request)

    def _plant(self, request: Request) -> Any:
        body = request.json()
        for fault in faults_from_json(body if isinstance(body, list) else [body]):
            self._faults.plant(fault)
        return {"fired": self._faults.fired}

    def _clear_faults(self, _request: Request) -> Any:
        self._faults.clear()
        return {"fired": self._faults.fired}

    def _switch(self, request: Request) -> Any:
        self._space.switches.change(request.json())
        return self._space.switches.as_json()

    def _act(self, request: Request) -> Any:
        """Carry out a person's action: `{"action": name, "arguments": [...] , "named": {...}}`."""
        body = request.json()
        action = getattr(self._people, str(body["action"]), None)
        if action is None or str(body["action"]).startswith("_"):
            raise KeyError(body["action"])
        return {"result": action(*body.get("arguments", ()), **body.get("named", {}))}

    def _count(self, _request: Request) -> Any:
        return {"total": self._requests.total(), "by_kind": dict(self._requests)}

    def _reset(self, request: Request) -> Any:
        self._requests.clear()
        return self._count(request)
