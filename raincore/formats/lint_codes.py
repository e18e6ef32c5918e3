"""What `lint` can find: each code, how bad it is, and what it means.

A code never changes its meaning; the man page lists them all. An *error* is what harms or
what a known client refuses, a *warning* what makes a torrent worse for somebody, a *note*
what its maker may want to know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.lenient_bencode import Repeats

__all__ = ["CODES", "Finding", "finding", "ignored", "repeated", "trailing"]


CODES: dict[str, tuple[str, str]] = {
    "announce-not-in-list": (
        "warning",
        "announce is not in announce-list: programs that know only one of them use other trackers.",
    ),
    "content-empty": ("warning", "All files are empty: there is nothing to download."),
    "creation-date": ("warning", "The date is before BitTorrent or after the year 9999."),
    "duplicate-content": ("note", "Two files have the same bytes."),
    "duplicate-key": (
        "error",
        "A key comes twice in one dictionary: programs take the first value, the last, or neither.",
    ),
    "duplicate-path": ("error", "Two files have one path: one would overwrite the other."),
    "empty-value": ("note", "An optional key says nothing, such as an empty url-list."),
    "encoding-not-utf8": (
        "note",
        "The key encoding says that texts are not UTF-8; everybody reads them as UTF-8.",
    ),
    "few-pieces": ("note", "Fewer than 16 pieces of more than 1 MiB: peers have little to trade."),
    "file-and-directory": ("error", "A file has the name of a directory that others are in."),
    "hybrid-attributes-differ": (
        "warning",
        "The two halves of a hybrid torrent give a file other attributes, times or targets.",
    ),
    "hybrid-mismatch": (
        "error",
        "The two halves of a hybrid torrent describe other files; it is refused (exit status 3).",
    ),
    "info-not-canonical": (
        "warning",
        "Keys in the info dictionary are out of order; see other-info-hash.",
    ),
    "layers-missing": (
        "warning",
        "Files of a v2 torrent lack their piece layer: it must be fetched from peers first.",
    ),
    "layers-superfluous": (
        "error",
        "There are piece layers that belong to no file: libtorrent 2.1 refuses the torrent.",
    ),
    "many-pieces": (
        "note",
        "More than 10,000 pieces; a warning from 100,000 on. Longer pieces would be better.",
    ),
    "name-empty": ("error", "The torrent has no name: libtorrent refuses it."),
    "node-unusable": ("warning", "An entry of nodes is no pair of a host and a port."),
    "not-canonical": ("warning", "Keys outside of the info dictionary are out of order."),
    "obsolete-key": ("note", "A key that has no use today, such as md5sum or path.utf-8."),
    "other-info-hash": (
        "warning",
        "A known client computes another info-hash, so it finds none of the others. "
        "For hybrid torrents a note: aria2 1.36 does that to all of them.",
    ),
    "padding-overhead": ("note", "More than 5 % of the content is padding."),
    "padding-tail-missing": (
        "note",
        "Files are padded but not the last; libtorrent pads it too, which gives the same files "
        "another info-hash.",
    ),
    "padding-useless": ("note", "Padding that does not lead to the next piece, or leads past it."),
    "path-case-collision": (
        "warning",
        "Paths differ only in the case of letters: one file, where case does not count.",
    ),
    "path-control-character": (
        "warning",
        "A name has control characters, or characters that change the direction of text.",
    ),
    "path-not-utf8": ("warning", "A name is not UTF-8."),
    "path-reserved": (
        "warning",
        'A name that Windows cannot have, such as "con" or "a:b", or one ending in a dot or space.',
    ),
    "path-too-long": (
        "warning",
        "A name of more than 255 bytes, or a path of more than 4000. A note from 240 "
        "characters on, which some Windows programs cannot open.",
    ),
    "path-unicode-collision": (
        "warning",
        "Paths differ only in how accents are encoded: one file, where that does not count.",
    ),
    "path-unsafe": (
        "error",
        'A name is empty, ".", ".." or holds "/": it would lead elsewhere than it says.',
    ),
    "peer-unusable": ("warning", "A peer that a magnet link names is no address."),
    "piece-length-large": (
        "note",
        "Pieces of more than 16 MiB; a warning from 128 MiB on, which some clients cannot hold, "
        "and an error from 512 MiB on, which libtorrent refuses.",
    ),
    "piece-length-odd": ("warning", "The piece length is no power of two."),
    "piece-length-small": ("warning", "Pieces of less than 16 KiB, the length of a block."),
    "private-value": ("note", "private is neither 0 nor 1."),
    "private-with-nodes": (
        "warning",
        "A private torrent names DHT nodes, which it must not use (BEP 27).",
    ),
    "private-without-tracker": ("warning", "A private torrent without a tracker finds no peers."),
    "refused": ("error", "The input is malformed or unsafe, and refused (exit status 3)."),
    "symlink-dangling": ("note", "A symlink leads to nothing in the torrent."),
    "symlink-outside": ("error", "A symlink leads out of the torrent."),
    "torrent-large": (
        "note",
        "The .torrent is larger than 1 MiB; a warning from 10 MB on, which some clients refuse.",
    ),
    "tracker-duplicate": ("note", "A tracker is listed twice."),
    "tracker-tier-empty": ("note", "announce-list has an empty tier."),
    "tracker-without-port": ("error", "A UDP tracker without a port: nobody can reach it."),
    "tracker-without-scrape": (
        "note",
        "An HTTP tracker whose path does not end in announce cannot be scraped (BEP 48).",
    ),
    "trailing-bytes": (
        "warning",
        "Bytes behind the end of the dictionary: nobody reads them, and some programs refuse them.",
    ),
    "unknown-parameter": ("note", "A parameter of a magnet link that is not known."),
    "url-invalid": ("error", "Not a URL: no scheme or host, white space, or junk in it."),
    "url-local": ("warning", "An address that only one computer or network knows."),
    "url-not-ascii": ("note", "A URL with letters that should be percent-encoded."),
    "url-scheme": ("warning", "A scheme that nobody uses for this kind of URL."),
    "utf8-variant": ("warning", "name and name.utf-8, or path and path.utf-8, say other things."),
    "webseed-without-slash": (
        "note",
        "The web seed of a torrent of several files does not end in a slash (BEP 19).",
    ),
    "wrong-type": ("warning", "An optional key has a value that makes no sense; it is ignored."),
}


class Finding(NamedTuple):
    """One thing that is odd about a torrent.

    Args:
        code: A key of `CODES`.
        severity: "error", "warning" or "note".
        where: The key path, such as "info.files[3].path"; for links the parameter.
        message: For people; printable.
        client: Which program computes another info-hash, for "other-info-hash".
        other_hash: That info-hash, 20 bytes.
    """

    code: str
    severity: str
    where: str
    message: str
    client: str | None = None
    other_hash: bytes | None = None


def finding(code: str, where: str, message: str, severity: str | None = None) -> Finding:
    """Make a finding; `severity` only where it is not that of the code."""
    return Finding(code, severity or CODES[code][0], printable(where), printable(message, 400))


def trailing(count: int, end: int) -> str:
    """Say how many bytes follow the value that ends at an offset."""
    what = "1 byte is" if count == 1 else f"{count:,} bytes are"
    return f"{what} behind the end of the value, at offset {end}, and ignored"


def repeated(count: int, key: bytes, offset: int) -> str:
    """Say which key its dictionary has already, where, how many more do, and what counts."""
    more = f", the first of {count:,} such keys" if count > 1 else ""
    shown = key[:100].decode("utf-8", "replace")
    return f"key {shown!r} comes again at offset {offset}{more}: the last value counts"


def ignored(behind: int, end: int, repeats: Repeats) -> Iterator[str]:
    """Say what of a bencoded value does not count.

    Args:
        behind: How many bytes follow it.
        end: The offset of the first of them.
        repeats: Keys that come twice.
    """
    if behind:
        yield trailing(behind, end)
    if repeats.number:
        yield repeated(*repeats)
