"""The emulated entities as data; field names and inputs as in the vendor's OpenAPI description."""

from __future__ import annotations

from emulators.pipeliner.schema import (
    STANDING,
    Entity,
    FieldSpec,
    Kind,
    children,
    choice,
    each,
    reference,
    required,
)

_EMAILS = each(Kind.EMAIL, "email1 email2 email3 email4 email5")
_PHONES = each(Kind.PHONE, "phone1 phone2 phone3 phone4 phone5")
_EMAIL_SLOTS = tuple(spec.name for spec in _EMAILS)
_SHAREABLE = (
    *reference("owner", "Clients", required=True),
    *reference("unit", "SalesUnits"),
    *reference("picture", "CloudObjects"),
    choice("share_mode", range(4)),
    *each(Kind.BOOLEAN, "is_archived is_unsubscribed"),
    *each(Kind.BOOLEAN, "is_favorite", ""),
    *each(Kind.DATETIME, "modified_by_user", ""),
    *each(Kind.EMPTY_LIST, "documents tags"),
    FieldSpec("social_media", Kind.RELATION, "", "SocialRelations", "social_media_id"),
)
_ADDRESSES = (
    *each(Kind.AREA, "address comments"),
    *each(Kind.TEXT, "city state_province zip_code country"),
    *_EMAILS,
    *_PHONES,
)

CONTACTS = Entity(
    "Contacts",
    "Contact",
    (
        *STANDING,
        *each(Kind.TEXT, "first_name middle_name last_name title position quick_account_name"),
        *each(Kind.TEXT, "formatted_name primary_account_position", ""),
        *each(Kind.TEXT, "account_position primary_account_relationship"),
        *each(Kind.TEXT, "exchange_entity_id gapi_entity_id o365_entity_id", "u"),
        *_ADDRESSES,
        *_SHAREABLE,
        choice("gender", range(4)),
        *reference("contact_type", "ContactTypes"),
        FieldSpec("primary_account", Kind.RELATION, "", "Accounts"),
        *each(Kind.EMPTY_LIST, "primary_account_account_roles"),
        children("account_relations", "ContactAccountRelations", "contact_id"),
        children("sharing_clients", "ContactSharingClientRelations", "contact_id"),
        children("sharing_units", "ContactSharingSalesUnitRelations", "contact_id"),
    ),
    hashed=("owner_id", *_EMAIL_SLOTS),
    children=(
        ("ContactAccountRelations", "contact_id", "account_id"),
        ("ContactSharingClientRelations", "contact_id", "client_id"),
        ("ContactSharingSalesUnitRelations", "contact_id", "unit_id"),
    ),
    verbs=frozenset({"batch-modify", "batch-delete", "merge"}),
)

ACCOUNTS = Entity(
    "Accounts",
    "Account",
    (
        *STANDING,
        *(required(spec) for spec in each(Kind.TEXT, "name")),
        *each(Kind.TEXT, "formatted_name", ""),
        *each(Kind.TEXT, "quick_parent_account_name"),
        *each(Kind.URL, "home_page"),
        *_ADDRESSES,
        *_SHAREABLE,
        choice("account_class", range(1, 6)),
        *reference("account_type", "AccountTypes"),
        *reference("customer_type", "Data"),
        *reference("industry", "Data"),
        *reference("parent_account", "Accounts"),
        *reference("parent_account_relation_type", "ParentAccountRelationTypes"),
        *each(Kind.JSON, "health", ""),
        *each(Kind.INTEGER, "health_status", ""),
        FieldSpec("health_category", Kind.REFERENCE, ""),
        *each(Kind.EMPTY_LIST, "sharing_clients sharing_units"),
    ),
    hashed=("owner_id", "name"),
    children=(("ContactAccountRelations", "account_id", "contact_id"),),
    verbs=frozenset({"batch-modify", "batch-delete", "merge"}),
)

ACCOUNT_RELATIONS = Entity(
    "ContactAccountRelations",
    "ContactAccountRelation",
    (
        *STANDING,
        *reference("account", "Accounts", required=True),
        *reference("contact", "Contacts", required=True),
        required(each(Kind.BOOLEAN, "is_primary")[0]),
        *each(Kind.TEXT, "position comment"),
        *each(Kind.BOOLEAN, "is_assistant is_sibling"),
        choice("relationship", range(4)),
        *each(Kind.EMPTY_LIST, "account_roles"),
    ),
    hashed=("contact_id", "account_id"),
    pair=("contact_id", "account_id"),
)

SHARING_CLIENTS = Entity(
    "ContactSharingClientRelations",
    "ContactSharingClientRelation",
    (
        *STANDING,
        *reference("contact", "Contacts", required=True),
        *reference("client", "Clients", required=True),
        choice("role", range(1, 3)),
    ),
    hashed=("contact_id", "client_id"),
    pair=("contact_id", "client_id"),
)

SHARING_UNITS = Entity(
    "ContactSharingSalesUnitRelations",
    "ContactSharingSalesUnitRelation",
    (
        *STANDING,
        *reference("contact", "Contacts", required=True),
        *reference("unit", "SalesUnits", required=True),
        choice("role", range(1, 3)),
    ),
    hashed=("contact_id", "unit_id"),
    pair=("contact_id", "unit_id"),
)

CLIENTS = Entity(
    "Clients",
    "Client",
    (
        *STANDING,
        *(required(spec) for spec in each(Kind.EMAIL, "email", "c")),
        *each(Kind.TEXT, "first_name middle_name last_name phone picture_url region timezone", ""),
        *each(Kind.TEXT, "name formatted_name timezone_name", ""),
        *each(Kind.TEXT, "position"),
        *each(Kind.DATETIME, "last_active", ""),
        *each(Kind.INTEGER, "default_idp user_profile_id", ""),
        FieldSpec("user_recalculation_state", Kind.TEXT, "", default="NoRecalculation"),
        choice("type", range(2)),
        *reference("default_unit", "SalesUnits", required=True),
        *reference("master_right", "MasterRights"),
        children("unit_membership", "SalesUnitClientRelations", "client_id"),
        *each(Kind.EMPTY_LIST, "account_favorite appointment_favorite contact_favorite"),
        *each(Kind.EMPTY_LIST, "lead_favorite opportunity_favorite profile_favorite report_favorite task_favorite"),
        *each(Kind.EMPTY_LIST, "unit_manager_ids unit_member_ids", ""),
    ),
    hashed=("email",),
)

SALES_UNITS = Entity(
    "SalesUnits",
    "SalesUnit",
    (
        *STANDING,
        *(required(spec) for spec in each(Kind.TEXT, "name")),
        *reference("parent", "SalesUnits"),
        *reference("picture", "CloudObjects"),
    ),
)

MEMBERSHIPS = Entity(
    "SalesUnitClientRelations",
    "SalesUnitClientRelation",
    (
        *STANDING,
        *reference("client", "Clients", required=True),
        *reference("unit", "SalesUnits", required=True),
        choice("unit_role", range(1, 3)),
    ),
    hashed=("client_id", "unit_id"),
    pair=("client_id", "unit_id"),
)

MASTER_RIGHTS = Entity(
    "MasterRights",
    "MasterRight",
    (
        *STANDING,
        *(required(spec) for spec in each(Kind.TEXT, "name")),
        *each(Kind.BOOLEAN, "access_contacts access_archive access_export access_import access_bulk_update"),
        *each(Kind.BOOLEAN, "access_entity_contact_delete access_entity_contact_private"),
        choice("access_entity_contact", range(5)),
        choice("access_entity_contact_direction", range(1, 7)),
        choice("access_entity_contact_types", range(1, 3)),
        children("allowed_contact_types", "AllowedContactTypes", "master_right_id"),
    ),
)

ALLOWED_CONTACT_TYPES = Entity(
    "AllowedContactTypes",
    "AllowedContactType",
    (
        *STANDING,
        *reference("master_right", "MasterRights", required=True),
        *reference("contact_type", "ContactTypes", required=True),
    ),
    hashed=("master_right_id",),
    pair=("master_right_id", "contact_type_id"),
)

FIELD_PERMISSIONS = Entity(
    "FieldPermissions",
    "FieldPermission",
    (
        *STANDING,
        *reference("master_right", "MasterRights", required=True),
        *reference("field", "Fields", required=True),
        choice("permission_level", range(1, 4)),
    ),
    hashed=("master_right_id",),
    pair=("master_right_id", "field_id"),
)

CONTACT_TYPES = Entity(
    "ContactTypes",
    "ContactType",
    (
        *STANDING,
        *(required(spec) for spec in each(Kind.TEXT, "name")),
        required(each(Kind.BOOLEAN, "is_readonly")[0]),
        *each(Kind.BOOLEAN, "is_published has_draft can_change_readonly", ""),
        *each(Kind.JSON, "form_edit"),
        *each(Kind.JSON, "form_edit_api", ""),
    ),
)

FIELDS = Entity(
    "Fields",
    "Field",
    (
        *(spec for spec in STANDING if spec.name != "revision"),
        *(required(spec) for spec in each(Kind.TEXT, "entity_name type_id", "c")),
        *(required(spec) for spec in each(Kind.TEXT, "name")),
        *each(Kind.TEXT, "calc_formula default_value name_translations"),
        *each(Kind.TEXT, "api_name column_name name_translated translated_name primitive_type", ""),
        *each(Kind.TEXT, "relation_id relation_with_entity_id sequence_pattern", ""),
        *each(Kind.TEXT, "source_field_id source_type_id", ""),
        *each(Kind.BOOLEAN, "has_draft is_published is_unique system_readonly system_required", ""),
        *each(Kind.BOOLEAN, "is_available_for_advanced_formula is_available_for_webresource", ""),
        *each(Kind.BOOLEAN, "use_in_global_search use_in_interface_preview", ""),
        *each(Kind.INTEGER, "column_source system_type use_lang", ""),
        *each(Kind.JSON, "advanced_formula lookup rollup options settings", ""),
        FieldSpec("data_set_id", Kind.REFERENCE, "c"),
        FieldSpec("data_set", Kind.OPTIONS, "", "Data", "data_set_id"),
        FieldSpec("field_permissions", Kind.RELATION, "", "FieldPermissions", "field_permissions_id"),
        FieldSpec("composite_field_id", Kind.REFERENCE, ""),
        FieldSpec("original_dataset_field_id", Kind.REFERENCE, ""),
        FieldSpec("parent_data_set_id", Kind.REFERENCE, ""),
        FieldSpec("sequence_id", Kind.REFERENCE, ""),
        FieldSpec("shared_with_field_id", Kind.REFERENCE, ""),
    ),
    hashed=("entity_name", "api_name"),
    verbs=frozenset(),
)

DATA = Entity(
    "Data",
    "Data",
    (
        *STANDING,
        FieldSpec("data_set_id", Kind.REFERENCE, "c", is_required=True),
        *(required(spec) for spec in each(Kind.TEXT, "option_name")),
        required(each(Kind.INTEGER, "sort_order")[0]),
        *each(Kind.TEXT, "option_name_translations"),
        *each(Kind.TEXT, "option_name_translated", ""),
        *each(Kind.NUMBER, "calc_value"),
        *each(Kind.BOOLEAN, "has_draft is_published", ""),
    ),
    hashed=("data_set_id",),
)

OF_ROLES = frozenset({"MasterRights", "AllowedContactTypes", "FieldPermissions"})
"""What an application may be kept from reading."""

ENTITIES = {
    entity.plural: entity
    for entity in (
        CONTACTS,
        ACCOUNTS,
        ACCOUNT_RELATIONS,
        SHARING_CLIENTS,
        SHARING_UNITS,
        CLIENTS,
        SALES_UNITS,
        MEMBERSHIPS,
        MASTER_RIGHTS,
        ALLOWED_CONTACT_TYPES,
        FIELD_PERMISSIONS,
        CONTACT_TYPES,
        FIELDS,
        DATA,
    )
}
