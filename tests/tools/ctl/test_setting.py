"""What is wanted of torrents is changed and shown."""

import pytest


def asked(server):
    return [params for method, params in server.asked if method == "Session.SetTorrentOptions"]


@pytest.mark.parametrize(
    ("options", "members"),
    [
        (["--limit-down", "1KiB", "--limit-up", "0"], {"SpeedLimitDownload": 1024, "SpeedLimitUpload": 0}),
        (["--sequential"], {"Sequential": True}),
        (["--no-sequential"], {"Sequential": False}),
        (["--edges-first"], {"EdgesFirst": True}),
        (["--priority", "0,3-4=high", "--priority", "3=low"], {"Priorities": {"0": "high", "3": "low", "4": "high"}}),
        (["--no-priorities"], {"Priorities": {}}),
        (["--select", "*.iso", "--select", "0,3-5"], {"Select": ["*.iso", "0", "3", "4", "5"]}),
        (["--select-all"], {"Select": []}),
        (["--label", "tv", "--label", "b"], {"Labels": ["b", "tv"]}),
        (["--no-labels"], {"Labels": []}),
        (["--seed-ratio", "1.5", "--seed-time", "1h"], {"SeedRatioLimit": 1.5, "SeedTimeLimit": 3600}),
        (["--seed-ratio", "none", "--seed-idle", "session"], {"SeedRatioLimit": 0, "SeedIdleLimit": -1}),
        (["--stop-after-download"], {"StopAfterDownload": True}),
    ],
    ids=" ".join,
)  # fmt: skip
def test_only_what_is_said_is_changed(ctl, new_server, options, members):
    new_server.add("a", "one")
    ended = ctl("set", "one", *options)
    assert (ended.code, ended.stdout, asked(new_server)) == (0, "", [{"ID": "one", **members}])


@pytest.mark.parametrize(
    "options",
    [
        ["--select", "x", "--select-all"],
        ["--label", "x", "--no-labels"],
        ["--limit-down", "fast"],
        ["--seed-ratio", "0"],
        ["--seed-time", "never"],
        ["--select", "3-1"],
        ["--priority", "2=most"],
        ["--priority", "*.iso=high"],
        ["--priority", "3-1=high"],
        ["--priority", "2=high", "--no-priorities"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused_here(ctl, new_server, options):
    new_server.add("a", "one")
    ended = ctl("set", "one", *options)
    assert (ended.code in (2, 3), ended.stderr.count("\n"), asked(new_server)) == (True, 1, [])


def test_without_a_change_it_shows(ctl, new_server):
    new_server.add("a", "one")
    [found] = ctl("set", "one").documents
    assert (found["type"], found["Sequential"]) == ("torrent_options", False)
    assert ctl("set", "one", human=True).stdout == "Sequential: false\n"


def test_documents_pass_through_when_done(ctl, new_server):
    new_server.add("a", "one", labels=["tv"])
    [listed] = ctl("list", "--label", "tv").documents
    assert listed["session"]["Labels"] == ["tv"]
    ended = ctl("set", "--sequential", stdin=b'{"type":"torrent","id":"one"}\n')
    assert ended.documents == [{"type": "torrent", "id": "one"}]


def test_an_old_server_cannot(ctl, server):
    server.add("a", "one")
    ended = ctl("set", "one", "--sequential")
    assert (ended.code, "does not know Session.SetTorrentOptions" in ended.stderr) == (1, True)
