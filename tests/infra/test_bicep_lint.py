"""The lint finds what it promises to find, is silent about sound templates, and its limits are known."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.bicep_lint.catalogue import Catalogue
from tests.infra.bicep_lint.linter_config import oldest_version
from tests.infra.bicep_lint.linting import lint_folder
from tests.infra.bicep_lint.modules import module_path
from tests.infra.bicep_lint.resources import resource_faults
from tests.infra.bicep_lint.syntax import Finding, every, parse_bicep, properties, property_of
from tests.infra.bicep_lint.template import Template, declarations_below, read_template
from tests.infra.bicep_lint.uncovered import UNCOVERED
from tests.infra.bicep_lint.versions import LATER_THAN_DESCRIBED, NOTHING_NEWER, age_in_days
from tests.infra.deployed import INFRA, app_settings, resources_of, templates
from tests.infra.seeded.bodies import BODIES
from tests.infra.seeded.compiler import COMPILER
from tests.infra.seeded.connections import CONNECTIONS
from tests.infra.seeded.missed import MISSED
from tests.infra.seeded.names import NAMES
from tests.infra.seeded.seed import Seed
from tests.left_out import reason_left_out

FOUND = (*NAMES, *BODIES, *CONNECTIONS, *COMPILER)
MISSPELT_TYPES = {"Microsoft.Web/serverfarm", "Microsoft.Storage/storageAccounts/blobService"}
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Microsoft's resource types, all that the tests need asked for at once."""
    if reason := reason_left_out("bicep"):
        pytest.skip(reason)
    catalogue = Catalogue()
    sampled = [read_template(path) for path in SAMPLES.glob("*.bicep")]
    used = {resource.type for template in (*templates(), *sampled) for resource in template.resources}
    catalogue.learn(used | UNCOVERED.keys() | MISSPELT_TYPES)
    return catalogue


def lint_with(seed: Seed, folder: Path, catalogue: Catalogue) -> list[Finding]:
    """The findings in the samples after one replacement."""
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    file = folder / seed.file
    text = file.read_text(encoding="utf-8")
    assert text.count(seed.old) >= 1
    file.write_text(text.replace(seed.old, seed.new, 1), encoding="utf-8")
    return lint_folder(folder, catalogue)


@pytest.mark.parametrize("folder", [INFRA, SAMPLES], ids=["infra", "samples"])
def test_nothing_is_wrong_with_the_templates(folder: Path, catalogue: Catalogue) -> None:
    """What is deployed, and what the faults are planted in, is free of findings."""
    assert [str(finding) for finding in lint_folder(folder, catalogue)] == []


@pytest.mark.parametrize("seed", FOUND, ids=lambda seed: seed.title)
def test_a_planted_fault_is_found(seed: Seed, tmp_path: Path, catalogue: Catalogue) -> None:
    """The finding has the fault's rule and file, and says what helps."""
    found = lint_with(seed, tmp_path, catalogue)
    fitting = [finding for finding in found if finding.rule == seed.rule and re.search(seed.says, finding.message)]
    assert [finding.path for finding in fitting][:1] == [seed.shows_in or seed.file], [
        str(finding) for finding in found
    ]


@pytest.mark.parametrize("seed", MISSED, ids=lambda seed: seed.title)
def test_a_known_limit_still_holds(seed: Seed, tmp_path: Path, catalogue: Catalogue) -> None:
    """What only a compiler or Azure finds stays on the list until the lint finds it; each entry says why."""
    assert seed.says
    assert [str(finding) for finding in lint_with(seed, tmp_path, catalogue)] == []


def free_names() -> set[str]:
    """Names in infra/ that the type leaves open: settings (checked in test_settings.py) and budget notices."""
    names = set(app_settings())
    for _, budget in resources_of("Microsoft.Consumption/budgets"):
        given = property_of(budget.body, "properties")
        notices = property_of(given, "notifications") if given is not None else None
        names |= {item.name for item in properties(notices) if item.name} if notices is not None else set()
    return names


def misspelt(template: Template) -> Iterator[tuple[str, Template]]:
    """The template again for each property of its resources with a schema, that one property misspelt."""
    source = template.path.read_bytes()
    covered = [one for one in template.resources if one.type not in UNCOVERED and not one.existing]
    objects = {node.start_byte: node for resource in covered for node in every(resource.body) if node.type == "object"}
    for entry in [entry for node in objects.values() for entry in properties(node)]:
        if entry.name is not None and entry.key.type == "identifier":
            text = source[: entry.key.end_byte] + b"x" + source[entry.key.end_byte :]
            root = parse_bicep(text)
            yield entry.name, Template(template.path, root, tuple(declarations_below(root)))


def test_every_property_of_the_real_templates_is_checked(catalogue: Catalogue) -> None:
    """Whichever name in infra/ is misspelt, the lint finds it, unless the type leaves the names open."""
    tried = [(name, broken) for template in templates() for name, broken in misspelt(template)]
    unnoticed = {name for name, broken in tried if not list(resource_faults(broken, catalogue))}
    assert len(tried) > 100
    assert unnoticed <= free_names()


def test_types_without_a_schema_are_used_and_still_have_none(catalogue: Catalogue) -> None:
    """An exception that is no longer needed leaves the list."""
    used = {resource.type for template in templates() for resource in template.resources}
    assert [name for name in UNCOVERED if name not in used or catalogue.find(name) is not None] == []
    assert all(reason for _, reason in UNCOVERED.values())


def test_lists_of_api_versions_hold_only_what_is_needed(catalogue: Catalogue) -> None:
    """A version that the catalogue describes by now, or that is young enough, leaves the lists."""
    used = {(resource.type, resource.version) for template in templates() for resource in template.resources}
    described = {name: kind.version for name in LATER_THAN_DESCRIBED if (kind := catalogue.find(name)) is not None}
    oldest = oldest_version(INFRA)
    assert oldest is not None
    assert set(LATER_THAN_DESCRIBED.items()) | set(NOTHING_NEWER.items()) <= used
    assert [name for name, version in described.items() if version >= LATER_THAN_DESCRIBED[name]] == []
    assert [name for name, version in NOTHING_NEWER.items() if (age_in_days(version) or 0) <= oldest] == []


def test_every_module_is_deployed() -> None:
    """A template that no other one takes in would be checked in vain; main and secrets are deployed by hand."""
    taken = {module_path(entry, template) for template in templates() for entry in template.of_kind("module")}
    assert {template.path for template in templates()} - taken == {INFRA / "main.bicep", INFRA / "secrets.bicep"}


def test_the_faults_are_many_and_of_every_rule() -> None:
    """At least one fault is planted for each rule of the lint."""
    source = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "bicep_lint").glob("*.py"))
    rules = set(re.findall(r'(?:Fault|Finding)\([^"\n]*, "([a-z-]+)", ', source)) | {"syntax"}
    assert rules == {seed.rule for seed in FOUND}
    assert len(FOUND) >= 25
