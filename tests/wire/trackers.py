"""What the tests of trackers share: one announce."""

from __future__ import annotations

from raincore.base.ids import InfoHash, PeerId
from raincore.wire.announce import AnnounceEvent, AnnounceRequest

INFO_HASH = InfoHash(bytes(range(20)))
PEER_ID = PeerId(b"-RA0100-abc/&=%\x00\xff 12")


def request(**changes: object) -> AnnounceRequest:
    facts: dict[str, object] = {
        "info_hash": INFO_HASH,
        "peer_id": PEER_ID,
        "port": 6881,
        "uploaded": 1,
        "downloaded": 2,
        "left": 3,
        "event": AnnounceEvent.STARTED,
        "num_want": 50,
        "key": 0xDEADBEEF,
    }
    return AnnounceRequest(**{**facts, **changes})  # type: ignore[arg-type]
