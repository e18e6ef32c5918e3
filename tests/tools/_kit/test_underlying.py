"""A command may be given settings beside its options."""

import click

from raincore.base.config import Config, RateLimits
from raintools._kit import underlying

GIVEN = Config(rates=RateLimits(upload_bytes_per_second=5))


@click.command("rain-test")
def main():
    assert underlying.config() is GIVEN


def test_settings_are_those_that_the_command_was_given():
    main([], obj=GIVEN, standalone_mode=False)


def test_there_are_defaults_else():
    assert underlying.config() == Config()
    with click.Context(main, obj="something else"):
        assert underlying.config() == Config()
