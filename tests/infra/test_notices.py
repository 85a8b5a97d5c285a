"""A deployment says what it leaves open: the output `notices` of the template."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.infra.bicep_lint.parameter_files import parameters_given
from tests.infra.bicep_lint.syntax import parts, property_of, string_value, text_of
from tests.infra.bicep_lint.template import read_template
from tests.infra.deployed import INFRA, ROOT

MAIN = read_template(INFRA / "main.bicep")
MAY_BE_BLANK = {"pipelinerSpaceName": "then the name is taken from the id of the space"}
"""Parameters that leave nothing open when they are blank, each with the reason."""


def possible_notices() -> Iterator[tuple[str, str]]:
    """The condition of each notice, and its text."""
    written = MAIN.symbols["possibleNotices"].value
    assert written is not None
    for entry in parts(written):
        condition, said = property_of(entry, "isOpen"), property_of(entry, "says")
        assert condition is not None
        yield text_of(condition), string_value(said) or ""


def test_every_parameter_that_may_be_blank_has_its_notice() -> None:
    """Nothing is left open without a word; a new parameter needs a notice or an argument."""
    blank = {entry.name for entry in MAIN.of_kind("param") if string_value(entry.value) == ""}
    named = {name for _, said in possible_notices() for name in re.findall(r"(\w+) \(", said)}
    assert blank - set(MAY_BE_BLANK) == named
    assert set(MAY_BE_BLANK) <= blank


def test_a_notice_is_given_where_something_is_missing() -> None:
    """Its condition asks for something empty, and the output has those alone whose condition holds."""
    for condition, said in possible_notices():
        assert condition.startswith(("empty(", "!has"))
        assert said
    [output] = [entry for entry in MAIN.of_kind("output") if entry.name == "notices"]
    chosen, shown = MAIN.symbols["givenNotices"].value, output.value
    assert chosen is not None
    assert shown is not None
    assert text_of(chosen) == "filter(possibleNotices, notice => notice.isOpen)"
    assert text_of(shown).split() == ["[", "for", "notice", "in", "givenNotices:", "notice.says", "]"]


def test_a_notice_names_the_variable_that_fills_the_parameter() -> None:
    """The one that a parameter file reads for it."""
    files = "".join(path.read_text(encoding="utf-8") for path in INFRA.glob("*.bicepparam"))
    for _, said in possible_notices():
        for parameter, variable in re.findall(r"(\w+) \((\w+)\)", said):
            assert f"param {parameter} = readEnvironmentVariable('{variable}'" in files


def test_production_without_sign_in_is_refused() -> None:
    """A variable that is not set stops the compiler, a blank one the template; what is deployed is what was checked."""
    own, _ = parameters_given(INFRA / "production.bicepparam")
    given = {entry.name: text_of(entry.value) for entry in own.of_kind("var") if entry.value is not None}
    assert (given["signInClientId"], given["requiresSignIn"]) == (
        "readEnvironmentVariable('SIGN_IN_CLIENT_ID')",
        "true",
    )
    written = MAIN.symbols["signInChoice"].value
    assert written is not None
    chosen = " ".join(text_of(written).split())
    assert chosen.startswith("requiresSignIn && empty(signInClientId) ? 'signInClientId (SIGN_IN_CLIENT_ID)")
    assert chosen.endswith(": 'signInClientId'")
    text = (INFRA / "main.bicep").read_text(encoding="utf-8")
    assert "var signInChoices = {\n  signInClientId: signInClientId\n}\n" in text
    assert re.findall(r"^    signInClientId: (\S+)$", text, re.MULTILINE) == ["signInChoices[signInChoice]"]


def test_a_notice_runs_through_a_shell_as_it_is() -> None:
    """It is written by azd as a variable of a shell, and printed by the workflow as one line."""
    assert [said for _, said in possible_notices() if not re.fullmatch(r"[\w :,.()-]+", said)] == []


def test_the_notices_are_shown_to_whoever_deploys() -> None:
    """By a command of the document for each way to deploy, and by the workflow."""
    document = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    workflow = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    assert "outputs.notices.value" in document
    assert "azd env get-value notices" in document
    assert "outputs.notices.value" in workflow
