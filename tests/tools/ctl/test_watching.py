"""Events, reasons and settings of a session."""

import pytest

from raincore.base.errors import ConnectError

EVENT = {"Time": "2026-03-01T10:00:06.120Z", "ID": "one", "Status": "", "Code": "", "Message": ""}


def test_events_are_lines_and_can_be_resumed(ctl, new_server):
    new_server.events += [{**EVENT, "Revision": n, "Kind": "changed"} for n in (3, 5, 8)]
    found = ctl("events", "--count", 2).documents
    assert [(one["id"], one["Kind"], one["Revision"]) for one in found] == [
        ("one", "changed", 3),
        ("one", "changed", 5),
    ]
    [last] = ctl("events", "--since", 5, "--count", 1).documents
    assert (last["Revision"], "ID" in last) == (8, False)


def test_events_end_when_nobody_reads_them_and_none_comes(ctl, new_server, monkeypatch):
    polls = []

    def leave(writer):
        polls.append(len(new_server.asked))
        if len(polls) == 3:
            raise BrokenPipeError

    monkeypatch.setattr("raintools.ctl.watching.POLL_SECONDS", 0)
    monkeypatch.setattr("raintools._kit.output.Writer.require_reader", leave)
    ended = ctl("events")
    assert (ended.code, ended.stderr, polls) == (0, "", [1, 2, 3])


def test_people_see_words(ctl, new_server):
    new_server.events.append({**EVENT, "Revision": 1, "Kind": "warning", "Message": "port\x1b"})
    shown = ctl("events", "--count", 1, human=True).stdout
    assert shown == "2026-03-01T10:00:06.120Z warning one port\ufffd\n"


def test_a_server_that_goes_away_ends_it_unless_it_is_to_wait(ctl, new_server, monkeypatch):
    new_server.events.append({**EVENT, "Revision": 1, "Kind": "changed"})
    naps = []
    monkeypatch.setattr("raintools.ctl.watching.time.sleep", naps.append)
    call = type(new_server).do_GetEvents
    failures = [ConnectError("no server there")]

    def failing(self, method, params=None, *, timeout=None):
        if failures:
            raise failures.pop()
        return call(new_server, params)

    monkeypatch.setattr("raintools.ctl.server.Server.call", failing)
    ended = ctl("events", "--count", 1, "--retry")
    assert (ended.code, len(ended.documents), len(naps)) == (0, 1, 1)
    assert "no server there; trying again" in ended.stderr
    failures.append(ConnectError("no server there"))
    assert ctl("events", "--count", 1).code == 4
    failures += [ConnectError("no server there")] * 5
    assert ctl("events", "--count", 1, "--retry").stderr.count("trying again") == 1


def test_events_without_a_revision_are_refused(ctl, new_server, monkeypatch):
    monkeypatch.setattr(type(new_server), "do_GetEvents", lambda self, params: {"Events": []})
    assert ctl("events", "--count", 1).code == 4


def test_reasons_are_sentences(ctl, new_server):
    missing = {
        "Cause": "missing_pieces",
        "Evidence": "nobody has piece 7",
        "Facts": {"pieces": [7]},
    }
    stopped = {"Cause": "stopped", "Evidence": "it is stopped", "Remedy": "start it", "Facts": {}}
    new_server.add("a", "one", causes=[missing])
    new_server.add("b", "two", causes=[stopped])
    first, second = ctl("explain", "one", "two").documents
    assert (first["Causes"], second["Causes"]) == ([missing], [stopped])
    shown = ctl("explain", "one", "two", human=True).stdout
    assert shown.splitlines() == [
        "one: missing_pieces: nobody has piece 7",
        "two: stopped: it is stopped; start it",
    ]


def test_settings_are_shown_and_changed(ctl, new_server):
    [found] = ctl("config").documents
    assert found["Config"]["rpc-port"] == 7246
    assert "rpc-port: 7246\n" in ctl("config", human=True).stdout
    ended = ctl("config", "--set", "speed-limit-upload=500", "--set", "rpc-host=::1")
    assert ended.documents[0]["Changed"] == ["speed-limit-upload"]
    assert "holds after a restart only, if it is in the file: rpc-host" in ended.stderr
    assert (new_server.config["speed-limit-upload"], new_server.config["rpc-host"]) == (500, "::1")


@pytest.mark.parametrize("text", ["novalue", "=1"])
def test_a_setting_without_a_value_is_usage(ctl, new_server, text):
    assert ctl("config", "--set", text).code == 2


@pytest.mark.parametrize("verb", [["events"], ["explain", "one"], ["config"]], ids=" ".join)
def test_an_old_server_cannot(ctl, server, verb):
    server.add("a", "one")
    ended = ctl(*verb)
    assert (ended.code, "this server does not know" in ended.stderr) == (1, True)
