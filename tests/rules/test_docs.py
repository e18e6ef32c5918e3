"""Every module says its idea and its public surface; every public name says its rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.rules import tree

SUMMARY_LENGTH = 100
COMMAND = re.compile(r"tools/raintools/rain\w*\.py")
Documented = tree.Function | ast.ClassDef


def exported(module: Path) -> list[str] | None:
    """The literal value of `__all__`; None when there is none."""
    for node in tree.parse(module).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return list(ast.literal_eval(node.value))
    return None


def defined(module: Path) -> set[str]:
    """Names bound at the top of a module, in an `if` or `try` too."""
    names: set[str] = set()
    for node in ast.walk(tree.parse(module)):
        if isinstance(node, Documented):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
    return names


def public(module: Path) -> Iterator[tuple[str, Documented]]:
    """Exported classes and functions, and the public methods of those classes."""
    names = exported(module) or []
    for node in tree.parse(module).body:
        if isinstance(node, Documented) and node.name in names:
            where = f"{tree.relative(module)}:{node.lineno} {node.name}"
            yield where, node
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(member, tree.Function) and not member.name.startswith("_"):
                    yield f"{where}.{member.name}", member


def is_overload(node: Documented) -> bool:
    return any(ast.unparse(d).split(".")[-1] in {"overload", "setter"} for d in node.decorator_list)


def parameters(node: Documented) -> set[str]:
    """What an Args section may name: parameters, or for a class fields and `__init__`'s."""
    if isinstance(node, tree.Function):
        a = node.args
        named = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
        return {argument.arg for argument in named}
    names: set[str] = set()
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            names.add(member.target.id)
        elif isinstance(member, tree.Function) and member.name in {"__init__", "__new__"}:
            names |= parameters(member)
    return names


def documented_parameters(docstring: str) -> list[str]:
    section = re.search(r"^Args:\n((?:    .*\n|\n)+)", docstring + "\n", re.MULTILINE)
    return re.findall(r"^    \*{0,2}(\w+):", section[1], re.MULTILINE) if section else []


def test_modules_begin_with_their_one_idea() -> None:
    found = []
    for module in tree.module_paths():
        summary = (ast.get_docstring(tree.parse(module)) or "").split("\n")[0]
        if not summary or len(summary) > SUMMARY_LENGTH:
            found.append(f"{tree.relative(module)}: {summary!r}")
    tree.nothing(found, f"the first line of a module is its idea, at most {SUMMARY_LENGTH} long:")


def isort_order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Types, then functions, each by name: what the formatter sorts to."""
    constant = name.isupper() and len(name) > 1
    return (0 if constant else 1 if name[0].isupper() else 2, name)


def test_modules_list_their_public_names_sorted() -> None:
    found = []
    for module in tree.module_paths():
        names = exported(module)
        if not names or names != sorted(set(names), key=isort_order):
            found.append(tree.relative(module))
    tree.nothing(found, "__all__ is there, holds something and is sorted:")


def test_public_names_exist() -> None:
    found = [
        f"{tree.relative(module)}: {name}"
        for module in tree.module_paths()
        for name in set(exported(module) or ()) - defined(module)
    ]
    tree.nothing(found, "__all__ names what the module does not define:")


def test_public_names_have_docstrings() -> None:
    found = [
        where
        for module in tree.module_paths()
        for where, node in public(module)
        if not is_overload(node) and not ast.get_docstring(node)
    ]
    tree.nothing(found, "public classes, functions and methods have a docstring:")


def test_args_sections_name_real_parameters() -> None:
    found = [
        f"{where}: {name}"
        for module in tree.module_paths()
        for where, node in public(module)
        for name in documented_parameters(ast.get_docstring(node) or "")
        if name not in parameters(node)
    ]
    tree.nothing(found, "these docstrings describe parameters that do not exist:")


def test_commands_export_their_main() -> None:
    modules = [m for m in tree.module_paths() if COMMAND.fullmatch(tree.relative(m))]
    found = [tree.relative(module) for module in modules if exported(module) != ["main"]]
    tree.nothing(found, "a command exports its click command, main, and nothing else:")
