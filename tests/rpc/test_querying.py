"""The list by need: filters, fields, pages, deltas."""

import json

import pytest

from raincore.documents.session_records import TorrentStatus
from raincore.rpc import params
from raincore.rpc.api import Api
from raincore.rpc.querying import QUERY, query
from raincore.storage.torrent_record import TorrentOptions
from raincore.wire.jsonrpc import Fault
from tests.rpc.fake_session import ADDED, FakeSession, FakeTuning


@pytest.fixture
def session():
    session = FakeSession()
    session.put("c", "Charlie", added_at=ADDED + 2, options=TorrentOptions(labels=("x", "y")))
    session.put("a", "alpha", status=TorrentStatus.SEEDING, info_hash="11" * 20)
    session.put("b", "Bravo", added_at=ADDED + 1, error="disk full", status=TorrentStatus.STOPPED)
    return session


async def ask(session, **given):
    return json.loads(await query(Api(session, FakeTuning()), params.decode(QUERY, given)))


def ids(found):
    return [row["ID"] for row in found["Torrents"]]


async def test_everything_comes_in_the_order_in_which_it_was_added(session):
    found = await ask(session)
    assert ids(found) == ["a", "b", "c"]
    assert found["Total"] == found["Revision"] == 3
    assert found["Complete"]
    assert found["Removed"] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"IDs": ["a", "c", "gone"]}, ["a", "c"]),
        ({"Status": ["seeding", "Stopped"]}, ["a", "b"]),
        ({"Labels": ["y", "z"]}, ["c"]),
        ({"Name": "AR"}, ["c"]),
        ({"InfoHash": "11" * 20}, ["a"]),
        ({"WithError": True}, ["b"]),
        ({"Status": ["Seeding"], "WithError": True}, []),
        ({"Sort": "Name"}, ["a", "b", "c"]),
        ({"Sort": "Name", "Descending": True}, ["c", "b", "a"]),
        ({"Descending": True}, ["c", "b", "a"]),
        ({"Sort": "Revision"}, ["c", "a", "b"]),
        ({"Sort": "CompletedAt", "Limit": 3}, ["c", "a", "b"]),
        ({"Limit": 2}, ["a", "b"]),
        ({"Offset": 1, "Limit": 1}, ["b"]),
        ({"Offset": 9}, []),
    ],
)
async def test_filters_orders_and_pages(session, given, expected):
    assert ids(await ask(session, **given)) == expected


async def test_the_total_is_that_of_all_pages(session):
    assert (await ask(session, Limit=1))["Total"] == 3


async def test_only_the_wanted_fields_come_and_always_the_id(session):
    found = await ask(session, Fields=["name", "Speed"], IDs=["a"])
    assert found["Torrents"] == [
        {"ID": "a", "Name": "alpha", "Speed": {"Download": 20480, "Upload": 0}}
    ]
    found = await ask(session, Fields=["Status"], IDs=["a"])
    assert found["Torrents"] == [{"ID": "a", "Status": "Seeding"}]


async def test_a_delta_has_what_has_changed_and_what_is_gone(session):
    await session.get("b").start()
    await session.remove("c", keep_data=True)
    found = await ask(session, Since=3)
    assert not found["Complete"]
    assert ids(found) == ["b"]
    assert found["Removed"] == ["c"]
    assert found["Revision"] == 5
    assert ids(await ask(session, Since=5)) == []


async def test_a_row_that_leaves_the_filter_of_a_delta_is_told_as_removed(session):
    await session.get("a").stop()
    found = await ask(session, Since=3, Status=["Seeding"])
    assert ids(found) == []
    assert found["Removed"] == ["a"]


async def test_a_revision_of_another_run_gives_everything(session):
    for since in (99, 0, -5):
        found = await ask(session, Since=since)
        assert found["Complete"]
        assert len(found["Torrents"]) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Fields": ["Nam"]}, "Fields: there is no 'Nam'"),
        ({"Status": ["seeding", "Seedin"]}, "Status: there is no 'Seedin'"),
        ({"Sort": "x"}, "Sort must be one of ID, Name"),
        ({"Offset": -1}, "must not be negative"),
        ({"Limit": -1}, "must not be negative"),
    ],
)
async def test_questions_that_make_no_sense_are_refused(session, given, said):
    with pytest.raises(Fault, match=said):
        await ask(session, **given)
