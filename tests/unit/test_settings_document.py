"""docs/settings.md says of every setting what it does, and names every setting that the deployment gives."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import BaseModel

from sync_core.settings import _VARIABLES
from tests.documents import DOCS
from tests.settings_reference import DESCRIBED, HOST_SETTINGS, origin_of

ROOT = DOCS.parent


def documented() -> set[str]:
    """Settings that have a row in one of the tables."""
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


@pytest.mark.parametrize("model", DESCRIBED)
def test_every_setting_says_what_it_does(model: type[BaseModel]) -> None:
    """No field of a settings model is without a description."""
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_every_setting_says_where_it_comes_from() -> None:
    """A parameter that is named is one of the template's."""
    parameters = set(
        re.findall(r"^param (\w+)", (ROOT / "infra" / "main.bicep").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {name: re.findall(r"parameter `(\w+)`", origin_of(name).where) for name in _VARIABLES}
    assert all(origin_of(name).where for name in _VARIABLES)
    assert [name for name, found in named.items() if not set(found) <= parameters] == []


def test_every_setting_of_the_template_is_documented() -> None:
    """What Bicep gives the app stands in one of the tables."""
    text = (ROOT / "infra" / "modules" / "app.bicep").read_text(encoding="utf-8")
    given = re.findall(
        r"^    ([A-Z]\w+): ", text.partition("name: 'appsettings'")[2].partition("\n}\n")[0], re.MULTILINE
    )

    assert given
    assert sorted(set(given) - documented()) == []


def test_every_setting_of_the_example_is_documented() -> None:
    """What a developer copies stands in one of the tables."""
    example = json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))

    assert sorted(set(example["Values"]) - documented()) == []


def test_no_setting_of_others_is_invented() -> None:
    """Every setting that others read is given by Bicep or by the example."""
    given = (ROOT / "infra" / "modules" / "app.bicep").read_text(encoding="utf-8")
    given += (ROOT / "local.settings.example.json").read_text(encoding="utf-8")

    assert [setting.name for setting in HOST_SETTINGS if setting.name not in given] == []
