"""Modules, functions, commands and kit files stay small enough to read in one go."""

import ast
from pathlib import Path

from tests.rules import tree

MODULE_LINES = 300
MODULE_LINES_HARD = 400
FUNCTION_LINES = 45
COMMAND_LINES = 150
KIT_LINES = 120

LONG_MODULES: dict[str, str] = {}
"""Modules between the soft and the hard limit, and why. This list may only shrink."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions above the limit, as "path:name", and why. This list may only shrink."""


def line_limit(module: Path) -> int:
    path = tree.relative(module)
    if path.startswith("tools/raintools/_kit/"):
        return KIT_LINES
    if path.startswith("tools/raintools/rain"):
        return COMMAND_LINES
    return MODULE_LINES_HARD if path in LONG_MODULES else MODULE_LINES


def line_count(module: Path) -> int:
    return len(module.read_text().splitlines())


def code_lines(function: tree.Function) -> int:
    """Lines from `def` to the end, without the docstring: documenting must cost nothing."""
    first = function.body[0]
    has_docstring = bool(ast.get_docstring(function, clean=False))
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def long_functions() -> dict[str, int]:
    return {
        f"{tree.relative(module)}:{function.name}": code_lines(function)
        for module in tree.module_paths()
        for function in tree.functions(tree.parse(module))
        if code_lines(function) > FUNCTION_LINES
    }


def test_modules_are_short() -> None:
    found = [
        f"{tree.relative(module)}: {line_count(module)} lines, limit {line_limit(module)}"
        for module in tree.module_paths()
        if line_count(module) > line_limit(module)
    ]
    tree.nothing(found, "split these modules:")


def test_functions_are_short() -> None:
    found = [f"{k}: {n} lines" for k, n in long_functions().items() if k not in LONG_FUNCTIONS]
    tree.nothing(found, f"split these functions, {FUNCTION_LINES} lines without docstring:")


def test_the_lists_of_exceptions_only_shrink() -> None:
    short = [path for path in LONG_MODULES if line_count(tree.ROOT / path) <= MODULE_LINES]
    tree.nothing([*short, *(LONG_FUNCTIONS.keys() - long_functions())], "take off the list:")
