"""How the content is cut and hashed: piece length, padding, layers, the same bytes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import content_identity
from raincore.formats.info import MetaVersion
from raincore.formats.lint_codes import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.info import Info
    from raincore.formats.lint_files import LintedFile
    from raincore.formats.metainfo import Metainfo

__all__ = ["check"]

MIB = 2**20
LARGE_PIECE, VERY_LARGE_PIECE, REFUSED_PIECE = 16 * MIB, 128 * MIB, 512 * MIB
MANY_PIECES, VERY_MANY_PIECES = 10_000, 100_000
FEW_PIECES = 16
LARGE_TORRENT, VERY_LARGE_TORRENT = MIB, 10_000_000
PADDING_PERCENT = 5.0


def check(
    metainfo: Metainfo, values: dict[bytes, Value], files: Sequence[LintedFile]
) -> Iterator[Finding]:
    """Look at sizes, at padding, at piece layers, and at files with the same bytes.

    Args:
        metainfo: The torrent.
        values: The outer dictionary, decoded anew.
        files: What `lint_files.listed` gave.
    """
    info = metainfo.info
    yield from _piece_length(info)
    yield from _counts(metainfo)
    if info.total_length == 0:
        yield finding("content-empty", "info", "has no bytes to download")
    if info.meta_version is not MetaVersion.V2:  # what parsing puts into v2 is in no .torrent
        yield from _padding(info)
    yield from _layers(metainfo, values)
    yield from _duplicates(info, files)


def _piece_length(info: Info) -> Iterator[Finding]:
    length, where = info.piece_length, "info.piece length"
    if length & (length - 1):
        yield finding("piece-length-odd", where, f"is no power of two: {length}")
    if length < BLOCK_LENGTH:
        yield finding("piece-length-small", where, f"is less than 16 KiB: {length}")
    if length >= REFUSED_PIECE:
        yield finding("piece-length-large", where, f"is 512 MiB or more: {length}", "error")
    elif length > LARGE_PIECE:
        severity = "warning" if length >= VERY_LARGE_PIECE else "note"
        yield finding("piece-length-large", where, f"is more than 16 MiB: {length}", severity)


def _counts(metainfo: Metainfo) -> Iterator[Finding]:
    info = metainfo.info
    count = info.geometry.piece_count
    if count > MANY_PIECES:
        severity = "warning" if count >= VERY_MANY_PIECES else "note"
        yield finding("many-pieces", "info.piece length", f"makes {count:,} pieces", severity)
    if 0 < count < FEW_PIECES and info.piece_length > MIB:
        yield finding(
            "few-pieces",
            "info.piece length",
            f"of {info.piece_length:,} bytes makes {count} pieces only",
        )
    size = len(metainfo.raw)
    if size > LARGE_TORRENT:
        severity = "warning" if size > VERY_LARGE_TORRENT else "note"
        yield finding("torrent-large", "", f"the .torrent has {size:,} bytes", severity)


def _padding(info: Info) -> Iterator[Finding]:
    geometry = info.geometry
    padding = 0
    for index, entry in enumerate(info.files):
        if not entry.is_padding:
            continue
        padding += entry.length
        end = geometry.file_offsets[index + 1]
        if entry.length >= info.piece_length or end % info.piece_length or not entry.length:
            message = f"{entry.length} bytes do not lead to the next piece"
            yield finding("padding-useless", f"info.files[{index}]", message)
    if not padding:
        return
    percent = 100 * padding / geometry.total_length
    if percent > PADDING_PERCENT:
        message = f"{percent:.1f} % of the content is padding: {padding:,} bytes"
        yield finding("padding-overhead", "info.files", message)
    if geometry.total_length % info.piece_length and not info.files[-1].is_padding:
        message = "the last file is not padded, as libtorrent would do"
        yield finding("padding-tail-missing", "info.files", message)


def _layers(metainfo: Metainfo, values: dict[bytes, Value]) -> Iterator[Finding]:
    missing = metainfo.missing_layers()
    if missing:
        message = f"lacks the layers of {len(missing)} files, the first with root: "
        yield finding("layers-missing", "piece layers", message + missing[0].hex())
    layers = values.get(b"piece layers")
    spare = len(layers) - len(metainfo.piece_layers) if isinstance(layers, dict) else 0
    if metainfo.info.info_hash_v2 is None and b"piece layers" in values:
        yield finding("layers-superfluous", "piece layers", "is for v2 torrents", "note")
    elif spare:
        message = f"entries that belong to no file, or to one of a single piece: {spare}"
        yield finding("layers-superfluous", "piece layers", message)


def _duplicates(info: Info, files: Sequence[LintedFile]) -> Iterator[Finding]:
    first: dict[object, LintedFile] = {}
    for file, identity in zip(files, content_identity.identities(info), strict=True):
        entry = file.entry
        if not entry.length:
            continue
        found = file
        for key in identity.proofs():
            if key[0] == "v2" or identity.is_v1_exact:
                found = first.setdefault(key, file)
                break
        if found is not file:
            message = f"has the same bytes as {'/'.join(found.entry.path)}"
            yield finding("duplicate-content", file.where, message)
