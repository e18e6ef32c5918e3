"""Which local file is a file of a torrent, as JSON documents of type "match"."""

from __future__ import annotations

import binascii
import os
from typing import TYPE_CHECKING, Any

from raincore.base import printable

if TYPE_CHECKING:
    from raincore.formats.info import Info

__all__ = ["encode"]

VERSION = 1


def encode(
    info: Info,
    index: int,
    status: str,
    *,
    number: int,
    target: str,
    source: str | None,
    pieces: tuple[int, int],
    reason: str = "",
    applied: str | None = None,
) -> dict[str, Any]:
    """Turn what was found for one file into a JSON value.

    Args:
        info: The torrent.
        index: Among its files, padding counted.
        status: As `storage.matching.Match` says.
        number: Among its files, padding left out, as in documents.
        target: Absolute path where the file belongs.
        source: Absolute path of the local file; None if there is none.
        pieces: How many of its pieces are proven, and how many it has.
        reason: Why it is not proven; "" if it is.
        applied: How it was put into place; None if it was not.
    """
    entry = info.files[index]
    value: dict[str, Any] = {"type": "match", "v": VERSION}
    if info.info_hash is not None:
        value["info_hash"] = info.info_hash.hex()
    if info.info_hash_v2 is not None:
        value["info_hash_v2"] = info.info_hash_v2.hex()
    value |= {
        "file": number,
        "path": "/".join(entry.path),
        "length": entry.length,
        "status": status,
    }
    if reason:
        value["reason"] = reason
    value |= {"pieces_proven": pieces[0], "pieces_total": pieces[1]}
    if source is not None:
        value |= _path("source", source)
    value |= _path("target", target)
    if applied is not None:
        value["applied"] = applied
    return value


def _path(key: str, path: str) -> dict[str, str]:
    """A path as it is displayed, and its bytes where a program could not open that."""
    shown = printable.displayed(path)
    if shown == path:
        return {key: path}
    raw = binascii.b2a_base64(os.fsencode(path), newline=False)
    return {key: shown, f"{key}_b64": raw.decode("ascii")}
