"""Adapter for Pipeliner CRM's REST API v100: the ports for a space and its contacts over lists, records and batches.

This face is light. What connects is imported from `requests_transport` by the composition root alone, for the library
takes its time to load.
"""

from sync_core.pipeliner.answers import (
    ACCOUNT_RELATIONS,
    ACCOUNTS,
    CLIENTS,
    CONTACTS,
    FIELDS,
    SHARING,
    Record,
    flag_of,
    text_of,
)
from sync_core.pipeliner.client import PipelinerClient, every_record, ordered, read_page, where
from sync_core.pipeliner.contacts import PipelinerContacts
from sync_core.pipeliner.roles import PipelinerRights
from sync_core.pipeliner.space import PipelinerSpace

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_RELATIONS",
    "CLIENTS",
    "CONTACTS",
    "FIELDS",
    "SHARING",
    "PipelinerClient",
    "PipelinerContacts",
    "PipelinerRights",
    "PipelinerSpace",
    "Record",
    "every_record",
    "flag_of",
    "ordered",
    "read_page",
    "text_of",
    "where",
]
