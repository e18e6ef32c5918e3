"""--schema of every command describes what that command writes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from raincore.documents import registry
from tests import stdout_lines
from tests.rules import tree

GOLDEN = tree.ROOT / "tests" / "documents" / "golden"
each_command = pytest.mark.parametrize("name", sorted(tree.scripts()))


def golden(kind: str) -> dict:
    return json.loads((GOLDEN / f"{kind}-{registry.VERSIONS[kind]}.json").read_text("utf-8"))


@each_command
def test_a_command_prints_one_valid_schema(name: str) -> None:
    result = CliRunner().invoke(tree.command(name), ["--schema"])
    schema = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert result.stdout.count("$schema") == 1
    Draft202012Validator.check_schema(schema)


@each_command
def test_it_takes_what_the_command_writes_and_nothing_else(name: str) -> None:
    validator = Draft202012Validator(
        json.loads(CliRunner().invoke(tree.command(name), ["--schema"]).stdout)
    )
    written = stdout_lines.promised(tree.command(name))
    assert {kind for kind in registry.VERSIONS if validator.is_valid(golden(kind))} == written
    assert not validator.is_valid({"type": "unheard-of"})


def test_every_type_is_written_by_some_command() -> None:
    written = set().union(*(stdout_lines.promised(tree.command(name)) for name in tree.scripts()))
    tree.nothing(set(registry.VERSIONS) - written, "no command says that it writes these:")


def test_every_type_has_its_golden_document_and_schema() -> None:
    kinds = {f"{kind}-{version}.json" for kind, version in registry.VERSIONS.items()}
    assert {path.name for path in GOLDEN.iterdir()} == kinds
    folder = Path(registry.__file__).parent / "schemas"
    assert {path.name.replace(".schema", "") for path in folder.iterdir()} == kinds
