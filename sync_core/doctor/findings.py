"""What the doctor finds, as values: one finding is one line, and what does not work ends in its remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    FolderGone,
    InvalidRequest,
    InvalidSettings,
    MailboxGone,
    RequestRejected,
    RetryLater,
    SpaceGone,
    SyncError,
    Throttled,
    UserGone,
    UserStopped,
)


class Verdict(StrEnum):
    """How a check came out; only FAILED makes the whole report fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, on what, what was found, and the remedy. It never holds a secret."""

    check: str
    subject: str
    verdict: Verdict
    told: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """The finding as a person reads it."""
        where = f"{self.check} ({self.subject})" if self.subject else self.check
        remedy = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.verdict.value:<8}{where}: {self.told}{remedy}"

    def as_json(self) -> dict[str, str]:
        """Return the finding for programs."""
        return {
            "check": self.check,
            "subject": self.subject,
            "verdict": self.verdict.value,
            "found": self.told,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order of what depends on what."""

    findings: tuple[Finding, ...]

    @property
    def failures(self) -> int:
        """How many checks failed."""
        return sum(finding.verdict is Verdict.FAILED for finding in self.findings)

    @property
    def is_healthy(self) -> bool:
        """Whether nothing failed; warnings are no failures."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {"ok": self.is_healthy, "findings": [finding.as_json() for finding in self.findings]}


def good(check: str, subject: str, told: str) -> Finding:
    """Return that a check came out well."""
    return Finding(check, subject, Verdict.OK, told)


def warning(check: str, subject: str, told: str, remedy: str) -> Finding:
    """Return what works but should be looked at."""
    return Finding(check, subject, Verdict.WARNING, told, remedy)


def failed(check: str, subject: str, told: str, remedy: str) -> Finding:
    """Return what does not work, and the remedy."""
    return Finding(check, subject, Verdict.FAILED, told, remedy)


def not_run(check: str, subject: str, told: str) -> Finding:
    """Return what could not be checked, because of what."""
    return Finding(check, subject, Verdict.NOT_RUN, told)


def has_failed(findings: Sequence[Finding]) -> bool:
    """Whether any of them failed."""
    return any(finding.verdict is Verdict.FAILED for finding in findings)


class Service(StrEnum):
    """Whom a probe asks."""

    STATE = "state"
    QUEUE = "queue"
    SIGN_IN = "sign-in"
    GRAPH = "graph"
    PIPELINER = "pipeliner"


class Trouble(StrEnum):
    """What kept a probe from its answer."""

    NAME_UNKNOWN = "the host name is not known"
    UNREACHABLE = "no connection could be made"
    NO_TLS = "no secure connection could be made"
    TIMEOUT = "no answer came in time"
    OUTAGE = "the service failed"
    THROTTLED = "the service asks for a pause"
    UNAUTHORIZED = "the credentials were refused"
    FORBIDDEN = "access is denied"
    MAILBOX_GONE = "the mailbox is not there"
    FOLDER_GONE = "the contact folder is not there"
    USER_GONE = "the user is not there"
    SPACE_GONE = "the space is not there"
    REJECTED = "the request was rejected"
    UNEXPECTED = "something unexpected went wrong"


_TROUBLES: Mapping[type[SyncError], Trouble] = {
    Throttled: Trouble.THROTTLED,
    RetryLater: Trouble.OUTAGE,
    CredentialsRejected: Trouble.UNAUTHORIZED,
    AccessDenied: Trouble.FORBIDDEN,
    MailboxGone: Trouble.MAILBOX_GONE,
    FolderGone: Trouble.FOLDER_GONE,
    UserGone: Trouble.USER_GONE,
    UserStopped: Trouble.USER_GONE,
    SpaceGone: Trouble.SPACE_GONE,
    RequestRejected: Trouble.REJECTED,
    InvalidRequest: Trouble.REJECTED,
    InvalidSettings: Trouble.REJECTED,
}

_OF_NETWORK: Mapping[Trouble, str] = {
    Trouble.NAME_UNKNOWN: "correct the address in the settings; behind a virtual network, check its private DNS zone",
    Trouble.UNREACHABLE: "check firewall, virtual network and proxy between the app and this address",
    Trouble.NO_TLS: "check the date of this host and whether a proxy replaces certificates",
    Trouble.TIMEOUT: "try again; if it stays so, check firewall and the service's status page",
}

_OF_SERVICE: Mapping[tuple[Service, Trouble], str] = {
    (Service.STATE, Trouble.UNAUTHORIZED): (
        "check the account key in SYNC_STATE, or the identity that AZURE_CLIENT_ID names"
    ),
    (Service.STATE, Trouble.FORBIDDEN): (
        "give the identity the role Storage Table Data Contributor on the account, and let the account's firewall "
        "admit the app; a new role takes up to ten minutes"
    ),
    (Service.STATE, Trouble.OUTAGE): (
        "check that the storage account of SYNC_STATE exists, is reachable from here and is not throttling"
    ),
    (Service.QUEUE, Trouble.FORBIDDEN): (
        "give the identity the role Storage Queue Data Contributor on the account, and let the account's firewall "
        "admit the app; a new role takes up to ten minutes"
    ),
    (Service.QUEUE, Trouble.OUTAGE): "check that the storage account of AzureWebJobsStorage exists and is reachable",
    (Service.SIGN_IN, Trouble.UNAUTHORIZED): (
        "in Azure, assign the user-assigned identity to the app and set AZURE_CLIENT_ID to its client id; elsewhere "
        "set AZURE_TENANT_ID, AZURE_CLIENT_ID and a valid AZURE_CLIENT_SECRET"
    ),
    (Service.GRAPH, Trouble.UNAUTHORIZED): (
        "check that AZURE_CLIENT_ID names an application or identity of the mailboxes' own tenant"
    ),
    (Service.GRAPH, Trouble.FORBIDDEN): (
        "put the mailbox into the group that infra/access/grant.ps1 was run with and check with infra/access/test.ps1; "
        "a new grant may take two hours to count"
    ),
    (Service.GRAPH, Trouble.THROTTLED): "wait ten minutes: Graph counts 10,000 requests per app and mailbox",
    (Service.PIPELINER, Trouble.UNAUTHORIZED): (
        "copy PIPELINER_API_TOKEN and PIPELINER_API_PASSWORD anew from Administration > Applications > Show API "
        "Access into the key vault, and restart the app"
    ),
    (Service.PIPELINER, Trouble.FORBIDDEN): (
        "let the application of this key read and write contacts, accounts, users and fields: Administration > "
        "Applications"
    ),
    (Service.PIPELINER, Trouble.THROTTLED): "wait, or lower PIPELINER_REQUESTS_PER_SECOND",
}

SIGN_IN_CODES: Mapping[str, str] = {
    "AADSTS700016": "AZURE_CLIENT_ID names no application of this tenant: copy the Application (client) ID anew",
    "AADSTS7000215": "AZURE_CLIENT_SECRET is not a secret of this application: set its value, not its id",
    "AADSTS7000222": "the client secret has expired: make a new one, or use a managed identity, which has none",
    "AADSTS90002": "AZURE_TENANT_ID names no tenant: copy the Directory (tenant) ID anew",
    "AADSTS700027": "the certificate is not registered with the application, or has expired: upload it anew",
    "AADSTS700213": "no federated credential of the identity fits: compare its subject with the caller's",
    "AADSTS500011": "GRAPH_BASE_URL names another cloud than the tenant's: set that of the tenant",
    "AADSTS53003": "a Conditional Access policy for workload identities blocks the app: exclude it there",
}
"""Codes of Entra ID ("Microsoft Entra authentication and authorization error codes") and what each asks for."""


def trouble_of(error: SyncError) -> Trouble:
    """Name what an error of ours stands for."""
    return next((_TROUBLES[kind] for kind in type(error).__mro__ if kind in _TROUBLES), Trouble.UNEXPECTED)


def remedy_for(service: Service, trouble: Trouble) -> str:
    """Return what to do about a trouble with a service."""
    error = next((kind for kind, known in _TROUBLES.items() if known is trouble), SyncError)
    return _OF_SERVICE.get((service, trouble)) or _OF_NETWORK.get(trouble) or error.remedy
