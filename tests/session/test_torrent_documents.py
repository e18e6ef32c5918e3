"""Links and files of torrents, and wishes that make no sense."""

import math

import pytest

from raincore.base.errors import ConfigError
from raincore.base.session_errors import TorrentIsPrivate
from raincore.formats import magnet as magnets
from raincore.formats import metainfo
from raincore.policy.file_selection import Selection
from raincore.session import torrent_documents
from raincore.storage.torrent_record import TorrentOptions, TorrentRecord
from tests.sim.content import sample

MADE = sample(1, pieces=3)
HASH = MADE.info.info_hash.hex()
RECORD = TorrentRecord(
    id="a",
    info_hash=HASH,
    hash_v1=HASH,
    name="given",
    trackers=(("http://a/x", "http://b/x"), ("udp://c:1",)),
    webseeds=("http://w/",),
    nodes=("h:1",),
)


def test_a_link_has_the_present_trackers_in_their_tiers():
    link = magnets.parse(torrent_documents.magnet(RECORD, MADE.info))
    assert link.trackers == RECORD.trackers
    assert link.name == "sample"
    assert magnets.parse(torrent_documents.magnet(RECORD, None)).name == "given"


def test_a_private_torrent_has_no_link():
    private = sample(1, pieces=3, private=True)
    with pytest.raises(TorrentIsPrivate):
        torrent_documents.magnet(RECORD, private.info)
    data = torrent_documents.metainfo(RECORD, private.info, {}, 5)
    assert metainfo.parse(data).nodes == ()


def test_a_file_keeps_the_info_dictionary_and_has_the_present_trackers():
    found = metainfo.parse(torrent_documents.metainfo(RECORD, MADE.info, {}, 5))
    assert found.info.raw == MADE.info.raw
    assert found.trackers == RECORD.trackers
    assert found.webseeds == RECORD.webseeds
    assert found.creation_date == 5
    assert found.nodes == ("h:1",)


@pytest.mark.parametrize(
    "wish",
    [
        {"download_bytes_per_second": -1},
        {"upload_bytes_per_second": -1},
        {"seed_ratio": -0.1},
        {"seed_seconds": math.nan},
        {"seed_idle_seconds": -1.0},
        {"labels": ("",)},
        {"labels": ("a\n",)},
        {"labels": ("x" * 101,)},
        {"labels": tuple(map(str, range(101)))},
        {"select": Selection(globs=("*.none",))},
    ],
)
def test_wishes_without_sense_are_refused(wish):
    with pytest.raises(ConfigError):
        torrent_documents.check_options(TorrentOptions(**wish), MADE.info)


def test_other_wishes_are_fine():
    wish = TorrentOptions(seed_ratio=math.inf, labels=("a b", "ü"), select=Selection(globs=("x",)))
    torrent_documents.check_options(wish, None)
