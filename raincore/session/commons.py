"""What all torrents of a session have in common, and where each of them finds it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.printable import printable
from raincore.session.warning_log import WarningLog
from raincore.storage.torrent_record import Counts

if TYPE_CHECKING:
    import trio

    from raincore.base.config import Config
    from raincore.formats.info import Info
    from raincore.net.dht_service import DhtService
    from raincore.policy.announce_pace import AnnouncePace
    from raincore.session.blocklist_updater import BlocklistUpdater
    from raincore.session.event_log import EventLog
    from raincore.session.ledger import Ledger
    from raincore.session.ports import Ports
    from raincore.session.services import Services
    from raincore.session.shared_port import SharedPort
    from raincore.storage.interface import Storage
    from raincore.storage.torrent_record import TorrentRecord

__all__ = ["Commons", "MakeStorage", "check_data_dir", "home", "places"]

MakeStorage = Callable[["TorrentRecord", "Info"], "Storage"]
"""Makes the storage of one torrent (storage.interface); is called in a worker thread."""


@dataclass(slots=True, eq=False, kw_only=True)
class Commons:
    """Changed by the session only.

    Args:
        config: The settings that hold now.
        services: Sockets, threads and memory of the process.
        nursery: Where torrents run.
        ledger: What is to be kept.
        log: Numbers what happens.
        ports: Lent to torrents.
        pace: When trackers hear of torrents that have nothing new to tell.
        dht: Our part in the DHT; None where there is none.
        shared: The port that all torrents have; None if each has its own.
        blocklist: Keeps whom to stay away from fresh; None until it is loaded.
        make_storage: Where content lives, if not in files.
        may_run: Whether the queue has a place for a torrent, by its id.
        note: Is called when what the queue goes by may have changed, with a torrent's id.
        warnings: Writes what torrents warn of into the log of the process.
        moved: Bytes of all runs that have ended since the session began.
        closing: Whether the session ends; then nothing is started any more.
    """

    config: Config
    services: Services
    nursery: trio.Nursery
    ledger: Ledger
    log: EventLog
    ports: Ports
    pace: AnnouncePace
    dht: DhtService | None = None
    shared: SharedPort | None = None
    blocklist: BlocklistUpdater | None = None
    make_storage: MakeStorage | None = None
    may_run: Callable[[str], bool] = field(default=lambda id: True)
    note: Callable[[str], None] = field(default=lambda id: None)
    warnings: WarningLog = field(default_factory=WarningLog)
    moved: Counts = field(default_factory=Counts)
    closing: bool = False


def check_data_dir(config: Config) -> None:
    """See whether content can be put where it is to go; a directory that is yet to be made can.

    Raises:
        ConfigError: There is something else.
    """
    place = places(config)[0]
    try:
        usable = stat.S_ISDIR(os.stat(place).st_mode)
    except NotADirectoryError:  # something above it is a file
        usable = False
    except OSError:  # it is not there, or to be seen: whoever writes there says so
        return
    if not usable:
        raise ConfigError(f"data-dir is no directory: {printable(str(place))}", "data-dir")


def places(config: Config) -> tuple[Path, Path]:
    """Where a session has its content and its database, as absolute paths."""
    data, database = _data_place(config), config.session.database
    return data, Path(database).absolute() if database else data.parent / "session.db"


def _data_place(config: Config) -> Path:
    data = Path(config.data_dir) if config.data_dir else Path.home() / "rain" / "data"
    return data.absolute()


def home(config: Config, id: str, wish: str = "") -> Path:
    """Where the content of a torrent goes; what it wishes goes before all else."""
    if wish:
        return Path(wish).absolute()
    data = _data_place(config)
    return data / id if config.session.data_dir_includes_torrent_id else data
