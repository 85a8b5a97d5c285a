"""docs/telemetry.md tells of every metric, step, outcome and setting that there is."""

from __future__ import annotations

from pathlib import Path

from sync_core.engine.ports import Step
from sync_core.settings import PLATFORM_SETTINGS
from sync_core.telemetry import ConnectionHealth, Metric, RequestOutcome, RunOutcome, Service
from tests.privacy.rows import ROWS_THAT_HOLD_VALUES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "telemetry.md").read_text(encoding="utf-8")


def _row(metric: Metric) -> str:
    made = metric.value
    attributes = ", ".join(f"`{name}`" for name in made.attributes) or "-"
    return f"| `{made.name}` | {made.kind} | `{made.unit}` | {attributes} | {made.description} |"


def test_the_table_of_metrics_is_the_list_in_the_code() -> None:
    """In its order, each with unit, attributes and meaning."""
    table = [line for line in TEXT.splitlines() if line.startswith("| `sync.")]
    assert table == [_row(metric) for metric in Metric]


def test_every_word_that_a_query_may_look_for_is_explained() -> None:
    """Outcomes, services, standings, steps, and the settings that switch it on."""
    counted = set(RunOutcome) - {RunOutcome.BUSY}
    settings = set(PLATFORM_SETTINGS) - {"FUNCTIONS_WORKER_RUNTIME"}
    words = {*counted, *RequestOutcome, *Service, *ConnectionHealth, *Step, *settings}
    assert {str(word) for word in words if f"`{word}`" not in TEXT} == set()


def test_the_rows_that_hold_values_are_named_with_their_reasons() -> None:
    """The same list that the proof goes by."""
    assert [
        line for line in TEXT.splitlines() if line.startswith(tuple(f"| `{key}`" for key in ROWS_THAT_HOLD_VALUES))
    ] == [f"| `{key}` | {why} |" for key, why in ROWS_THAT_HOLD_VALUES.items()]
