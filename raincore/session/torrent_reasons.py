"""Why a torrent of a session does not move, whether it runs or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.ids import InfoHash
from raincore.documents.events import Explanation
from raincore.documents.session_records import TorrentStatus

if TYPE_CHECKING:
    from raincore.session.torrent_life import TorrentLife

__all__ = ["of"]


def of(life: TorrentLife) -> list[Explanation]:
    """Say what keeps a torrent from moving, or that it moves.

    Of one that runs, what its machine knows. Of one that has failed, what its last run saw;
    after a restart of the session, its last error.
    """
    run = life.run
    if run is not None and run.stopping_since is None:
        if found := run.explain():
            return found
        if run.verifies:
            return [_say(life, "checking", "the content on the disk is being checked")]
        return [_say(life, "checking", "it waits for its turn to be checked")]
    if run is not None:
        return [_say(life, "stopped", "it is being stopped")]
    if life.status is TorrentStatus.QUEUED:
        text = "it waits for its turn: as many torrents are active as may be"
        return [_say(life, "queued", text, "raise the limits of active torrents, or stop others")]
    if not life.record.error:
        return [_say(life, "stopped", "it is stopped", "start it")]
    failed = _say(life, "failed", life.record.error, "start it again when that is mended")
    return life.last_words or [failed]


def _say(life: TorrentLife, cause: str, evidence: str, remedy: str | None = None) -> Explanation:
    return Explanation(
        info_hash=InfoHash(bytes.fromhex(life.record.info_hash)),
        time=life.commons.services.world.calendar(),
        cause=cause,
        evidence=evidence,
        remedy=remedy,
    )
