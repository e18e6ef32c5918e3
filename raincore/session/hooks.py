"""The user's command for a torrent that has become complete."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import trio

from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.storage.torrent_record import TorrentRecord

__all__ = ["environment", "run"]


def environment(record: TorrentRecord, name: str) -> dict[str, str]:
    """What the command is told of the torrent, as rain does; nothing of it is ever a flag."""
    return {
        "RAIN_TORRENT_ADDED": str(int(record.added_at)),
        "RAIN_TORRENT_DIR": record.data_dir,
        "RAIN_TORRENT_HASH": record.info_hash,
        "RAIN_TORRENT_ID": record.id,
        "RAIN_TORRENT_NAME": name.replace("\0", ""),
    }


async def run(
    command: Sequence[str], record: TorrentRecord, name: str, warn: Callable[[str], None]
) -> None:
    """Run the command and wait for it; its output is nobody's.

    Args:
        command: Its words; the first is looked up in PATH. No shell is involved.
        warn: Is told when it cannot be run, or fails.

    Cancelling leaves the command running: what it does is not ours to break off.
    """
    env = {**os.environ, **environment(record, name)}
    null = subprocess.DEVNULL
    try:
        process = await trio.lowlevel.open_process(
            list(command), stdin=null, stdout=null, stderr=null, env=env, start_new_session=True
        )
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        warn(f"on-complete command cannot be run: {reason}: {printable(command[0])}")
        return
    if await process.wait():
        how = f"exit status {process.returncode}"
        warn(f"on-complete command failed: {how}: {printable(command[0])}")
