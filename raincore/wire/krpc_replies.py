"""Replies of the DHT as the fields of a response, and back (BEP 5, 32, 33, 44, 51)."""

from __future__ import annotations

from typing import Any

from raincore.base.ids import InfoHash
from raincore.wire.krpc_fields import (
    KEY_LENGTH,
    SIGNATURE_LENGTH,
    Args,
    id_of,
    number,
    raw_value,
    sized,
)
from raincore.wire.krpc_messages import Reply

__all__ = ["read", "write"]

MAX_TOKEN = 128
MAX_VALUES = 256
MAX_SAMPLES = 75
PEER_LENGTHS = (6, 18)
FILTER_LENGTH = 256


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


def write(reply: Reply) -> bytes:
    """Give the fields that are there as one bencoded dictionary.

    Written here, in the order of the keys, since a node answers ten thousand of these a
    second: going through `bencoding.encode` takes three times as long.
    """
    parts = [b"d"]
    if reply.peers_filter is not None:
        _add(parts, b"4:BFpe", reply.peers_filter)
    if reply.seeds_filter is not None:
        _add(parts, b"4:BFsd", reply.seeds_filter)
    _add(parts, b"2:id", reply.node_id)
    if reply.sample_seconds is not None:
        parts.append(b"8:intervali%de" % reply.sample_seconds)
    if reply.key is not None:
        _add(parts, b"1:k", reply.key)
    if reply.nodes is not None:
        _add(parts, b"5:nodes", reply.nodes)
    if reply.nodes6 is not None:
        _add(parts, b"6:nodes6", reply.nodes6)
    if reply.sampled_from is not None:
        parts.append(b"3:numi%de" % reply.sampled_from)
    if reply.samples is not None:
        _add(parts, b"7:samples", b"".join(reply.samples))
    if reply.seq is not None:
        parts.append(b"3:seqi%de" % reply.seq)
    if reply.signature is not None:
        _add(parts, b"3:sig", reply.signature)
    if reply.token is not None:
        _add(parts, b"5:token", reply.token)
    if reply.value is not None:
        parts += (b"1:v", reply.value)
    if reply.values:
        parts.append(b"6:valuesl")
        parts += [b"%d:%b" % (len(value), value) for value in reply.values]
        parts.append(b"e")
    parts.append(b"e")
    return b"".join(parts)


def _add(parts: list[bytes], key: bytes, value: bytes) -> None:
    parts.append(b"%b%d:%b" % (key, len(value), value))


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
