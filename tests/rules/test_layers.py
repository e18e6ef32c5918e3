"""The import contracts of pyproject.toml hold, and they speak of everything that is there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.rules import tree

IMPORT_NAMES = {"bencode.py": "bencodepy", "dnspython": "dns", "pyyaml": "yaml"}
"""Distributions that are imported by another name than their own."""

OURS = {"raincore", "raintools"}


def contracts() -> dict[str, dict]:
    found = tree.project()["tool"]["importlinter"]["contracts"]
    return {contract["name"]: contract for contract in found}


def dependencies() -> set[str]:
    declared = tree.project()["project"]["dependencies"]
    names = [line.partition(">=")[0].strip() for line in declared]
    return {IMPORT_NAMES.get(name, name) for name in names}


def foreign_imports(module: Path) -> set[str]:
    """Top-level packages that a module imports, neither ours nor the standard library's."""
    names: set[str] = set()
    for node in ast.walk(tree.parse(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS


def test_the_contracts_are_kept() -> None:
    code = (
        "import sys; from importlinter.cli import lint_imports;"
        f"sys.exit(lint_imports({str(tree.ROOT / 'pyproject.toml')!r}, no_cache=True))"
    )
    path = os.pathsep.join([str(tree.ROOT), str(tree.ROOT / "tools")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree.ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_command_is_under_the_independence_contract() -> None:
    listed = set(contracts()["Commands do not know each other"]["modules"])
    commands = {target.partition(":")[0] for target in tree.scripts().values()}
    assert listed == commands


def test_every_command_module_has_its_console_script() -> None:
    modules = {path.stem for path in (tree.ROOT / "tools" / "raintools").glob("rain*.py")}
    assert modules == {name.replace("-", "_") for name in tree.scripts()}
    assert tree.scripts() == {
        name: f"raintools.{name.replace('-', '_')}:main" for name in tree.scripts()
    }


def test_foreign_packages_are_declared_dependencies_and_all_are_used() -> None:
    used: set[str] = set()
    for module in tree.module_paths():
        used |= foreign_imports(module)
    assert used == dependencies()


def test_every_dependency_with_one_door_is_imported_through_it() -> None:
    doors = contracts()["One door per dependency"]["ignore_imports"]
    named = {line.partition(" -> ")[2] for line in doors}
    assert named == set(contracts()["One door per dependency"]["forbidden_modules"])
    assert dependencies() - named == {"click", "trio"}, "every other dependency has one door"
