"""Hot modules are known: docstring, the map's table and the bench files name the same ones."""

import ast
import re

from tests.rules import tree

MARK = "HOT PATH"
MAP = tree.ROOT / "raincore" / "README.md"
WHOLE_PROCESS = {"net/peer_link.py": "whole_process.py"}
"""Measured by running whole processes, for want of anything smaller that says the truth."""


def hot_modules() -> dict[str, str]:
    """Path below raincore/ to docstring, for the modules that carry the mark."""
    found = {}
    for module in tree.module_paths("raincore"):
        docstring = ast.get_docstring(tree.parse(module)) or ""
        if MARK in docstring:
            found[tree.relative(module).removeprefix("raincore/")] = docstring
    return found


def table() -> set[str]:
    """The modules in the first column of the map's table of hot paths."""
    section = MAP.read_text().partition("## Hot paths")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([\w/]+\.py)` \|", section, re.MULTILINE))


def bench_of(module: str) -> str:
    name = module.rpartition("/")[2]
    return f"tests/bench/{WHOLE_PROCESS.get(module, f'bench_{name}')}"


def test_docstrings_and_table_agree() -> None:
    assert table() == set(hot_modules())


def test_the_mark_is_followed_by_a_budget() -> None:
    paragraph = re.compile(rf"^{MARK}[.:] .*?(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
    found = [
        path
        for path, text in hot_modules().items()
        if not any(character.isdigit() for part in paragraph.findall(text) for character in part)
    ]
    tree.nothing(found, f'begin a paragraph with "{MARK}" and put the budget, a number, there:')


def test_every_hot_module_has_a_bench_file() -> None:
    missing = [bench_of(m) for m in hot_modules() if not (tree.ROOT / bench_of(m)).is_file()]
    tree.nothing(missing, "these bench files are missing:")


def test_every_bench_file_measures_a_module() -> None:
    modules = {path.stem for path in tree.module_paths("raincore")}
    benches = (tree.ROOT / "tests" / "bench").glob("bench_*.py")
    strays = [p.name for p in benches if p.stem.removeprefix("bench_") not in modules]
    tree.nothing(strays, "no module is measured by:")
