"""Broken queries, one of each kind that Azure refuses or that would find nothing for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """A query, what is wrong with it, and the words by which that is told."""

    title: str
    text: str
    says: str


_FINISHED = "AppMetrics | where Name == 'sync.pass.finished'"

PLANTED = (
    Planted("a reserved word", f"{_FINISHED} | summarize last = max(TimeGenerated)", r"'last' needs to be bracketed"),
    Planted(
        "a reserved word among several names",
        f"{_FINISHED} | summarize (seen, latest) = arg_max(TimeGenerated, Sum) | where latest > 1",
        "'latest' needs to be bracketed",
    ),
    Planted(
        "a reserved word in a calculation",
        f"{_FINISHED} | summarize latest = max(Sum) | where latest - 1 > 10",
        "keyword 'latest'",
    ),
    Planted("a reserved word to group by", f"{_FINISHED} | summarize sum(Sum) by kind = Name", "'kind' needs"),
    Planted("a syntax error", f"{_FINISHED} | where Sum >", "Missing expression"),
    Planted("an unknown table", "AppMetric | count", "'AppMetric' does not refer"),
    Planted("an unknown column", f"{_FINISHED} | where Summ > 1", "'Summ' does not refer"),
    Planted(
        "a column that is gone", f"{_FINISHED} | summarize count() by Name | where Sum > 1", "'Sum' does not refer"
    ),
    Planted("an unknown function of the language", f"{_FINISHED} | where toNumber(Name) > 1", "known function"),
    Planted("an unknown metric", "AppMetrics | where Name == 'sync.run.ended'", "no Name 'sync.run.ended'"),
    Planted(
        "an unknown metric among known ones",
        "AppMetrics | where Name in ('sync.poison', 'sync.poisons')",
        "no Name 'sync.poisons'",
    ),
    Planted("an unknown metric left out", "AppMetrics | where Name !in ('sync.poisons')", "no Name 'sync.poisons'"),
    Planted("no metric", "AppMetrics | summarize sum(Sum)", "asked for no Name"),
    Planted(
        "an unknown dimension",
        f"{_FINISHED} | extend result = tostring(Properties.result)",
        "sync.pass.finished has no Properties.result",
    ),
    Planted(
        "an unknown dimension in brackets", f"{_FINISHED} | where Properties['result'] == 'x'", "no Properties.result"
    ),
    Planted(
        "a dimension of another metric",
        "AppMetrics | where Name == 'sync.conflicts' | summarize sum(Sum) by tostring(Properties.outcome)",
        "sync.conflicts has no Properties.outcome",
    ),
    Planted(
        "a dimension that one of two metrics lacks",
        "AppMetrics | where Name in ('sync.held', 'sync.attention') | where Properties.reason == 'refused'",
        "sync.attention and sync.held has no Properties.reason",
    ),
    Planted(
        "an unknown value of a dimension",
        f"{_FINISHED} | extend outcome = tostring(Properties.outcome) | where outcome in ('failed', 'broken')",
        "Properties.outcome is never 'broken'",
    ),
    Planted(
        "a value of the same dimension of another metric",
        f"{_FINISHED} | where Properties.outcome == 'throttled'",
        "Properties.outcome is never 'throttled'",
    ),
    Planted(
        "a value that is never counted",
        f"{_FINISHED} | summarize countif(tostring(Properties.outcome) == 'busy')",
        "Properties.outcome is never 'busy'",
    ),
    Planted(
        "an unknown value behind a second name",
        f"{_FINISHED} | extend a = tostring(Properties.outcome) | project b = a | where b == 'broken'",
        "Properties.outcome is never 'broken'",
    ),
    Planted(
        "an unknown value in a part of its own",
        f"let all = {_FINISHED} | where Properties.outcome == 'broken'; all | count",
        "Properties.outcome is never 'broken'",
    ),
    Planted("an unknown function of the app", "AppRequests | where Name has 'poisoned'", "no Name 'poisoned'"),
    Planted(
        "an unknown function of an operation",
        "AppTraces | where OperationName == 'tock'",
        "there is no function 'tock'",
    ),
    Planted("a property of requests", "AppRequests | where Properties.run_id == 'r'", "AppRequests has no"),
    Planted("an unknown span", "AppDependencies | where Name == 'passage'", "no Name 'passage'"),
    Planted(
        "an unknown attribute of a span",
        "AppDependencies | where Name == 'close' | where Properties.outcome == 'failed'",
        "close has no Properties.outcome",
    ),
    Planted("an unknown field of the log", "AppTraces | where Properties.pass_id == 'r'", "AppTraces has no"),
    Planted(
        "a property of two tables", "union AppTraces, AppRequests | where Properties.run_id == 'r'", "without one table"
    ),
    Planted("a comparison that is not followed", "AppMetrics | where Name matches regex 'sync.*'", "no comparison"),
)
