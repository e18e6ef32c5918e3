"""What the rule tests look at: the files of this checkout, its modules and its commands."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

__all__ = [
    "ROOT",
    "command",
    "files",
    "functions",
    "module_paths",
    "nothing",
    "parse",
    "project",
    "relative",
    "scripts",
    "verbs",
]

ROOT = Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("raincore", "tools/raintools")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def project() -> dict[str, Any]:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def scripts() -> dict[str, str]:
    """Command name to "module:function", as pyproject.toml installs them."""
    return dict(project()["project"]["scripts"])


def command(name: str) -> click.Command:
    """The click command behind a console script."""
    module, _, attribute = scripts()[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def verbs(name: str) -> dict[tuple[str, ...], click.Command]:
    """What a console script can be told to do: the words after its name, to the command.

    A command without verbs is the one under no words at all.
    """
    found: dict[tuple[str, ...], click.Command] = {}
    left: list[tuple[tuple[str, ...], click.Command]] = [((), command(name))]
    while left:
        words, one = left.pop(0)
        below = getattr(one, "commands", None)
        if below is None:
            found[words] = one
        else:
            left = [((*words, verb), below[verb]) for verb in sorted(below)] + left
    return found


def relative(path: Path) -> str:
    """A path as the rules print it: relative to the checkout, with slashes."""
    return path.relative_to(ROOT).as_posix()


def files() -> list[Path]:
    """Every file of the checkout that .gitignore does not name, sorted."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]

    def kept(path: Path) -> bool:
        return path.name != ".git" and not any(fnmatch.fnmatch(path.name, i) for i in ignored)

    found: list[Path] = []
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if kept(path):
                (folders if path.is_dir() and not path.is_symlink() else found).append(path)
    return sorted(found)


def module_paths(*folders: str) -> list[Path]:
    """The Python modules under some folders, by default all that is installed; sorted.

    A package's `__init__.py` is not a module here: it is empty, which has its own test.
    """
    roots = [ROOT / folder for folder in folders or SOURCE_FOLDERS]
    return sorted(
        path for root in roots for path in root.rglob("*.py") if path.name != "__init__.py"
    )


@cache
def parse(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(), str(path))


def functions(tree: ast.AST) -> list[Function]:
    """Every function and method in a syntax tree, nested ones included."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def nothing(found: Iterable[str], rule: str) -> None:
    """Fail unless `found` is empty, naming the rule and each offender on its own line."""
    lines = sorted(found)
    if lines:
        raise AssertionError("\n    ".join([rule, *lines]))
