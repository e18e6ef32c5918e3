"""rain's core library; importing it costs nothing.

    from raincore import Config, Session

    async with Session(Config(data_dir="downloads")) as session:
        torrent = await session.add_uri("magnet:?xt=urn:btih:…")
        await torrent.wait_complete()

Everything runs on trio. What is exported here is documented and stable; each name is loaded
when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raincore.base.config import Config
    from raincore.base.errors import RainError
    from raincore.policy.file_selection import Selection
    from raincore.session.add_options import AddOptions
    from raincore.session.managed_torrent import ManagedTorrent
    from raincore.session.session import Session
    from raincore.storage.torrent_record import TorrentOptions

__version__ = "0.1.0"

__all__ = [
    "AddOptions",
    "Config",
    "ManagedTorrent",
    "RainError",
    "Selection",
    "Session",
    "TorrentOptions",
    "__version__",
]

_PLACES = {
    "AddOptions": "session.add_options",
    "Config": "base.config",
    "ManagedTorrent": "session.managed_torrent",
    "RainError": "base.errors",
    "Selection": "policy.file_selection",
    "Session": "session.session",
    "TorrentOptions": "storage.torrent_record",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'raincore' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"raincore.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
