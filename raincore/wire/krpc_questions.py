"""Questions to the DHT as the method and arguments of a query, and back (BEP 5, 44, 51)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base.errors import RemoteProtocolError
from raincore.base.ids import InfoHash, NodeId
from raincore.base.printable import printable
from raincore.formats import bencoding
from raincore.wire.krpc_fields import (
    KEY_LENGTH,
    RULE,
    SIGNATURE_LENGTH,
    Args,
    id_of,
    needed,
    number,
    raw_value,
    sized,
)
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    FindNode,
    Get,
    GetPeers,
    Ping,
    Put,
    Question,
    SampleInfoHashes,
    UnknownQuestion,
    Want,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read", "write"]

MAX_METHOD = 40


def read(method: bytes, args: Args, data: bytes) -> Question:
    """Make a question of what a query says.

    Args:
        method: Which question.
        args: The decoded arguments.
        data: The datagram they are from.

    Raises:
        RemoteProtocolError: An argument that the method needs is absent or senseless.
    """
    reader = READERS.get(method)
    if reader is not None:
        return reader(args)
    if method == b"put":
        return _put(args, raw_value(data, b"a"))
    return UnknownQuestion(printable(method, MAX_METHOD), _about(args))


def _get_peers(args: Args) -> GetPeers:
    info_hash = InfoHash(needed(args, b"info_hash", InfoHash.LENGTH))
    return GetPeers(info_hash, _want(args), args.get(b"noseed") == 1, args.get(b"scrape") == 1)


def _announce_peer(args: Args) -> AnnouncePeer:
    info_hash = InfoHash(needed(args, b"info_hash", InfoHash.LENGTH))
    port: int | None = None
    if not number(args, b"implied_port"):
        port = number(args, b"port")
        if port is None or not 0 < port <= 65535:
            raise RemoteProtocolError(f"announce without a sensible port: {port}", RULE)
    return AnnouncePeer(info_hash, port, needed(args, b"token"), args.get(b"seed") == 1)


def _put(args: Args, value: bytes) -> Put:
    key = needed(args, b"k", KEY_LENGTH) if b"k" in args else None
    salt = args.get(b"salt", b"")
    if not isinstance(salt, bytes):
        raise RemoteProtocolError("salt is no string", RULE)
    put = Put(token=needed(args, b"token"), value=value, salt=salt)
    if key is None:
        return put
    seq = number(args, b"seq")
    if seq is None:
        raise RemoteProtocolError("mutable item without a sequence number", RULE)
    return Put(
        token=put.token,
        value=value,
        key=key,
        seq=seq,
        signature=needed(args, b"sig", SIGNATURE_LENGTH),
        salt=salt,
        cas=number(args, b"cas"),
    )


READERS: dict[bytes, Callable[[Args], Question]] = {
    b"ping": lambda args: Ping(),
    b"find_node": lambda args: FindNode(id_of(args, b"target"), _want(args)),
    b"get_peers": _get_peers,
    b"announce_peer": _announce_peer,
    b"get": lambda args: Get(id_of(args, b"target"), number(args, b"seq"), _want(args)),
    b"sample_infohashes": lambda args: SampleInfoHashes(id_of(args, b"target"), _want(args)),
}


def _about(args: Args) -> NodeId | None:
    found = sized(args, b"target", NodeId.LENGTH) or sized(args, b"info_hash", NodeId.LENGTH)
    return None if found is None else NodeId(found)


def _want(args: Args) -> Want | None:
    """Families that are asked for; words of other extensions are ignored (BEP 32)."""
    found = args.get(b"want")
    if not isinstance(found, list):
        return None
    want = Want(b"n4" in found, b"n6" in found)
    return want if any(want) else None


def write(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the name of the method and its arguments but for the node's id."""
    match question:
        case Ping():
            return "ping", {}
        case FindNode(target, want):
            return "find_node", {"target": target, **_wanted(want)}
        case GetPeers(info_hash, want, no_seeds, scrape):
            flags = {"noseed": 1} if no_seeds else {}
            flags |= {"scrape": 1} if scrape else {}
            return "get_peers", {"info_hash": info_hash, **_wanted(want), **flags}
        case AnnouncePeer(info_hash, port, token, seed):
            # A node that does not know the flag needs some port all the same.
            where = {"implied_port": 1, "port": 1} if port is None else {"port": port}
            return "announce_peer", {
                "info_hash": info_hash,
                "token": token,
                **where,
                **({"seed": 1} if seed else {}),
            }
        case Get(target, seq, want):
            known = {} if seq is None else {"seq": seq}
            return "get", {"target": target, **known, **_wanted(want)}
        case SampleInfoHashes(target, want):
            return "sample_infohashes", {"target": target, **_wanted(want)}
        case Put():
            return "put", _item(question)
        case UnknownQuestion(method, about):
            return method, {} if about is None else {"target": about}


def _item(put: Put) -> dict[str, Any]:
    args: dict[str, Any] = {"token": put.token, "v": bencoding.Raw(put.value)}
    if put.key is not None and put.signature is not None:
        args |= {"k": put.key, "seq": put.seq, "sig": put.signature}
        args |= {"salt": put.salt} if put.salt else {}
        args |= {} if put.cas is None else {"cas": put.cas}
    return args


def _wanted(want: Want | None) -> dict[str, Any]:
    if want is None:
        return {}
    return {"want": [word for word, wanted in zip(("n4", "n6"), want, strict=True) if wanted]}
