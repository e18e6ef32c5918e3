"""Optional keys that make no sense, contradict each other, or have no use any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.formats.lint_codes import Finding, finding
from raincore.formats.optional_keys import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from raincore.formats.bencoding import Value
    from raincore.formats.lint_files import LintedFile
    from raincore.formats.metainfo import Metainfo

__all__ = ["check"]

FIRST_RELEASE = 993_945_600  # 2001-07-01: BitTorrent itself came a day later
LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
OBSOLETE = (b"ed2k", b"filehash", b"md5sum", b"sha1")


def _is_text(value: Value) -> bool:
    return isinstance(value, bytes)


def _is_number(value: Value) -> bool:
    return isinstance(value, int)


def _is_list(value: Value) -> bool:
    return isinstance(value, list)


def _is_texts(value: Value) -> bool:
    return isinstance(value, bytes | list)


def _is_hashes(value: Value) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, bytes) and len(item) in (20, 32) for item in value
    )


OUTSIDE: dict[bytes, tuple[Callable[[Value], bool], str]] = {
    b"announce": (_is_text, "a string"),
    b"announce-list": (_is_list, "a list of lists"),
    b"collections": (_is_texts, "a list of strings"),
    b"comment": (_is_text, "a string"),
    b"comment.utf-8": (_is_text, "a string"),
    b"created by": (_is_text, "a string"),
    b"creation date": (_is_number, "a number of seconds"),
    b"encoding": (_is_text, "a string"),
    b"httpseeds": (_is_texts, "a list of URLs"),
    b"nodes": (_is_list, "a list of pairs"),
    b"publisher": (_is_text, "a string"),
    b"publisher-url": (_is_text, "a string"),
    b"similar": (_is_hashes, "a list of info-hashes"),
    b"url-list": (_is_texts, "a URL or a list of them"),
}
INSIDE = {
    b"collections": OUTSIDE[b"collections"],
    b"mtime": (_is_number, "a number of seconds"),
    b"similar": OUTSIDE[b"similar"],
    b"source": (_is_text, "a string"),
}
SAYING_NOTHING: tuple[Value, ...] = (b"", [])


def check(
    metainfo: Metainfo, values: dict[bytes, Value], files: Sequence[LintedFile]
) -> Iterator[Finding]:
    """Look at all optional keys but URLs.

    Args:
        metainfo: The torrent.
        values: The outer dictionary, decoded anew.
        files: What `lint_files.listed` gave.
    """
    info = values[b"info"]
    assert isinstance(info, dict)
    yield from _types(values, OUTSIDE, "")
    yield from _types(info, INSIDE, "info.")
    yield from _meaning(values, info)
    if metainfo.info.private:
        if not metainfo.trackers:
            yield finding(
                "private-without-tracker", "info.private", "needs a tracker, but there is none"
            )
        if metainfo.nodes:
            message = f"names DHT nodes although the torrent is private: {len(metainfo.nodes)}"
            yield finding("private-with-nodes", "nodes", message)
    if metainfo.info.info_hash is not None:  # only v1 has variants of names
        yield from _variants(info, files)
    yield from _obsolete(info, files)


def _types(
    values: Mapping[bytes, Value],
    rules: Mapping[bytes, tuple[Callable[[Value], bool], str]],
    prefix: str,
) -> Iterator[Finding]:
    for key, (is_right, wanted) in rules.items():
        if key not in values:
            continue
        where = prefix + key.decode()
        if values[key] in SAYING_NOTHING:
            yield finding("empty-value", where, "says nothing")
        elif not is_right(values[key]):
            yield finding("wrong-type", where, f"must be {wanted}")


def _meaning(values: Mapping[bytes, Value], info: Mapping[bytes, Value]) -> Iterator[Finding]:
    date = values.get(b"creation date")
    if isinstance(date, int) and not FIRST_RELEASE <= date <= LAST_SECOND:
        yield finding("creation-date", "creation date", f"makes no sense: {date}")
    encoding = values.get(b"encoding")
    if isinstance(encoding, bytes) and encoding.lower() not in (b"utf-8", b"utf8", b""):
        yield finding("encoding-not-utf8", "encoding", f"is not UTF-8: {text(encoding)!r}")
    private = info.get(b"private", 0)
    if private not in (0, 1):
        yield finding("private-value", "info.private", f"is neither 0 nor 1: {private!r}")


def _variants(info: Mapping[bytes, Value], files: Sequence[LintedFile]) -> Iterator[Finding]:
    if b"name.utf-8" in info and b"name" in info and info[b"name.utf-8"] != info[b"name"]:
        yield finding("utf8-variant", "info.name.utf-8", "says something else than name")
    for file in files:
        variant, path = file.keys.get(b"path.utf-8"), file.keys.get(b"path")
        if variant is not None and path is not None and variant != path:
            where = f"{file.where}.path.utf-8"
            yield finding("utf8-variant", where, "says something else than path")


def _obsolete(info: Mapping[bytes, Value], files: Sequence[LintedFile]) -> Iterator[Finding]:
    for key in (*OBSOLETE, b"name.utf-8"):
        if key in info:
            name = key.decode()
            yield finding("obsolete-key", f"info.{name}", "has no use any more")
    # Once for all files, which most often all have it.
    is_own = [file for file in files if file.keys is not info]
    for key in (*OBSOLETE, b"path.utf-8"):
        having = [file for file in is_own if key in file.keys]
        if having:
            where = f"{having[0].where}.{key.decode()}"
            yield finding("obsolete-key", where, f"has no use any more: in {len(having)} files")
