"""The tables of a Log Analytics workspace that telemetry goes to, with their columns.

From the reference of Azure Monitor Logs, a page for each table (AppMetrics, AppRequests, ...).
"""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS_OF_ALL = """
    AppRoleInstance AppRoleName AppVersion ClientBrowser ClientCity ClientCountryOrRegion ClientIP ClientModel ClientOS
    ClientStateOrProvince ClientType IKey OperationId OperationName ParentId ResourceGUID SDKVersion SessionId
    SourceSystem SyntheticSource TenantId Type UserAccountId UserAuthenticatedId UserId _IsBillable _ResourceId
    _SubscriptionId
"""
_OF_ALL = dict.fromkeys(_TEXTS_OF_ALL.split(), "string") | {
    "ItemCount": "int",
    "Properties": "dynamic",
    "TimeGenerated": "datetime",
    "_BilledSize": "real",
}


def _table(texts: str, **others: str) -> Mapping[str, str]:
    return _OF_ALL | dict.fromkeys(texts.split(), "string") | others


TABLES: Mapping[str, Mapping[str, str]] = {
    "AppMetrics": _table("Name", Max="real", Min="real", Sum="real"),
    "AppRequests": _table(
        "Id Name ReferencedItemId ReferencedType ResultCode Source Url",
        DurationMs="real",
        Measurements="dynamic",
        Success="bool",
    ),
    "AppDependencies": _table(
        "Data DependencyType Id Name ReferencedItemId ReferencedType ResultCode Target",
        DurationMs="real",
        Measurements="dynamic",
        Success="bool",
    ),
    "AppTraces": _table("Message ReferencedItemId ReferencedType", Measurements="dynamic", SeverityLevel="int"),
    "AppExceptions": _table(
        "Assembly ExceptionType HandledAt InnermostAssembly InnermostMessage InnermostMethod InnermostType Message"
        " Method OuterAssembly OuterMessage OuterMethod OuterType ProblemId",
        Details="dynamic",
        Measurements="dynamic",
        SeverityLevel="int",
    ),
}
"""Table: column: type."""
