from typing import Any

import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import InfoHash, NodeId
from raincore.formats import bencoding
from raincore.wire import krpc_questions
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    FindNode,
    Get,
    GetPeers,
    Put,
    UnknownQuestion,
    Want,
)

ID = b"mnopqrstuvwxyz123456"
PUT: dict[bytes, Any] = {
    b"token": b"t",
    b"v": 1,
    b"k": b"k" * 32,
    b"seq": 2,
    b"sig": b"s" * 64,
}


def read(method: bytes, args: dict[bytes, Any]) -> Any:
    return krpc_questions.read(method, args, bencoding.encode({"a": args}))


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ([b"n4"], Want(ipv4=True, ipv6=False)),
        ([b"n6", b"n4"], Want(ipv4=True, ipv6=True)),
        ([b"n6", b"n9", 7], Want(ipv4=False, ipv6=True)),
        ([b"n9"], None),
        ([], None),
        (b"n4", None),
    ],
)
def test_families_that_are_wanted_are_read_and_other_words_ignored(
    words: Any, want: Want | None
) -> None:
    assert read(b"find_node", {b"target": ID, b"want": words}) == FindNode(NodeId(ID), want)


@pytest.mark.parametrize("port", [0, 65536, -1, b"6881", None])
def test_a_port_must_make_sense(port: Any) -> None:
    args = {b"info_hash": ID, b"token": b"t"} | ({} if port is None else {b"port": port})
    with pytest.raises(RemoteProtocolError, match="port"):
        read(b"announce_peer", args)
    implied = read(b"announce_peer", {**args, b"implied_port": 1})
    assert implied == AnnouncePeer(InfoHash(ID), None, b"t")


def test_flags_are_ones() -> None:
    asked = read(b"get_peers", {b"info_hash": ID, b"noseed": 1, b"scrape": 2})
    assert asked == GetPeers(InfoHash(ID), no_seeds=True, scrape=False)


@pytest.mark.parametrize(
    "change", [{b"k": b"short"}, {b"sig": b"short"}, {b"seq": b"2"}, {b"salt": 7}, {b"token": 1}]
)
def test_a_put_with_a_bad_argument_is_refused(change: dict[bytes, Any]) -> None:
    read(b"put", PUT)
    with pytest.raises(RemoteProtocolError):
        read(b"put", PUT | change)


def test_an_immutable_put_has_nothing_of_a_mutable_one() -> None:
    assert read(b"put", {b"token": b"t", b"v": 1, b"seq": 5}) == Put(token=b"t", value=b"i1e")


def test_a_sequence_number_that_is_none_is_ignored_in_get() -> None:
    assert read(b"get", {b"target": ID, b"seq": b"x"}) == Get(NodeId(ID))


def test_an_unknown_method_may_have_a_target() -> None:
    assert read(b"dance", {b"target": ID}) == UnknownQuestion("dance", NodeId(ID))
    assert read(b"dance", {b"info_hash": ID}) == UnknownQuestion("dance", NodeId(ID))
    assert read(b"dance", {b"target": b"short"}) == UnknownQuestion("dance")
    assert read(b"\x1b" * 900, {}).method.isprintable()


def test_an_announce_with_implied_port_has_some_port_for_old_nodes() -> None:
    method, args = krpc_questions.write(AnnouncePeer(InfoHash(ID), None, b"t"))
    assert method == "announce_peer"
    assert args["port"] == args["implied_port"] == 1
