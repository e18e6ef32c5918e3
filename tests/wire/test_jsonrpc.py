"""JSON-RPC envelopes: what is a call, what is none, and what a reply looks like."""

import json

import pytest

from raincore.wire import jsonrpc
from raincore.wire.jsonrpc import ABSENT, Fault, Request

CALL = {"jsonrpc": "2.0", "method": "Session.Version", "id": 0}


def body(**changes):
    value = {**CALL, **changes}
    return json.dumps({name: v for name, v in value.items() if v is not ABSENT}).encode()


def only(data):
    parsed = jsonrpc.parse(data)
    assert not parsed.is_batch
    (call,) = parsed.calls
    return call


def test_a_call_is_read():
    assert only(body()) == Request("Session.Version", {}, 0)
    assert only(body(params={"ID": "x"})).params == {"ID": "x"}
    assert only(body(params=[1])).params == [1]


@pytest.mark.parametrize("id", [0, 1, -1, 2.5, "text", "", None])
def test_ids_are_text_numbers_or_null(id):
    assert only(body(id=id)).id == id


def test_a_call_without_id_is_a_notification():
    assert only(body(id=ABSENT)).id is ABSENT
    assert repr(ABSENT) == "ABSENT"


@pytest.mark.parametrize(
    "data",
    [
        b"1",
        b"null",
        b'"text"',
        body(extra=1),
        body(jsonrpc="1.0"),
        body(jsonrpc=2.0),
        body(jsonrpc=ABSENT),
        body(method=ABSENT),
        body(method=1),
        body(params=None),
        body(params="x"),
        body(id=True),
        body(id=[1]),
        body(id={}),
        b'{"jsonrpc":"2.0","method":"a.b","id":1e999}',
    ],
)
def test_what_is_no_call_is_an_invalid_request(data):
    fault = only(data)
    assert isinstance(fault, Fault)
    assert (fault.number, str(fault)) == (-32600, "invalid request")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"[1,]",
        b"NaN",
        b'{"id":Infinity}',
        b"[" * 100_000,
        b"9" * 5000,
        b"{} {}",
    ],
)
def test_what_is_no_json_is_a_parse_error(data):
    with pytest.raises(Fault) as caught:
        jsonrpc.parse(data)
    assert (caught.value.number, str(caught.value)) == (-32700, "parse error")


def test_a_batch_is_a_list_of_calls_and_faults():
    parsed = jsonrpc.parse(b"[" + body(id=1) + b",7," + body(id=ABSENT) + b"]")
    assert parsed.is_batch
    first, second, third = parsed.calls
    assert first == Request("Session.Version", {}, 1)
    assert isinstance(second, Fault)
    assert third == Request("Session.Version", {})


@pytest.mark.parametrize("data", [b"[]", b"[" + b"1," * 1000 + b"1]"])
def test_a_batch_of_nothing_or_too_much_is_refused(data):
    with pytest.raises(Fault) as caught:
        jsonrpc.parse(data)
    assert caught.value.number == -32600


def test_the_name_of_a_method_is_made_printable():
    assert only(body(method="a\x1b[2Jb")).method == "a\ufffd[2Jb"


def test_a_result_has_three_members_in_their_order():
    assert jsonrpc.success(0, {"A": 1}) == b'{"jsonrpc":"2.0","id":0,"result":{"A":1}}'
    assert jsonrpc.success("x", "") == b'{"jsonrpc":"2.0","id":"x","result":""}'


def test_a_failure_has_code_and_message():
    told = jsonrpc.failure(None, Fault(1, "torrent not found"))
    assert told == b'{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"torrent not found"}}'


def test_html_is_escaped_as_go_does():
    assert jsonrpc.success(1, "<a&b>") == (
        b'{"jsonrpc":"2.0","id":1,"result":"\\u003ca\\u0026b\\u003e"}'
    )


def test_half_a_character_in_an_id_comes_back_as_it_was():
    id = json.loads('"\\ud800ä"')
    assert json.loads(jsonrpc.success(id, "ü")) == {"jsonrpc": "2.0", "id": id, "result": "ü"}


def test_what_is_written_goes_into_a_reply_as_it_is():
    row = jsonrpc.written({"A": "<ü>", "B": [1, None]})
    assert row == b'{"A":"\\u003c\xc3\xbc\\u003e","B":[1,null]}'
    assert jsonrpc.written(row) is row
    assert jsonrpc.array([]) == b"[]"
    both = jsonrpc.members({"Rows": jsonrpc.array([row, row]), "<": 2})
    assert both == b'{"Rows":[' + row + b"," + row + b'],"\\u003c":2}'
    assert jsonrpc.success(1, both) == b'{"jsonrpc":"2.0","id":1,"result":' + both + b"}"


def test_replies_are_joined_into_a_body():
    assert jsonrpc.joined([], is_batch=True) == b""
    assert jsonrpc.joined([b"{}"], is_batch=False) == b"{}\n"
    assert jsonrpc.joined([b"{}", b"{}"], is_batch=True) == b"[{},{}]\n"
