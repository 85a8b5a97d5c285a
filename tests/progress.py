"""What each layer of the tests takes: a line when it has ended, and its share of the whole at the end."""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping

import pytest

LAYERS: Mapping[str, str] = {
    "tests/battery/test_exhaustive": "exhaustive small scope",
    "tests/battery/test_mapping_laws": "mapping laws",
    "tests/battery/test_sweep": "fault sweep",
    "tests/battery/test_two_faults": "two faults",
    "tests/battery/test_truth_table": "truth table",
    "tests/battery/test_interleavings": "interleavings",
    "tests/battery/test_histories": "simulated office",
    "tests/battery/test_simulator": "simulated office",
    "tests/battery/test_planted": "planted bugs",
    "tests/battery/test_mutants": "mutants of the core",
    "tests/battery/test_kill": "killed processes",
    "tests/battery/test_baseline": "shared workload",
}
"""Layers of the battery by the beginnings of their files; elsewhere a folder is a layer."""
PROCESSOR_S = "processor_s"
"""What a report is told beside its duration."""


def layer_of(nodeid: str) -> str:
    """Return the layer of a test."""
    found = (layer for beginning, layer in LAYERS.items() if nodeid.startswith(beginning))
    return next(found, nodeid.split("/")[1].partition("::")[0])


class Measure:
    """Tells each report how much processor time its phase took, ended child processes included."""

    def __init__(self) -> None:
        self._before = 0.0

    def pytest_runtest_logstart(self) -> None:
        """Begin with a test."""
        self._before = _processor_s()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the time since the last report; xdist carries it from the worker that ran the test."""
        report = yield
        now = _processor_s()
        setattr(report, PROCESSOR_S, now - self._before)
        self._before = now
        return report


class Progress:
    """Adds up what the workers report. Times are of processors, which other programs do not prolong."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter
        self._began = time.monotonic()
        self._expected: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()
        self._took_s: defaultdict[str, float] = defaultdict(float)
        self._busy_s = 0.0

    def expect(self, nodeids: Iterable[str]) -> None:
        """Know which tests there will be; every worker collects the same."""
        self._expected = Counter(map(layer_of, nodeids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a phase in, and tell of a layer whose last test has ended."""
        layer = layer_of(report.nodeid)
        self._took_s[layer] += getattr(report, PROCESSOR_S, 0.0)
        self._busy_s += report.duration
        if report.when == "teardown":
            self._ended[layer] += 1
            if self._ended[layer] == self._expected[layer]:
                share = self._ended.total() / self._expected.total()
                self._reporter.write_line(f" {self._line(layer)} [{share:.0%} of all tests]")

    def tell(self, workers: int) -> None:
        """Print what each layer took, the dearest first."""
        whole_s, elapsed_s = sum(self._took_s.values()), time.monotonic() - self._began
        self._reporter.section("processor time by layer")
        for layer, took_s in sorted(self._took_s.items(), key=lambda pair: -pair[1]):
            self._reporter.write_line(f"{self._line(layer)}, {took_s / (whole_s or 1):.0%}")
        busy = self._busy_s / (elapsed_s * workers)
        self._reporter.write_line(
            f"all: {self._ended.total():,} tests, {whole_s:.0f} s of processors"
            f" in {elapsed_s:.0f} s, in which {workers} workers were busy {busy:.0%} of the time"
        )

    def _line(self, layer: str) -> str:
        return f"{layer}: {self._ended[layer]:,} tests, {self._took_s[layer]:.1f} s"


def _processor_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
