"""Which pieces of existing content are good, found out with all cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.storage import hashing, workers
from raincore.storage.piece_checks import PieceChecker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.base.errors import StorageError
    from raincore.storage.interface import Fingerprint, Storage
    from raincore.storage.piece_hashes import PieceHashes

__all__ = ["verify"]


def verify(
    storage: Storage,
    hashes: PieceHashes,
    pieces: Iterable[int],
    *,
    now: Fingerprint | None = None,
    jobs: int | None = None,
    on_piece: Callable[[int, bool], None] | None = None,
    stop: Callable[[], bool] | None = None,
    on_error: Callable[[StorageError], None] | None = None,
) -> Bitfield:
    """Find out which pieces of existing content are good.

    Pieces that are not there whole, going by the sizes of their files, are not read.

    Args:
        storage: The content; read from several threads.
        hashes: What its pieces must hash to.
        pieces: Which to check, ascending.
        now: `fingerprint()` of the storage, if it is at hand.
        jobs: Threads; None for one a core. Each takes 1 MiB of memory.
        on_piece: Told of each piece that was hashed and whether it is good, in the
            caller's thread, in no particular order.
        on_error: Is told why a piece could not be read, which then is not good; without it
            the first such piece ends the check.
        stop: Asked several times a second; once it says yes, the check ends early.

    Returns:
        The good ones among `pieces`; after a stop, those found so far. A piece of which
        only a tree could tell, of a file whose piece layer is not known, is not good.

    Raises:
        StorageError: Something could not be read, and there is no `on_error`.
    """
    geometry = hashes.geometry
    good = Bitfield(geometry.piece_count)
    there = hashing.present(geometry, storage.fingerprint() if now is None else now)
    checker = PieceChecker(hashes, storage)
    tasks = hashing.runs((piece for piece in pieces if there.bits[piece]), geometry.piece_length)
    if not tasks:
        return good  # of what is only believed nothing is read: no threads for that
    length = min(checker.buffer_length, geometry.total_length)  # thousands are a few pieces
    for results in workers.spread(tasks, checker.check, buffer_length=length, jobs=jobs, stop=stop):
        for checked in results:
            if checked.error is not None:
                if on_error is None:
                    raise checked.error
                on_error(checked.error)
            is_good = bool(hashes.sha1) if checked.good is None else checked.good
            good.bits[checked.piece] = is_good
            if on_piece is not None:
                on_piece(checked.piece, is_good)
    return good
