"""Links and files that a session writes of its torrents, and what may be wished of one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.session_errors import TorrentIsPrivate
from raincore.formats import magnet as magnets
from raincore.formats import metainfo as metainfos
from raincore.formats.magnet import Magnet
from raincore.formats.optional_keys import text
from raincore.policy import file_selection
from raincore.policy.file_selection import EVERYTHING
from raincore.policy.priorities import Priority
from raincore.swarm.joining import CLIENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.info import Info
    from raincore.policy.file_selection import Wanted
    from raincore.storage.torrent_record import TorrentOptions, TorrentRecord

__all__ = ["check_options", "magnet", "metainfo", "priorities", "wanted"]

MAX_LABELS = 100
MAX_LABEL_LENGTH = 100


def magnet(record: TorrentRecord, info: Info | None) -> str:
    """A magnet link with the present trackers, in their tiers: another session reads it as it was.

    As rain in Go does it, a tier of several has a number (`tr.1`). A first tier of one is
    spelled as all programs know it.

    Raises:
        TorrentIsPrivate: It may not be spoken of (BEP 27).
    """
    if info is not None and info.private:
        raise TorrentIsPrivate
    v1 = InfoHash(bytes.fromhex(record.hash_v1)) if record.hash_v1 else None
    v2 = InfoHashV2(bytes.fromhex(record.hash_v2)) if record.hash_v2 else None
    name = text(info.raw_name) if info is not None else record.name
    return magnets.encode(
        Magnet(
            info_hash=v1,
            info_hash_v2=v2,
            name=name or None,
            trackers=record.trackers,
            webseeds=record.webseeds,
            peers=record.peers,
        )
    )


def metainfo(record: TorrentRecord, info: Info, layers: Mapping[bytes, bytes], today: int) -> bytes:
    """A .torrent file with the present trackers, written `today` (seconds since 1970)."""
    return metainfos.encode(
        info.raw,
        trackers=record.trackers,
        webseeds=record.webseeds,
        http_seeds=record.http_seeds,
        nodes=() if info.private else record.nodes,
        created_by=CLIENT,
        creation_date=today,
        piece_layers=layers if info.info_hash_v2 is not None else None,
    )


def check_options(options: TorrentOptions, info: Info | None) -> None:
    """See whether wishes make sense for a torrent.

    Raises:
        ConfigError: A selection fits no file, or a number or a label makes no sense.
    """
    for name in ("download_bytes_per_second", "upload_bytes_per_second"):
        if getattr(options, name) < 0:
            raise ConfigError(f"{name}: must not be negative: {getattr(options, name)}", name)
    for name in ("seed_ratio", "seed_seconds", "seed_idle_seconds"):
        value = getattr(options, name)
        if value is not None and (math.isnan(value) or value < 0):
            raise ConfigError(f"{name}: must not be negative: {value}", name)
    if len(options.labels) > MAX_LABELS:
        raise ConfigError(f"more than {MAX_LABELS} labels: {len(options.labels)}", "labels")
    for label in options.labels:
        if not label or not label.isprintable() or len(label) > MAX_LABEL_LENGTH:
            raise ConfigError(f"not a label: {label[:MAX_LABEL_LENGTH]!r}", "labels")
    if info is not None and (options.select != EVERYTHING or options.priorities):
        wanted(options, info)


def wanted(options: TorrentOptions, info: Info) -> Wanted:
    """Say what is wanted of a torrent, by selection and priorities.

    Raises:
        ConfigError: There is no such file.
    """
    return file_selection.choose(options.select, info, priorities(options))


def priorities(options: TorrentOptions) -> dict[int, Priority]:
    """How much files are wanted, by number as documents count."""
    return {number: Priority(level) for number, level in options.priorities}
