"""The top of the checkout holds what a newcomer expects there and nothing else."""

from tests.rules import tree

ALLOWED = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "completions",
    "man",
    "pyproject.toml",
    "raincore",
    "tests",
    "tools",
    "uv.lock",
}


def top_level() -> set[str]:
    return {path.relative_to(tree.ROOT).parts[0] for path in tree.files()}


def test_nothing_else_lies_at_the_top() -> None:
    tree.nothing(top_level() - ALLOWED, "these do not belong at the top:")


def test_everything_expected_is_there() -> None:
    tree.nothing(ALLOWED - top_level(), "these are missing at the top:")


def test_tools_holds_one_package() -> None:
    others = {path.name for path in (tree.ROOT / "tools").iterdir()} - {"raintools"}
    tree.nothing(others - {"__pycache__"}, "tools/ is an import root; these do not belong there:")


def test_the_lock_file_names_no_private_index() -> None:
    lock = (tree.ROOT / "uv.lock").read_text()
    places = ("https://pypi.org/simple", "https://files.pythonhosted.org/")
    found = [url for url in lock.split('"') if "://" in url and not url.startswith(places)]
    tree.nothing(found, "lock against the public index:")
