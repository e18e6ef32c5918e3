"""What is wanted of a torrent can be said when it is added and later, in the same words."""

import math

import pytest

from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.rpc import params, wishes
from raincore.rpc.methods import ADD
from raincore.storage.torrent_record import TorrentOptions
from raincore.wire.jsonrpc import Fault

NOTHING = TorrentOptions()


def said(options=NOTHING, **given):
    return wishes.changed(options, params.decode(wishes.WISHES, given))


def test_what_is_lacking_stays():
    before = said(Sequential=True, SpeedLimitUpload=5, EdgesFirst=True, Priorities={"1": "high"})
    assert said(before) == before
    assert said(before, Labels=["b", "a", ""]).labels == ("a", "b")
    assert said(before, EdgesFirst=False).sequential


def test_what_is_shown_can_be_said_again():
    wanted = TorrentOptions(
        stop_after_download=True,
        edges_first=True,
        select=Selection(("*.jpg",), (3,)),
        priorities=((0, 0), (2, 3)),
        download_bytes_per_second=7,
        seed_ratio=math.inf,
        seed_seconds=60.0,
        labels=("tv",),
    )
    shown = wishes.shown(wanted)
    assert set(shown) == set(wishes.WISHES)
    assert shown["Priorities"] == {"0": "skip", "2": "high"}
    assert said(**shown) == wanted


@pytest.mark.parametrize(("given", "meant"), [(0, math.inf), (1.5, 1.5), (-1, None)])
def test_a_seed_limit_is_the_sessions_or_none_or_its_own(given, meant):
    found = said(TorrentOptions(seed_ratio=9.0), SeedRatioLimit=given)
    assert found.seed_ratio == meant
    assert wishes.shown(found)["SeedRatioLimit"] == given


def test_files_are_selected_by_number_and_glob():
    assert said(Select=["3", "*.jpg"]).select == Selection(("*.jpg",), (3,))
    assert said(said(Select=["3"]), Select=[]).select == EVERYTHING


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"SpeedLimitUpload": -1}, "SpeedLimitUpload must not be negative"),
        ({"Priorities": {"x": "high"}}, "not the number of a file: 'x'"),
        ({"Priorities": {"-1": "high"}}, "not the number of a file"),
        ({"Priorities": {"1" * 10: "high"}}, "not the number of a file"),
        ({"Priorities": {"1": "urgent"}}, "must be one of skip, low, normal, high"),
        ({"Priorities": {"1": 3}}, "must be one of skip, low, normal, high"),
        ({"Priorities": {"1": []}}, "must be one of skip, low, normal, high"),
        ({"Priorities": dict.fromkeys(map(str, range(100_001)), "low")}, "more than 100000 files"),
        ({"Priorities": []}, "cannot unmarshal array into field Priorities"),
        ({"Select": [3]}, "cannot unmarshal array into field Select"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(Fault, match=message):
        said(**given)


def test_all_of_it_can_be_said_when_a_torrent_is_added():
    assert set(wishes.WISHES) < set(ADD)
