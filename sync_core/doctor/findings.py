"""What the doctor finds, as values: one finding is one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """How a check came out; only FAILED makes the whole report fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, on what, what was found, and the way out. It never holds a secret."""

    check: str
    subject: str
    verdict: Verdict
    told: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """The finding as a person reads it."""
        where = f"{self.check} ({self.subject})" if self.subject else self.check
        way_out = f" -> {self.remedy}" if self.remedy else ""
        return f"{self.verdict.value:<8}{where}: {self.told}{way_out}"


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
        """Give the report for programs."""
        return {"ok": self.is_healthy, "findings": [_finding_json(finding) for finding in self.findings]}


def _finding_json(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "found": finding.told,
        "remedy": finding.remedy,
    }


def good(check: str, subject: str, told: str) -> Finding:
    """Say that a check came out well."""
    return Finding(check, subject, Verdict.OK, told)


def warning(check: str, subject: str, told: str, remedy: str) -> Finding:
    """Say what works but should be looked at."""
    return Finding(check, subject, Verdict.WARNING, told, remedy)


def failed(check: str, subject: str, told: str, remedy: str) -> Finding:
    """Say what does not work, and the way out."""
    return Finding(check, subject, Verdict.FAILED, told, remedy)


def not_run(check: str, subject: str, told: str) -> Finding:
    """Say what could not be checked, because of what."""
    return Finding(check, subject, Verdict.NOT_RUN, told)


def has_failed(findings: Sequence[Finding]) -> bool:
    """Whether any of them failed."""
    return any(finding.verdict is Verdict.FAILED for finding in findings)
