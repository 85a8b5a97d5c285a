"""Adapter for Microsoft Graph: the ports for mailboxes and folders over `$batch`, delta and immutable ids.

This face is light. What signs in and connects is imported from `credentials` and `sdk_transport` by the composition
root alone, for azure-identity and msgraph-sdk take a second to load.
"""

from sync_core.outlook.client import BATCH, GraphClient
from sync_core.outlook.folder import OutlookFolder
from sync_core.outlook.mailboxes import FOLDER_PROPERTIES, OutlookMailboxes
from sync_core.outlook.refusals import Subject

__all__ = ["BATCH", "FOLDER_PROPERTIES", "GraphClient", "OutlookFolder", "OutlookMailboxes", "Subject"]
