"""The verb console hands over to the console."""

from click.testing import CliRunner

from raintools.console import starting
from raintools.rain_ctl import main


def test_server_and_columns_are_handed_over(monkeypatch):
    seen = []
    monkeypatch.setattr(starting, "start", lambda client, names: seen.append((client, names)))
    words = ["--url", "http://h:1", "console", "--columns", "# Name"]
    assert CliRunner().invoke(main, words).exit_code == 0
    [(client, names)] = seen
    assert (client.address.place, names) == ("http://h:1", "# Name")
