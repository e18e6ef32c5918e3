"""How to make a torrent: what was asked for, and what cannot be asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from raincore.base.errors import ConfigError
from raincore.formats.info import MetaVersion
from raincore.formats.url_form import is_url
from raincore.storage.content_scan import Rules
from raincore.storage.failures import named

__all__ = ["CreateOptions", "SortKey", "check", "name_of"]


class SortKey(NamedTuple):
    """What files are ordered by: "path" or "size"."""

    key: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """How to make a torrent.

    Args:
        version: V1 (BEP 3), V2 or HYBRID (BEP 52).
        name: None for the last component of the path.
        piece_length: Bytes; a multiple of 16 KiB, for V2 and HYBRID a power of two; None
            for what `content_plan` says.
        max_piece_length: Bytes that a piece may have when `piece_length` is None; None
            for any.
        align: Start every file on a piece boundary in V1 too, with padding (BEP 47).
        sort_by: The order of files in V1, the most important key first; the order of
            paths decides what is left. Empty for that order alone.
        private: Peers come from the trackers only (BEP 27).
        source: A tag that changes the info-hash, as private trackers want.
        entropy: A number that changes the info-hash and says nothing; None for none.
        trackers: Tiers of announce URLs (BEP 12).
        webseeds: URLs (BEP 19).
        http_seeds: URLs (BEP 17).
        nodes: DHT nodes, "host:port" or "[v6]:port" (BEP 5).
        similar: Info-hashes of torrents that share files, 20 or 32 bytes each (BEP 38).
        collections: Names of groups that it belongs to (BEP 38).
        comment: For people.
        created_by: The program; None to say nothing.
        creation_date: Seconds since 1970; None to say nothing.
        rules: Which files to take.
        jobs: Threads that hash; None for one a core.
    """

    version: MetaVersion = MetaVersion.V1
    name: str | None = None
    piece_length: int | None = None
    max_piece_length: int | None = None
    align: bool = False
    sort_by: tuple[SortKey, ...] = ()
    private: bool = False
    source: str | None = None
    entropy: int | None = None
    trackers: tuple[tuple[str, ...], ...] = ()
    webseeds: tuple[str, ...] = ()
    http_seeds: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    similar: tuple[bytes, ...] = ()
    collections: tuple[str, ...] = ()
    comment: str | None = None
    created_by: str | None = None
    creation_date: int | None = None
    rules: Rules = field(default_factory=Rules)
    jobs: int | None = None


def check(options: CreateOptions) -> None:
    """Refuse what is wrong whatever the content: to be asked before anything is read.

    Raises:
        ConfigError: A URL is none, such as one without its "http://", or an order is asked
            of a version that has only one, or two things that exclude each other.
    """
    urls = [url for tier in options.trackers for url in tier]
    for kind, given in (
        ("tracker", urls),
        ("web seed", options.webseeds),
        ("HTTP seed", options.http_seeds),
    ):
        for url in given:
            if not is_url(url):
                raise ConfigError(f"{kind} is not a URL: {named(url) or '(empty)'}", kind)
    if options.rules.symlinks and options.rules.follow_symlinks:
        raise ConfigError("symlinks are either followed or taken as such, not both", "symlinks")
    if options.sort_by and options.version is not MetaVersion.V1:
        raise ConfigError(
            f"files have one order only in {options.version.value} torrents: do not sort them",
            "sort_by",
        )


def name_of(place: str, options: CreateOptions) -> str:
    """The torrent's name: the one wanted, or the last component of the path.

    Args:
        place: An absolute path.
        options: What was asked for.

    Raises:
        ConfigError: It is no name for a file.
    """
    if options.name is None and not os.path.basename(place):
        raise ConfigError(f"directory has no name, so one must be given: {named(place)}", "name")
    name = os.path.basename(place) if options.name is None else options.name
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ConfigError(f"not a name for a torrent: {named(name) or '(none)'}", "name")
    return name
