"""Replies of the DHT as the fields of a response, and back (BEP 5, 32, 33, 44, 51)."""

from __future__ import annotations

from typing import Any

from raincore.base.ids import InfoHash
from raincore.formats import bencoding
from raincore.wire.krpc_fields import Args, id_of, number, raw_value, sized
from raincore.wire.krpc_messages import Reply

__all__ = ["read", "write"]

MAX_TOKEN = 128
MAX_VALUES = 256
MAX_SAMPLES = 75
PEER_LENGTHS = (6, 18)
FILTER_LENGTH = 256
KEY_LENGTH, SIGNATURE_LENGTH = 32, 64


def read(fields: Args, data: bytes) -> Reply:
    """Make a reply of what a response says; senseless fields count as absent.

    Args:
        fields: The decoded fields.
        data: The datagram they are from.

    Raises:
        RemoteProtocolError: It does not say who answers.
    """
    values = fields.get(b"values")
    samples = fields.get(b"samples")
    return Reply(
        node_id=id_of(fields),
        nodes=sized(fields, b"nodes"),
        nodes6=sized(fields, b"nodes6"),
        token=_token(fields),
        values=_values(values) if isinstance(values, list) else (),
        seeds_filter=sized(fields, b"BFsd", FILTER_LENGTH),
        peers_filter=sized(fields, b"BFpe", FILTER_LENGTH),
        value=raw_value(data, b"r") if b"v" in fields else None,
        key=sized(fields, b"k", KEY_LENGTH),
        seq=number(fields, b"seq"),
        signature=sized(fields, b"sig", SIGNATURE_LENGTH),
        samples=_samples(samples) if isinstance(samples, bytes) else None,
        sampled_from=number(fields, b"num"),
        sample_seconds=number(fields, b"interval"),
    )


def write(reply: Reply) -> dict[str, Any]:
    """Give the fields that are there."""
    fields = {
        "id": reply.node_id,
        "nodes": reply.nodes,
        "nodes6": reply.nodes6,
        "token": reply.token,
        "values": reply.values or None,
        "BFsd": reply.seeds_filter,
        "BFpe": reply.peers_filter,
        "v": None if reply.value is None else bencoding.Raw(reply.value),
        "k": reply.key,
        "seq": reply.seq,
        "sig": reply.signature,
        "samples": None if reply.samples is None else b"".join(reply.samples),
        "num": reply.sampled_from,
        "interval": reply.sample_seconds,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _token(fields: Args) -> bytes | None:
    token = sized(fields, b"token")
    return token if token is not None and len(token) <= MAX_TOKEN else None


def _values(values: list[Any]) -> tuple[bytes, ...]:
    return tuple(
        value
        for value in values[:MAX_VALUES]
        if isinstance(value, bytes) and len(value) in PEER_LENGTHS
    )


def _samples(packed: bytes) -> tuple[InfoHash, ...]:
    size = InfoHash.LENGTH
    end = min(len(packed) // size, MAX_SAMPLES) * size
    return tuple(InfoHash(packed[start : start + size]) for start in range(0, end, size))
