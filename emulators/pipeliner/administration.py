"""What an administrator sets up: users, units, roles, fields, forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.pipeliner.acting import Acting
from emulators.pipeliner.schema import Kind
from emulators.pipeliner.space import Transaction

MEMBER, MANAGER = 1, 2
FULL_OWN_RIGHTS: Mapping[str, Any] = {
    "access_contacts": True,
    "access_archive": True,
    "access_entity_contact": 2,
    "access_entity_contact_delete": True,
    "access_entity_contact_direction": 4,
    "access_entity_contact_types": 1,
}
"""Of the role that everybody has at first: they see their units, and write and delete what they may by ownership."""


class Administration(Acting):
    """Sets up the space; every method is one transaction. Raises KeyError for an unknown id or name."""

    def add_unit(self, name: str, parent_id: str | None = None) -> str:
        """Add a sales unit, below another one where that is given."""
        return self._create("SalesUnits", {"name": name, "parent_id": parent_id})

    def move_unit(self, unit_id: str, parent_id: str | None) -> None:
        """Put a sales unit below another one, or nowhere."""
        self._edit("SalesUnits", unit_id, {"parent_id": parent_id})

    def join_unit(self, client_id: str, unit_id: str, role: int = MEMBER) -> str:
        """Make a user a member (1) or the manager (2) of a unit; returns the membership's id."""
        for row in self._space.latest("SalesUnitClientRelations").live("client_id", client_id):
            if row.values.get("unit_id") == unit_id:
                self._set("SalesUnitClientRelations", row.id, {"unit_role": role})
                return row.id
        return self._place("SalesUnitClientRelations", {"client_id": client_id, "unit_id": unit_id, "unit_role": role})

    def leave_unit(self, client_id: str, unit_id: str) -> None:
        """End a membership."""
        for row in self._space.latest("SalesUnitClientRelations").live("client_id", client_id):
            if row.values.get("unit_id") == unit_id:
                self._flag("SalesUnitClientRelations", row.id, deleted=True)

    def add_role(self, name: str, **values: Any) -> str:
        """Add a role; what is not given is as in the role that everybody has at first."""
        return self._place("MasterRights", {"name": name, **FULL_OWN_RIGHTS, **values})

    def change_role(self, role_id: str = "", **values: Any) -> None:
        """Change what a role allows (the one that everybody has at first when none is given)."""
        self._set("MasterRights", role_id or self._space.default_role_id or "", values)

    def give_role(self, client_id: str, role_id: str) -> None:
        """Give a user another role."""
        self._set("Clients", client_id, {"master_right_id": role_id})

    def allow_types(self, role_id: str, *contact_type_ids: str) -> None:
        """Limit a role to some contact types."""
        for type_id in contact_type_ids:
            self._place("AllowedContactTypes", {"master_right_id": role_id, "contact_type_id": type_id})
        self._set("MasterRights", role_id, {"access_entity_contact_types": 2})

    def restrict_field(self, api_name: str, level: int, role_id: str = "") -> None:
        """Let a role write (1), only read (2) or not see (3) a contact field."""
        role_id, field_id = role_id or self._space.default_role_id or "", self._space.field_id("Contacts", api_name)
        if not field_id:
            raise KeyError(api_name)
        for row in self._space.latest("FieldPermissions").live("master_right_id", role_id):
            if row.values.get("field_id") == field_id:
                self._set("FieldPermissions", row.id, {"permission_level": level})
                return
        values = {"master_right_id": role_id, "field_id": field_id, "permission_level": level}
        self._place("FieldPermissions", values)

    def recalculate_rights(self, client_id: str, state: str = "InProgress") -> None:
        """Let the service be busy with a user's rights (`Pending`, `InProgress`), or be done (`NoRecalculation`)."""
        self._set("Clients", client_id, {"user_recalculation_state": state})

    def add_user(self, email: str, first_name: str = "", last_name: str = "", unit_id: str | None = None) -> str:
        """Add a user, who is a member of the unit (the space's first one when not given), as their records will be."""
        values: dict[str, Any] = {"email": email, "first_name": first_name, "last_name": last_name}
        values["default_unit_id"] = unit_id or self._space.default_unit_id
        values["master_right_id"] = self._space.default_role_id
        client_id = self._place("Clients", values)
        self.join_unit(client_id, values["default_unit_id"])
        return client_id

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
