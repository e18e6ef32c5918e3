"""Write what is generated: OPTIONS of the man pages, and the completion scripts.

Run as `python -m tests.rules.regenerate` from the checkout, in an environment in which
the project is installed (`pip install -e .`). A new command's page must exist first.
"""

from __future__ import annotations

from tests.rules import completion_scripts, man_options, tree

__all__ = ["main"]


def main() -> None:
    """Bring every generated file up to date and delete those of commands that are gone."""
    current = set()
    for name in tree.scripts():
        page = man_options.page_path(name)
        page.write_text(man_options.updated(page.read_text(), name))
        for shell in completion_scripts.SHELLS:
            path = completion_scripts.script_path(name, shell)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(completion_scripts.script(name, shell))
            current.add(path)
    for path in (tree.ROOT / "completions").glob("*/*"):
        if path not in current:
            path.unlink()


if __name__ == "__main__":
    main()
