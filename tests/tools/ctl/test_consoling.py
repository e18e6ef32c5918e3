"""The verb console hands over to the console."""

from raintools.console import starting


def test_server_and_columns_are_handed_over(server, ctl, monkeypatch):
    seen = []
    monkeypatch.setattr(starting, "start", lambda client, names: seen.append((client, names)))
    assert ctl("console", "--columns", "# Name").code == 0
    [(client, names)] = seen
    assert (client.address.place, names) == (server.url, "# Name")
