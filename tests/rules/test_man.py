"""Every command has a man page; its options are those of --help; groff finds no fault."""

import itertools
import re
import shutil
import subprocess

import click
import pytest
from click.testing import CliRunner

from tests.rules import man_options, tree

SECTIONS = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXAMPLES",
    "EXIT STATUS",
    "FILES",
    "ENVIRONMENT",
    "SEE ALSO",
]
SOME_HAVE = {
    *("ALIASES", "ARCHIVES", "FINDINGS", "LIMITS", "ORDER AND PADDING", "PIECE LENGTH", "PLANNING"),
    *("UPDATING", "WHICH FILES"),
    *("CONFIGURATION", "JSON-RPC", "SECURITY"),
}
"""Sections that a page may have beside those, wherever they fit."""

EXIT_CODES = ["0", "1", "2", "3", "4", "5", "70", "130", "143"]
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")

each_command = pytest.mark.parametrize("name", sorted(tree.scripts()))


def page(name: str) -> str:
    return man_options.page_path(name).read_text()


def plain(roff: str) -> str:
    """Roff source without fonts and escapes, enough to find words in."""
    return re.sub(r"\\f[BIR]", "", roff).replace("\\-", "-").replace("\\&", "")


def section(name: str, heading: str) -> str:
    return plain(page(name)).partition(f".SH {heading}\n")[2].partition("\n.SH ")[0]


def help_options(name: str) -> set[str]:
    """The options in the left column of --help, of every verb if there are verbs."""
    left: list[str] = []
    for words in {(), *tree.verbs(name)}:
        arguments = [*words, "--help"]
        result = CliRunner().invoke(tree.command(name), arguments, terminal_width=1000)
        lines = [line.strip() for line in result.output.splitlines()]
        left += [re.split(r"  +", line)[0] for line in lines if line.startswith("-")]
    return {option for text in left for option in OPTION.findall(text)}


def test_there_is_one_page_for_each_command() -> None:
    pages = {path.name for path in (tree.ROOT / "man").rglob("*") if path.is_file()}
    assert pages == {f"{name}.1" for name in tree.scripts()}


@each_command
def test_options_are_those_of_help(name: str) -> None:
    lines = section(name, "OPTIONS").splitlines()
    heads = [after for before, after in itertools.pairwise(lines) if before == ".TP"]
    assert {o for head in heads for o in OPTION.findall(head)} == help_options(name)


@each_command
def test_generated_part_is_up_to_date(name: str) -> None:
    hint = "run: python -m tests.rules.regenerate"
    assert page(name) == man_options.updated(page(name), name), hint


@each_command
def test_page_has_its_sections_in_order(name: str) -> None:
    headings = re.findall(r"^\.SH (.+)$", page(name), re.MULTILINE)
    assert [heading for heading in headings if heading not in SOME_HAVE] == SECTIONS


@each_command
def test_synopsis_names_the_arguments(name: str) -> None:
    words: list[str] = []
    for verb, command in tree.verbs(name).items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        metavars = [argument.make_metavar(click.Context(command)) for argument in arguments]
        words += [*verb, *(word for metavar in metavars for word in re.findall(r"\w+", metavar))]
    assert [word for word in words if word not in section(name, "SYNOPSIS")] == []


@each_command
def test_exit_status_lists_every_code(name: str) -> None:
    assert re.findall(r"^\.TP\n(\d+)$", section(name, "EXIT STATUS"), re.MULTILINE) == EXIT_CODES


def wrong_options(lines: list[str]) -> list[str]:
    """The lines that use an option which the command before it does not have."""
    known = {command: help_options(command) for command in tree.scripts()}
    found = []
    for line in lines:
        for stage in re.split(r"[|;`]|&&", line):
            words = stage.split()
            name = next((word for word in words if word in known), None)
            used = {w.partition("=")[0] for w in words if OPTION.fullmatch(w.partition("=")[0])}
            if name and used - known[name]:
                found.append(line.strip())
    return found


@each_command
def test_examples_use_options_that_exist(name: str) -> None:
    help_text = tree.command(name).epilog or ""
    verbs = "\n".join(verb.epilog or "" for verb in tree.verbs(name).values())
    examples = section(name, "EXAMPLES") + help_text + verbs
    tree.nothing(wrong_options(examples.splitlines()), "these options do not exist:")


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@each_command
def test_groff_formats_the_page_without_a_warning(name: str) -> None:
    command = ["groff", "-ww", "-man", "-Kutf8", "-Tutf8", str(man_options.page_path(name))]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stderr) == (0, "")
