"""Options, events, reasons, settings: the methods beside rain's."""

import json

import pytest
import trio

from raincore.rpc import dispatch
from raincore.rpc.api import Api
from raincore.rpc.methods import METHODS
from raincore.rpc.own_methods import OWN_METHODS
from raincore.wire import jsonrpc
from raincore.wire.jsonrpc import Request
from tests.rpc.fake_session import FakeSession, FakeTuning


@pytest.fixture
def api():
    api = Api(FakeSession(), FakeTuning())
    api.session.put("one")
    return api


async def call(api, name, **params):
    result = await dispatch.do(api, Request(f"Session.{name}", params, 1))
    return json.loads(jsonrpc.written(result))


async def test_stats_of_many_come_in_one_reply(api):
    api.session.put("two")
    everything = await call(api, "GetManyStats")
    assert list(everything["Stats"]) == ["one", "two"]
    some = await call(api, "GetManyStats", IDs=["two", "gone"])
    assert list(some["Stats"]) == ["two"]
    assert some["Stats"]["two"]["Pieces"]["Have"] == 12


async def test_options_that_are_lacking_stay(api):
    await call(api, "SetTorrentOptions", ID="one", Sequential=True, SpeedLimitUpload=5)
    await call(api, "SetTorrentOptions", ID="one", Labels=["b", "a", ""])
    shown = (await call(api, "GetTorrentOptions", ID="one"))["Options"]
    assert shown == {
        "StopAfterDownload": False,
        "StopAfterMetadata": False,
        "Sequential": True,
        "EdgesFirst": False,
        "SpeedLimitDownload": 0,
        "SpeedLimitUpload": 5,
        "SeedRatioLimit": -1,
        "SeedTimeLimit": -1,
        "SeedIdleLimit": -1,
        "Labels": ["a", "b"],
        "Select": [],
        "Priorities": {},
    }


async def test_all_trackers_are_told_with_their_tiers(api):
    found = (await call(api, "GetAllTrackers", ID="one"))["Trackers"]
    assert [(view["Tier"], view["Current"]) for view in found] == [(0, True), (0, False)]


async def test_a_tracker_is_removed(api):
    assert await call(api, "RemoveTracker", ID="one", URL="http://x") == {}
    assert api.session.get("one").done == [("removed", "http://x")]


async def test_events_that_are_there_come_at_once(api):
    api.session.put("two")
    found = await call(api, "GetEvents", Since=0)
    assert [event["ID"] for event in found["Events"]] == ["one", "two"]
    assert found["Revision"] == 2
    assert await call(api, "GetEvents", Since=2) == {"Events": [], "Revision": 2}


async def test_events_are_waited_for(api, autojump_clock):
    found = []

    async def ask(**params):
        found.append(await call(api, "GetEvents", Timeout=60, **params))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.sleep(30)
        began = trio.current_time()
        api.session.put("two")
    assert trio.current_time() - began < 1
    assert [event["ID"] for event in found[0]["Events"]] == ["two"]


async def test_waiting_for_events_ends(api, autojump_clock):
    began = trio.current_time()
    found = await call(api, "GetEvents", Timeout=10**9)
    assert trio.current_time() - began == pytest.approx(300)
    assert found == {"Events": [], "Revision": 1}


async def test_a_reply_has_no_more_events_than_wanted(api):
    api.session.put("two")
    found = await call(api, "GetEvents", Since=0, Limit=1)
    assert [event["ID"] for event in found["Events"]] == ["one"]
    assert found["Revision"] == 1


async def test_reasons_are_told(api):
    [found] = (await call(api, "ExplainTorrent", ID="one"))["Causes"]
    seen = {"Cause": "no_peers", "Evidence": "nobody is there"}
    assert found == {**seen, "Remedy": "", "Facts": {}}


async def test_settings_are_shown_and_changed(api):
    changed = await call(api, "SetConfig", Config={"speed-limit-download": 5})
    assert changed == {"Changed": ["speed-limit-download"], "AfterRestart": []}
    assert (await call(api, "GetConfig"))["Config"]["speed-limit-download"] == 5


async def test_the_methods_describe_themselves(api):
    found = (await call(api, "ListMethods"))["Methods"]
    assert set(found) == set(METHODS) | set(OWN_METHODS)
    assert found["Session.AddPeer"] == {"ID": "string", "Addr": "string"}


def test_no_method_of_ours_hides_one_of_rains():
    assert not METHODS.keys() & OWN_METHODS.keys()
