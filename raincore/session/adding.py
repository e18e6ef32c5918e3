"""From a .torrent file, a magnet link or a URL to a torrent that a session can have."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.base.session_errors import SessionError
from raincore.formats import lint_codes, tracker_url
from raincore.formats import magnet as magnets
from raincore.formats import metainfo as metainfos
from raincore.policy import named_peers
from raincore.policy.file_selection import Selection
from raincore.session import torrent_documents
from raincore.storage.torrent_record import TorrentRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from raincore.base.config import SessionRules
    from raincore.formats.info import Info
    from raincore.net.offload import Offload
    from raincore.session.add_options import AddOptions

__all__ = ["Adding", "from_magnet", "from_metainfo", "read", "scheme_of", "stripped"]

log = logging.getLogger(__name__)
AT_ONCE_BYTES = 16 * 1024
"""A file up to this length is read where it is: it takes 0.1 ms, or 6 ms if it is made to take
long, and to send it to a thread and back takes as long as the first."""
CONTROL = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Adding:
    """A torrent that has no id, port and place yet.

    Args:
        record: Who it is; its id is empty.
        info: Its info dictionary, if that is known.
        layers: Its piece layers, by pieces root (BEP 52).
    """

    record: TorrentRecord
    info: Info | None = None
    layers: Mapping[bytes, bytes] = field(default_factory=dict)


async def read(
    metainfo: bytes, options: AddOptions, rules: SessionRules, offload: Offload
) -> Adding:
    """Read a .torrent file; of any length that takes time, beside the event loop.

    Raises:
        FormatError, ConfigError: As for `from_metainfo`.
    """
    if len(metainfo) <= AT_ONCE_BYTES:
        return from_metainfo(metainfo, options, rules)
    return await offload.run("metainfo", lambda: from_metainfo(metainfo, options, rules))


def from_metainfo(data: bytes, options: AddOptions, rules: SessionRules) -> Adding:
    """Read a .torrent file. Blocks for as long as its length demands.

    Raises:
        FormatError: It is malformed, too large, or has too many pieces.
        ConfigError: The options do not fit it.
    """
    if len(data) > rules.max_torrent_length:
        raise FormatError(f"torrent too large: {len(data)}")
    torrent = metainfos.parse(data)
    info = torrent.info
    for oddity in lint_codes.ignored(len(torrent.trailing), len(torrent.raw), torrent.repeats):
        facts = {"name": info.name, "what": oddity}
        log.warning("part of a .torrent file does not count", extra={"facts": facts})
    if rules.max_pieces and info.geometry.piece_count > rules.max_pieces:
        raise FormatError(f"too many pieces: {info.geometry.piece_count}")
    torrent_documents.check_options(options.options, info)
    record = TorrentRecord(
        id="",
        info_hash=info.swarm_hash.hex(),
        hash_v1=info.info_hash.hex() if info.info_hash is not None else "",
        hash_v2=info.info_hash_v2.hex() if info.info_hash_v2 is not None else "",
        name=options.name or info.name,
        trackers=usable((*torrent.trackers, *options.trackers)),
        webseeds=tuple(filter(is_web, torrent.webseeds)),
        http_seeds=tuple(filter(is_web, torrent.http_seeds)),
        nodes=torrent.nodes,
        added_peers=options.peers[: named_peers.MOST],
        options=options.options,
    )
    return Adding(record, info, dict(torrent.piece_layers))


def from_magnet(link: str, options: AddOptions) -> Adding:
    """Read a magnet link.

    Raises:
        FormatError: It is malformed.
        ConfigError: The options make no sense.
    """
    magnet = magnets.parse(link)
    if magnet.unusable:
        facts = {"peers": len(magnet.unusable), "first": magnet.unusable[0]}
        log.warning("peers of a magnet link are left out", extra={"facts": facts})
    torrent_documents.check_options(options.options, None)
    wishes = options.options
    if magnet.select and not wishes.select:
        wishes = replace(wishes, select=Selection(linked=magnet.select))
    record = TorrentRecord(
        id="",
        info_hash=magnet.swarm_hash.hex(),
        hash_v1=magnet.info_hash.hex() if magnet.info_hash is not None else "",
        hash_v2=magnet.info_hash_v2.hex() if magnet.info_hash_v2 is not None else "",
        name=options.name or printable(magnet.name or "", 255),
        trackers=usable((*magnet.trackers, *options.trackers)),
        webseeds=tuple(filter(is_web, magnet.webseeds)),
        sources=tuple(filter(is_web, magnet.sources)),
        peers=magnet.peers,
        added_peers=options.peers[: named_peers.MOST],
        options=wishes,
    )
    return Adding(record)


def scheme_of(uri: str) -> str:
    """How a URI begins, in lower case.

    Raises:
        SessionError: As nothing that can be added does.
    """
    scheme = uri.partition(":")[0].lower()
    if ":" not in uri or scheme not in ("magnet", "http", "https"):
        shown = scheme if ":" in uri else ""
        raise SessionError(f"unsupported uri scheme: {printable(shown, 20)}")
    return scheme


def stripped(uri: str) -> str:
    """A URI without the control characters that copying may have put into it."""
    return CONTROL.sub("", uri).strip()


def usable(tiers: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The tiers without trackers that nobody could ask."""
    found = (tuple(url for url in tier if is_tracker(url)) for tier in tiers)
    return tuple(filter(None, found))


def is_tracker(url: str) -> bool:
    """Whether there is a way to ask a tracker of that URL."""
    try:
        tracker_url.parse(url)
    except FormatError:
        return False
    return True


def is_web(url: str) -> bool:
    """Whether a URL is one for a web server."""
    return url.lower().startswith(("http://", "https://"))
