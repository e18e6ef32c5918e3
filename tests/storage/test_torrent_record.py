"""What is kept of a torrent comes back as it was; what is not ours is not believed."""

import json
import math

import pytest

from raincore.base.errors import FormatError
from raincore.policy.file_selection import Selection
from raincore.storage.torrent_record import (
    Counts,
    TorrentOptions,
    TorrentRecord,
    encode,
    encode_counts,
    parse,
    parse_counts,
)

RECORD = TorrentRecord(
    id="a",
    info_hash="ab" * 20,
    hash_v1="ab" * 20,
    hash_v2="cd" * 32,
    name="ü\udcff",
    port=7,
    added_at=1.5,
    data_dir="/d",
    started=True,
    trackers=(("http://a", "udp://b:1"), ("http://c",)),
    webseeds=("http://w",),
    peers=("h:1",),
    added_peers=("h:2",),
    options=TorrentOptions(
        sequential=True,
        edges_first=True,
        priorities=((0, 0), (3, 3)),
        select=Selection(globs=("*.txt",), indices=(1, 2), linked=(3,)),
        seed_ratio=math.inf,
        seed_seconds=0.5,
        labels=("x",),
    ),
)
COUNTS = Counts(downloaded=1, uploaded=2, wasted=3, seeded_seconds=4.5, next_announces={"u": 6.0})


def stored(value: object) -> object:
    return json.loads(json.dumps(value, allow_nan=False))


def test_records_come_back_as_they_were():
    assert parse(stored(encode(RECORD))) == RECORD
    assert parse_counts(stored(encode_counts(COUNTS))) == COUNTS


def test_an_older_record_has_defaults():
    assert parse({"v": 1, "id": "a", "info_hash": "ab" * 20}) == TorrentRecord(
        id="a", info_hash="ab" * 20
    )
    assert parse_counts({"v": 1}) == Counts()


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"id": 1},
        {"info_hash": "AB" * 20},
        {"info_hash": "ab" * 20 + "\n"},
        {"hash_v1": "ab"},
        {"hash_v2": "ab" * 20},
        {"port": -1},
        {"port": 65536},
        {"port": True},
        {"port": 1.0},
        {"started": 1},
        {"added_at": "now"},
        {"added_at": True},
        {"trackers": "http://a"},
        {"trackers": [["a", 1]]},
        {"trackers": ["a"]},
        {"peers": {}},
        {"new_key": 1},
        {"options": []},
        {"options": {"new_key": 1}},
        {"options": {"seed_ratio": "1"}},
        {"options": {"select": 5}},
        {"options": {"select": {"indices": [-1]}}},
        {"options": {"select": {"globs": [1]}}},
        *({"options": {"priorities": one}} for one in (5, [[1]], [[1, 4]], [[-1, 1]], [["1", 1]])),
        {"options": {"download_bytes_per_second": -1}},
    ],
)
def test_a_record_is_believed_only_if_every_field_is_right(change):
    with pytest.raises(FormatError):
        parse({**encode(RECORD), **change})


@pytest.mark.parametrize("value", [None, 5, [], {}, {"v": 1}, {"v": 1, "id": "a"}])
def test_what_is_no_record_is_refused(value):
    with pytest.raises(FormatError):
        parse(value)


@pytest.mark.parametrize(
    "change", [{"uploaded": -1}, {"seeded_seconds": None}, {"next_announces": []}, {"x": 1}]
)
def test_counters_are_believed_only_if_every_field_is_right(change):
    with pytest.raises(FormatError):
        parse_counts({**encode_counts(COUNTS), **change})


def test_records_of_one_tracker_share_its_name_in_memory():
    def loaded(number: int):
        url = "".join(["http://t.example/", "announce"])  # made anew, as by a database
        record = TorrentRecord(id=str(number), info_hash=f"{number:040}", trackers=((url,),))
        return parse(json.loads(json.dumps(encode(record))))

    assert loaded(1).trackers[0][0] is loaded(2).trackers[0][0]
