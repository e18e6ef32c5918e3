"""No notes to oneself, no stubs, no machine's paths and no vague names in the tree."""

import re
from pathlib import Path

from tests.rules import tree

TEXT = {".1", ".bash", ".cfg", ".fish", ".json", ".lock", ".md", ".py", ".toml", ".yaml", ""}

# Written in two halves, so that this file obeys its own rule.
NOTES = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
STUBS = re.compile(r"\bNotImplemented" r"Error\b")
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.~-])/(?:ho" r"me|ro" r"ot|Us" r"ers)/\w")
RIDDLES = re.compile(r"\b(?:am|peer|client)_(?:chok|interest)\w+")
VAGUE = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}


def matches(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{tree.relative(path)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def text_files() -> list[Path]:
    return [path for path in tree.files() if path.suffix in TEXT]


def test_nobody_left_a_note_to_do_it_later() -> None:
    tree.nothing(matches(NOTES, text_files()), "do it, or file it elsewhere:")


def test_nothing_is_a_stub() -> None:
    tree.nothing(matches(STUBS, tree.module_paths()), "a module comes when it is built:")


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = matches(SOMEBODYS_FOLDER, text_files())
    for folder in (tree.ROOT, Path.home()):
        if len(folder.parts) > 2:  # "/x" alone may well be somebody's example
            found += matches(re.compile(re.escape(f"{folder}/")), text_files())
    tree.nothing(found, "these paths exist on one machine only:")


def test_flags_say_who_chokes_whom() -> None:
    found = matches(RIDDLES, tree.module_paths())
    tree.nothing(found, "say we_choke, we_interested, they_choke, they_interested:")


def test_modules_are_named_after_their_idea() -> None:
    found = [tree.relative(m) for m in tree.module_paths() if VAGUE & set(m.stem.split("_"))]
    tree.nothing(found, "if a file cannot be named, its idea is missing:")
