"""The pages that explain the project speak of files, commands and codes that exist."""

import re

from tests.rules import test_man, tree

PAGES = ["CONTRIBUTING.md", "README.md", "SECURITY.md", "raincore/README.md"]


def text(page: str) -> str:
    return (tree.ROOT / page).read_text()


def test_modules_that_the_map_names_exist() -> None:
    named = re.findall(r"`([\w/]+/\w+\.py)`", text("raincore/README.md"))
    gone = [
        n for n in named if not any((tree.ROOT / base / n).is_file() for base in ("", "raincore"))
    ]
    assert named
    tree.nothing(gone, "raincore/README.md names modules that do not exist:")


def test_every_folder_of_the_core_is_in_the_map() -> None:
    folders = {path.parent.name for path in (tree.ROOT / "raincore").glob("*/__init__.py")}
    stack = text("raincore/README.md").partition("## The stack")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| \w+ \| `(\w+)` \|", stack, re.MULTILINE)) == folders


def test_every_event_and_command_that_the_map_names_exists() -> None:
    walk = text("raincore/README.md").partition("walked through")[2].partition("\n## ")[0]
    defined = "".join(
        path.read_text()
        for name in ("*events.py", "*commands.py")
        for path in (tree.ROOT / "raincore" / "swarm").glob(name)
    )
    gone = [w for w in re.findall(r"`([A-Z]\w+)`", walk) if f"class {w}" not in defined]
    tree.nothing(gone, "raincore/README.md names events or commands that do not exist:")


def test_links_lead_somewhere() -> None:
    gone = [
        f"{page}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text(page))
        if not (tree.ROOT / page).parent.joinpath(target).exists()
    ]
    tree.nothing(gone, "these links lead nowhere:")


def test_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `(rain(?:-\w+)?)[^`]*` \|", text("README.md"), re.MULTILINE)
    assert sorted(listed) == sorted(tree.scripts())


def test_readme_lists_every_exit_code() -> None:
    section = text("README.md").partition("## Exit codes")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE)
    assert ", ".join(codes).split(", ") == test_man.EXIT_CODES


def test_pages_use_options_that_exist() -> None:
    lines = [line for page in PAGES for line in text(page).splitlines()]
    tree.nothing(test_man.wrong_options(lines), "these lines use options that do not exist:")


def test_modules_that_contributing_runs_exist() -> None:
    modules = re.findall(r"python -m (tests[.\w]+)", text("CONTRIBUTING.md"))
    gone = [m for m in modules if not (tree.ROOT / (m.replace(".", "/") + ".py")).is_file()]
    assert modules
    tree.nothing(gone, "CONTRIBUTING.md runs modules that do not exist:")
