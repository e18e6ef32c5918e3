"""From body to body: batches, notifications, faults, bugs."""

import json
import logging

import pytest
import trio

from raincore.base.errors import ConfigError
from raincore.rpc import dispatch
from raincore.rpc.api import Api, Method
from raincore.rpc.methods import METHODS
from raincore.session.add_options import AddOptions
from raincore.wire.jsonrpc import Fault
from tests.rpc.fake_session import FakeSession, FakeTuning


@pytest.fixture
def api():
    return Api(FakeSession(), FakeTuning())


def call(method, id=1, **params):
    return {"jsonrpc": "2.0", "method": method, "params": params, "id": id}


def notification(method, **params):
    return {"jsonrpc": "2.0", "method": method, "params": params}


async def ask(api, value):
    reply = await dispatch.answer(api, json.dumps(value).encode())
    return json.loads(reply) if reply else None


async def test_a_notification_is_done_and_not_answered(api):
    api.session.put("one")
    assert await ask(api, notification("Session.RemoveTorrent", ID="one")) is None
    assert api.session.torrents() == []


async def test_a_notification_that_fails_is_not_answered_either(api):
    assert await ask(api, notification("Session.StartTorrent", ID="nope")) is None


async def test_a_batch_is_answered_call_by_call(api):
    api.session.put("one")
    batch = [
        call("Session.GetMagnet", 1, ID="one"),
        7,
        notification("Session.StopTorrent", ID="one"),
        call("Session.Foo", "x"),
    ]
    first, second, third = await ask(api, batch)
    assert first["result"]["Magnet"].startswith("magnet:")
    assert second == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32600, "message": "invalid request"},
    }
    assert (third["id"], third["error"]["code"]) == ("x", -32601)


async def test_a_batch_of_notifications_is_not_answered(api):
    assert await ask(api, [notification("Session.Version")] * 2) is None


async def test_what_is_no_json_is_answered_with_id_null(api):
    reply = json.loads(await dispatch.answer(api, b"{"))
    assert reply["id"] is None
    assert reply["error"] == {"code": -32700, "message": "parse error"}


async def test_a_body_of_too_many_values_is_not_parsed(api):
    reply = json.loads(await dispatch.answer(api, b"[" * 400_001))
    assert reply["error"] == {"code": -32600, "message": "invalid request: too many values"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Session.Foo", "rpc: can't find method Session.Foo"),
        ("session.Version", "rpc: can't find service session.Version"),
        ("X.Y", "rpc: can't find service X.Y"),
        ("foo", "rpc: service/method request ill-formed: foo"),
        ("", "rpc: service/method request ill-formed: "),
    ],
)
def test_unknown_methods_are_told_in_rains_words(name, said):
    with pytest.raises(Fault) as caught:
        dispatch.method_of(name)
    assert (caught.value.number, str(caught.value)) == (-32601, said)


async def test_a_bug_in_a_call_is_logged_and_answered(api, monkeypatch, caplog):
    async def broken(api, p):
        raise RuntimeError("out of cheese")

    monkeypatch.setitem(METHODS, "Session.Version", Method({}, broken))
    reply = await ask(api, call("Session.Version"))
    assert reply["error"]["code"] == -32000
    assert "out of cheese" in reply["error"]["message"]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR


async def test_settings_that_make_no_sense_are_wrong_params(api, monkeypatch):
    async def refuse(api, given):
        raise ConfigError("no such file to select: 9 of 3", "select")

    monkeypatch.setitem(METHODS, "Session.Version", Method({}, refuse))
    reply = await ask(api, call("Session.Version"))
    assert reply["error"] == {"code": -32602, "message": "no such file to select: 9 of 3"}


async def test_of_a_batch_with_very_long_replies_only_notifications_are_done_to_its_end(
    api, monkeypatch
):
    monkeypatch.setattr(dispatch, "MAX_REPLIES", 50)
    api.session.put("one")
    calls = [call("Session.ListTorrents", id=number) for number in range(2)]
    last = [notification("Session.RemoveTorrent", ID="one"), call("Session.ListTorrents", id=2)]
    replies = await ask(api, [*calls, *last])
    assert [reply["id"] for reply in replies] == [0, 1, 2]
    assert "result" in replies[0]
    for reply in replies[1:]:
        assert reply["error"]["code"] == -32000
        assert "not done" in reply["error"]["message"]
    assert api.session.torrents() == []


class Patient(FakeSession):
    """Adds are durable when somebody says so; how many wait at once is counted."""

    def __init__(self):
        super().__init__()
        self.waiting = self.most = 0
        self.begun = []

    async def add_uri(self, uri, options=AddOptions()):
        self.begun.append(options.id)
        torrent = await super().add_uri(uri, options)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await trio.sleep(1 + len(self.found) % 3)  # the later may be there before the earlier
        self.waiting -= 1
        return torrent


def adding(id, uri="magnet:?xt=urn:btih:00&dn=a"):
    return call("Session.AddURI", id, URI=uri, ID=id)


async def test_adds_of_a_batch_are_done_side_by_side_and_answered_in_order(autojump_clock):
    session = Patient()
    ids = [f"t{number}" for number in range(40)]
    replies = await ask(Api(session, FakeTuning()), [adding(id) for id in ids])
    assert [reply["id"] for reply in replies] == session.begun == ids
    assert [reply["result"]["Torrent"]["ID"] for reply in replies] == ids
    assert session.most == dispatch.AT_ONCE


async def test_of_adds_side_by_side_each_has_its_own_error(autojump_clock):
    session = Patient()
    batch = [adding("a"), adding("b", "magnet:bad"), adding("a"), 7, adding("c", "x:"), adding("d")]
    first, bad, second, no_call, unknown, last = await ask(Api(session, FakeTuning()), batch)
    assert (first["id"], last["id"]) == ("a", "d")
    assert "result" in first
    assert "result" in last
    assert (bad["id"], bad["error"]["code"]) == ("b", 2)
    assert (second["id"], second["error"]["code"]) == ("a", -32000)
    assert (no_call["id"], no_call["error"]["code"]) == (None, -32600)
    assert (unknown["id"], unknown["error"]["code"]) == ("c", -32000)


async def test_what_does_not_add_waits_for_what_comes_before_it(autojump_clock):
    session = Patient()
    removal = call("Session.RemoveTorrent", "r", ID="b")
    batch = [adding("a"), adding("b"), removal, adding("b"), call("Session.ListTorrents", "l")]
    *_, again, listed = await ask(Api(session, FakeTuning()), batch)
    assert again["result"]["Torrent"]["ID"] == "b"
    assert [row["ID"] for row in listed["result"]["Torrents"]] == ["a", "b"]
