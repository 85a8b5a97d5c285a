"""The doctor: the settings and everything around the app compared with reality; nothing of anybody's is changed."""

from sync_core.doctor.examination import examine, unopened
from sync_core.doctor.findings import Finding, Report, Verdict

__all__ = ["Finding", "Report", "Verdict", "examine", "unopened"]
