"""Each module has the test file that is named after it, and each test file its module."""

import ast
from pathlib import Path

from tests.rules import tree

FREE_FOLDERS = ("bench", "interop", "rules", "sim")
"""Tests here are about more than one module."""

FREE_FILES = {
    "tests/tools/test_install.py": "what pip installs",
    "tests/tools/test_pipes.py": "several commands in one shell pipeline",
    "tests/tools/test_pipes_filters.py": "each command as a filter",
    "tests/tools/test_pipes_golden.py": "what each command typically prints",
    "tests/tools/test_pipes_large.py": "torrents at the limits",
    "tests/tools/test_pipes_signals.py": "signals at any moment",
    "tests/tools/test_pipes_locales.py": "names and locales",
}


def has_behaviour(module: Path) -> bool:
    """Whether there is anything to test: a function whose body is more than a docstring.

    A module of protocols, or of records without methods, only declares.
    """
    return any(
        not all(
            isinstance(statement, ast.Pass)
            or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            for statement in function.body
        )
        for function in tree.functions(tree.parse(module))
    )


def mirror_of(module: Path) -> str:
    path = tree.relative(module)
    for source, tests in (("raincore/", "tests/"), ("tools/raintools/", "tests/tools/")):
        if path.startswith(source):
            folder, _, name = path.removeprefix(source).rpartition("/")
            return f"{tests}{folder}{'/' if folder else ''}test_{name}"
    raise AssertionError(path)


def test_every_module_has_its_test_file() -> None:
    mirrors = [mirror_of(module) for module in tree.module_paths() if has_behaviour(module)]
    missing = [path for path in mirrors if not (tree.ROOT / path).is_file()]
    tree.nothing(missing, "these test files are missing:")


def test_every_test_file_has_its_module() -> None:
    expected = {mirror_of(module) for module in tree.module_paths()} | set(FREE_FILES)
    tests = [
        path
        for path in (tree.ROOT / "tests").rglob("test_*.py")
        if path.relative_to(tree.ROOT / "tests").parts[0] not in FREE_FOLDERS
    ]
    strays = {tree.relative(path) for path in tests} - expected
    tree.nothing(strays, "no module is tested by these test files:")


def test_files_that_mirror_no_module_exist() -> None:
    gone = [path for path in FREE_FILES if not (tree.ROOT / path).is_file()]
    tree.nothing(gone, "take these off FREE_FILES:")


def test_packages_have_empty_init_files() -> None:
    filled_for_a_reason = [
        tree.ROOT / "raincore" / "__init__.py",  # the public names
        tree.ROOT / "tools" / "raintools" / "__init__.py",  # must run before any import
    ]
    inits = [p for folder in tree.SOURCE_FOLDERS for p in (tree.ROOT / folder).rglob("__init__.py")]
    others = [path for path in inits if path not in filled_for_a_reason]
    filled = [tree.relative(path) for path in others if path.read_bytes()]
    tree.nothing(filled, "importing one module must not import another; empty these:")


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {module.parent for module in tree.module_paths()}
    bare = [tree.relative(folder) for folder in folders if not (folder / "__init__.py").is_file()]
    tree.nothing(bare, "these folders need an empty __init__.py:")


def test_tests_are_no_package() -> None:
    inits = [tree.relative(path) for path in (tree.ROOT / "tests").rglob("__init__.py")]
    tree.nothing(inits, "tests are imported by path; remove these:")
