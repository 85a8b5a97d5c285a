"""What a package's face loads: the SDKs come with the transports, which the composition root alone imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("msgraph", "msgraph_core", "kiota_http", "azure.identity", "requests", "httpx", "aiohttp")


@pytest.mark.parametrize(
    "module", ["sync_core.http", "sync_core.outlook", "sync_core.pipeliner", "sync_core.telemetry.requests"]
)
def test_a_light_module_loads_no_sdk(module: str) -> None:
    """Whoever needs a name or a value of an adapter pays for no network library."""
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_who_is_who_loads_libraries_only_when_a_contact_needs_them() -> None:
    """An idle run imports the rules, and pays for neither telephone numbers nor domains of other letters."""
    code = (
        "import sys, sync_core.domain.identity as identity, sync_core.domain as domain\n"
        "loaded = lambda: [name for name in ('idna', 'phonenumbers') if name in sys.modules]\n"
        "identity.traits(domain.Contact({'given_name': 'Anna', 'emails': ('anna@nord.example',)}))\n"
        "print(loaded())\n"
        "identity.traits(domain.Contact({'emails': ('anna@n\u00f6rd.example',), 'mobile_phone': '+43 664 1234567'}))\n"
        "print(loaded())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['idna', 'phonenumbers']"]
