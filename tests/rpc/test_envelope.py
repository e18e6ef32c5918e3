"""Requests and replies of JSON-RPC 2.0 as a client has them."""

import json

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.rpc_errors import (
    InputRefused,
    MethodUnknown,
    ParamsRefused,
    RpcRefused,
    TorrentUnknown,
)
from raincore.rpc import envelope
from raincore.rpc.envelope import Call

CALL = Call("Session.X", {"ID": "a"})


def reply(**members):
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


def test_a_request_has_the_members_that_go_sends():
    assert json.loads(envelope.encode([CALL], 0, is_batch=False)) == {
        "jsonrpc": "2.0",
        "method": "Session.X",
        "params": {"ID": "a"},
        "id": 0,
    }
    [without] = json.loads(envelope.encode([Call("Session.Version")], 7, is_batch=True))
    assert without == {"jsonrpc": "2.0", "method": "Session.Version", "id": 7}


def test_a_result_may_be_anything():
    assert envelope.read(reply(id=0, result="2.3.0"), CALL, 0) == "2.3.0"
    assert envelope.read(reply(id=0, result=None), CALL, 0) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1, TorrentUnknown), (2, InputRefused), (-32602, ParamsRefused), (-32000, RpcRefused)],
)
def test_codes_have_meanings(code, kind):
    body = reply(id=3, error={"code": code, "message": "no\x1b[2J", "data": 1})
    with pytest.raises(RpcRefused, match="no\ufffd") as caught:
        envelope.read(body, CALL, 3)
    error = caught.value
    assert (type(error), error.rpc_code, error.data) == (kind, code, 1)


def test_an_unknown_method_is_said_in_our_words():
    body = reply(id=3, error={"code": -32601, "message": "rpc: can't find method Session.X"})
    with pytest.raises(MethodUnknown, match="this server does not know"):
        envelope.read(body, CALL, 3)


def test_an_error_without_an_id_is_for_us_too():
    with pytest.raises(RpcRefused, match="parse error"):
        envelope.read(reply(id=None, error={"code": -32700, "message": "parse error"}), CALL, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        b"[]",
        reply(id=1, result=1),
        reply(id=True, result=1),
        reply(id="0", result=1),
        reply(id=0),
        reply(id=0, error={"code": "1", "message": "x"}),
        reply(id=0, error={"code": 1}),
        reply(id=0, error="x"),
    ],
    ids=range(11),
)
def test_what_is_no_reply_to_the_request_is_refused(body):
    with pytest.raises(RemoteProtocolError):
        envelope.read(body, CALL, 0)


def test_replies_to_a_batch_may_come_in_any_order():
    second = {"id": 5, "result": "b"}
    first = {"id": 4, "error": {"code": 1, "message": "torrent not found"}}
    found = envelope.read_all(json.dumps([second, first]).encode(), [CALL, CALL], 4)
    assert isinstance(found[0], TorrentUnknown)
    assert found[1] == "b"


def test_a_batch_may_be_refused_as_a_whole():
    with pytest.raises(RpcRefused, match="too many"):
        envelope.read_all(reply(id=None, error={"code": -1, "message": "too many"}), [CALL], 0)


@pytest.mark.parametrize("body", [b"[]", b"1", b'[{"id": 9, "result": 1}]', b"[1]"])
def test_a_missing_reply_of_a_batch_is_no_session_of_ours(body):
    with pytest.raises(RemoteProtocolError):
        envelope.read_all(body, [CALL], 0)
