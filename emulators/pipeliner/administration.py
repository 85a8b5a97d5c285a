"""What an administrator sets up: users, units, fields, forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulators.pipeliner.acting import Acting
from emulators.pipeliner.schema import Kind
from emulators.pipeliner.space import Transaction


class Administration(Acting):
    """Sets up the space; every method is one transaction. Raises KeyError for an unknown id or name."""

    def add_unit(self, name: str) -> str:
        """Add a sales unit."""
        return self._create("SalesUnits", {"name": name})

    def add_user(self, email: str, first_name: str = "", last_name: str = "", unit_id: str | None = None) -> str:
        """Add a user, whose records go to the unit (the space's first one when not given)."""
        values: dict[str, Any] = {"email": email, "first_name": first_name, "last_name": last_name}
        values["default_unit_id"] = unit_id or self._space.default_unit_id
        return self._place("Clients", values)

    def deactivate_user(self, client_id: str, *, active: bool = False) -> None:
        """Remove a user (their records keep them as owner), or bring them back."""
        self._flag("Clients", client_id, deleted=not active)

    def add_contact_type(self, name: str) -> str:
        """Add a contact type with a form of its own."""
        return self._place("ContactTypes", {"name": name, "is_readonly": False, "is_published": True})

    def require_fields(self, names: Sequence[str], contact_type_id: str | None = None) -> None:
        """Make fields required on a contact type's form (the default type when not given)."""
        form = {"fields": [{"api_name": name, "required": True} for name in names]}
        type_id = contact_type_id or self._space.default_contact_type_id or ""
        self._set("ContactTypes", type_id, {"form_edit_api": form})

    def add_field(self, api_name: str, type_id: str = "input", **values: Any) -> str:
        """Add a custom contact field; `options` names a dropdown's choices, whose ids are in its data set."""
        options: Sequence[str] = values.pop("options", ())
        entity_name = values.pop("entity_name", "Contact")
        described = {"entity_name": entity_name, "name": api_name, "api_name": api_name, "type_id": type_id, **values}
        work = Transaction(self._space)
        if type_id == Kind.OPTION.value:
            described["data_set_id"] = self._space.new_id("Data", work.now)
        row = work.insert("Fields", described)
        for position, option in enumerate(options):
            option_values = {"option_name": option, "sort_order": position, "data_set_id": described["data_set_id"]}
            work.insert("Data", option_values)
        work.commit()
        return row.id

    def make_unique(self, entity_name: str, api_name: str) -> None:
        """Let no two living records share a value of a field."""
        rows = self._space.latest("Fields").live("api_name", api_name)
        row = next((row for row in rows if row.values.get("entity_name") == entity_name), None)
        if row is None:
            raise KeyError(api_name)
        self._set("Fields", row.id, {"is_unique": True})

    def limit_length(self, api_name: str, length: int, plural: str = "Contacts") -> None:
        """Limit how many characters a text field takes."""
        self._space.max_lengths[plural, api_name] = length
