"""What changed, one line each, for people."""

from dataclasses import replace

from raincore.documents import documents
from raincore.formats import metainfo
from raintools._kit.change_view import changes
from raintools._kit.output import Writer
from tests.documents import samples

FULL = documents.of_metainfo(metainfo.parse(samples.full()))


def shown(color="never", **changed):
    after = replace(FULL, **changed)
    return changes(FULL, after, "a.torrent", Writer(as_json=False, color=color)).splitlines()


def test_nothing_changed():
    assert shown() == ["a.torrent", "  = nothing changed"]


def test_facts_show_what_was_and_what_is():
    assert shown(comment=None, source="NEW", private=False) == [
        "a.torrent",
        "  - private       yes",
        "  - source        TAG",
        "  + source        NEW",
        "  - comment       a �[31mred�[0m comment",
    ]


def test_lists_show_what_went_and_what_came():
    assert shown(nodes=["a:1", FULL.nodes[0]], webseeds=[]) == [
        "a.torrent",
        "  - web seed      http://seed.example/",
        "  - DHT node      [2001:db8::1]:6882",
        "  + DHT node      a:1",
    ]


def test_trackers_are_shown_with_their_tiers():
    assert shown(trackers=[["http://three.example/a"]]) == [
        "a.torrent",
        "  - tracker       1  udp://one.example:6969",
        "  - tracker       1  http://two.example/announce",
        "  - tracker       2  http://three.example/a",
        "  + tracker       1  http://three.example/a",
    ]


def test_what_came_and_went_has_its_colour():
    assert shown(color="always", comment="new")[1:] == [
        "\x1b[31m  - comment       a �[31mred�[0m comment\x1b[0m",
        "\x1b[32m  + comment       new\x1b[0m",
    ]


def test_control_characters_never_reach_the_terminal():
    text = changes(FULL, replace(FULL, comment="\x1b[2J"), "\x1b]", Writer(as_json=False))
    assert "\x1b" not in text
