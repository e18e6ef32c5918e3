"""The options about the network stand by themselves, and the environment speaks for some."""

import click
import pytest
from click.testing import CliRunner

from raintools._kit import network_options, options


@pytest.fixture
def given():
    @click.command()
    def main(**given):
        click.echo(repr(given))

    main = click.command()(options.stacked(main.callback, *network_options.PEERS))

    def given(*arguments, **env):
        result = CliRunner(env=env).invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return eval(result.output)

    return given


def test_the_environment_can_keep_commands_off_the_dht_and_the_local_network(given):
    assert (given()["no_dht"], given()["no_lsd"]) == (True, True)  # as tests run
    free = given(RAIN_NO_DHT=None, RAIN_NO_LSD=None)
    assert (free["no_dht"], free["no_lsd"]) == (False, False)


def test_the_environment_can_name_the_nodes_to_begin_with(given):
    nodes = given(RAIN_BOOTSTRAP="a.example:1 [::1]:2")["bootstrap"]
    assert nodes == ("a.example:1", "[::1]:2")


def test_a_blocklist_must_be_there(tmp_path):
    main = click.command()(options.stacked(lambda **given: None, *network_options.PEERS))
    result = CliRunner().invoke(main, ["--blocklist", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "does not exist" in result.output
