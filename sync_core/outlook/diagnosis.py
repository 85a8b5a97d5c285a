"""What the doctor asks of Graph: a token and what it says, an answer, a mailbox and its folder."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from sync_core.engine.ports import Clock
from sync_core.http import Transport
from sync_core.outlook.client import GraphClient, folder_address, folders_address
from sync_core.outlook.credentials import graph_credential
from sync_core.outlook.mailboxes import FOLDER_PROPERTIES, OutlookMailboxes
from sync_core.outlook.refusals import Subject
from sync_core.outlook.sdk_transport import sign_in_failed

Claims = Mapping[str, Any]
SignIn = Callable[[str], AsyncTokenCredential]
"""Makes the credential for a Graph root."""


class OutlookDiagnosis:
    """Asks one Graph root, and raises what is wrong."""

    def __init__(self, transport: Transport, base_url: str, clock: Clock, sign_in: SignIn = graph_credential) -> None:
        self._base_url = base_url
        self._client = GraphClient(transport, base_url, clock)
        self._sign_in = sign_in

    async def token_claims(self) -> Claims | None:
        """Get a token; returns what it says, None when that cannot be read.

        Raises CredentialsRejected with the sign-in service's code, or ServiceUnavailable.
        """
        credential = self._sign_in(self._base_url)
        try:
            token = await credential.get_token(f"{self._base_url}/.default")
        except AzureError as error:
            raise sign_in_failed(error) from error
        finally:
            await credential.close()
        return claims_of(token.token)

    async def check(self) -> None:
        """Ask for anything cheap."""
        await OutlookMailboxes(self._client).check()

    async def check_mailbox(self, mailbox_id: str) -> None:
        """Read the contact folders of a mailbox."""
        await self._client.get(folders_address(mailbox_id, ("id",), top=1), Subject("examine", mailbox_id))

    async def check_folder(self, mailbox_id: str, folder_id: str) -> None:
        """Read a contact folder."""
        where = Subject("examine", mailbox_id, folder_id)
        await self._client.get(folder_address(mailbox_id, folder_id, FOLDER_PROPERTIES), where)


def claims_of(token: str) -> Claims | None:
    """Read what a token says, unchecked, for we are not its addressee; None when it cannot be read."""
    parts = token.split(".")
    if len(parts) != len(("header", "claims", "signature")):
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None
