"""What rain-ctl does to torrents."""

import pytest

VERBS = {
    "start": "StartTorrent",
    "stop": "StopTorrent",
    "announce": "AnnounceTorrent",
    "verify": "VerifyTorrent",
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_one_request_and_prints_nothing(server, ctl, verb):
    server.add("a", "one")
    ended = ctl(verb, "--id", "one")
    assert (ended.code, ended.stdout) == (0, "")
    assert server.asked == [(f"Session.{VERBS[verb]}", {"ID": "one"})]


@pytest.mark.parametrize(("options", "kept"), [([], False), (["--keep-data"], True)])
def test_remove_says_whether_the_data_stays(server, ctl, options, kept):
    server.add("a", "one")
    ended = ctl("remove", "one", *options)
    assert (ended.code, ended.stderr, server.torrents) == (0, "", {})
    assert server.asked[-1] == ("Session.RemoveTorrent", {"ID": "one", "KeepData": kept})


def test_removing_what_is_not_there_is_a_warning(server, ctl):
    ended = ctl("remove", "gone")
    assert (ended.code, "warning: there is no such torrent: gone" in ended.stderr) == (0, True)


def test_peers_and_trackers_are_added(server, ctl):
    row = server.add("a", "one", peers=[])
    assert ctl("add-peer", "one", "--addr", "192.0.2.7:6881", "--addr", "[2001:db8::1]:1").code == 0
    assert [peer["Addr"] for peer in row["peers"]] == ["192.0.2.7:6881", "[2001:db8::1]:1"]
    assert ctl("add-tracker", "--id", "one", "-t", "udp://t.example:80").code == 0
    assert row["trackers"] == ["udp://t.example:80"]
    ended = ctl("add-tracker", "--id", "one", "-t", "foo://x")
    assert (ended.code, "unsupported tracker scheme: foo" in ended.stderr) == (1, True)


def test_a_bad_address_is_usage(server, ctl):
    ended = ctl("add-peer", "one", "--addr", "nowhere")
    assert (ended.code, server.asked) == (2, [])
    assert ctl("add-tracker", "one").code == 2


@pytest.mark.parametrize("target", ["ht!tp:/x", "unix:/run/rain.sock", "http://h:x", ""])
def test_a_move_to_what_is_no_server_is_not_asked_for(server, ctl, target):
    ended = ctl("move", "one", "--target", target)
    assert ended.code == 2
    assert "invalid value for '--target'" in ended.stderr
    assert not server.asked


def test_a_move_takes_a_url_or_an_address(server, ctl):
    server.add("a", "one")
    assert ctl("move", "one", "--target", "10.0.0.2:7246").code == 0
    assert server.asked == [
        ("Session.MoveTorrent", {"ID": "one", "Target": "http://10.0.0.2:7246"})
    ]


def test_what_an_old_server_does_not_know_is_one_line(server, ctl):
    server.add("a", "one")
    ended = ctl("remove-tracker", "one", "-t", "http://t/a")
    assert ended.code == 1
    assert ended.stderr == (
        "rain-ctl remove-tracker: error: one: this server does not know Session.RemoveTracker; "
        "it may be an older one\n"
    )
