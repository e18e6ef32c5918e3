"""How the outside of a .torrent file is spelt in options."""

import click
import pytest

from raintools._kit import aliases, outside_options


def spelt():
    """Every name of every option, and the value it goes to."""

    @click.command("rain-test")
    def command():
        """Nothing."""

    for decorate in outside_options.OPTIONS:
        decorate(command)
    return command


@pytest.mark.parametrize(
    ("own", "foreign"),
    [
        ("--tracker", ["--announce", "--announce-tier"]),
        ("--webseed", ["--web-seed"]),
        ("--created-by", ["--creator"]),
        ("--no-created-by", ["--nocreator"]),
        ("--no-date", ["--nodate", "--no-creation-date"]),
    ],
)
def test_other_programs_names_go_to_the_same_place(own, foreign):
    command = spelt()
    [option] = [param for param in command.params if own in param.opts]
    assert set(foreign) <= set(option.opts)
    assert set(foreign) <= aliases.of(command)


def test_no_name_is_used_twice():
    names = [name for param in spelt().params for name in param.opts]
    assert len(names) == len(set(names))
