"""One torrent's content at rest: checked at the start, remembered, sealed at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import RainError
from raincore.documents import events as records
from raincore.engine import lacking
from raincore.engine.check_watch import CheckWatch
from raincore.engine.pulse import Pulse
from raincore.engine.unread import Unread
from raincore.policy import file_selection
from raincore.policy.file_selection import EVERYTHING
from raincore.storage import checking, file_obstacles, trust
from raincore.storage.piece_hashes import PieceHashes
from raincore.storage.resume_store import ResumeRecord
from raincore.swarm import stats

if TYPE_CHECKING:
    from raincore.base.errors import ContentMismatch, StorageError
    from raincore.base.ids import InfoHash
    from raincore.formats.info import Info
    from raincore.net.offload import Offload
    from raincore.policy.file_selection import Wanted
    from raincore.storage.interface import Storage
    from raincore.storage.resume_memory import ResumeMemory

__all__ = ["Content"]

Tell = Callable[[records.Event], None]


class Content:
    """Opens, checks, saves and seals; every blocking call runs in a worker thread.

    Args:
        info_hash: What the swarm calls the torrent.
        directory: Absolute path of the directory that holds the content, for the record.
        open_storage: Makes the storage once the info dictionary is known; may block.
        offload: Worker threads: "check" hashes what is there, one torrent at a time;
            "disk" saves and syncs, and need not wait for that.
        store: Where to remember what was verified; None to remember nothing.
        recheck: Hash everything, whatever is remembered.
        quick: Believe whatever has the right size, where nothing is remembered.
        fixed: Only serve what is there: what lacks a piece is refused, and not fetched.
        partial: Then serve what is good of it, as long as that is something.
        may_vanish: Begin anew where nothing is left of what was verified.
    """

    def __init__(
        self,
        info_hash: InfoHash,
        directory: str,
        open_storage: Callable[[Info], Storage],
        offload: Offload,
        store: ResumeMemory | None,
        *,
        recheck: bool = False,
        quick: bool = False,
        fixed: bool = False,
        partial: bool = False,
        may_vanish: bool = True,
    ) -> None:
        self._info_hash, self._directory = info_hash, directory
        self._open_storage = open_storage
        self._offload, self._store = offload, store
        self._recheck, self._quick = recheck, quick and not recheck
        self._may_vanish = may_vanish
        self.is_fixed = fixed  # only served: nothing of it may be changed
        self._partial = partial
        self.unproven = Bitfield(0)  # what `check` has believed and not hashed
        self.obstacles: Mapping[int, StorageError] = {}
        self._remembered: ResumeRecord | None = None
        self._storage: Storage | None = None
        self._info: Info | None = None
        self._hashes: PieceHashes | None = None
        self._layers: Mapping[bytes, bytes] = {}
        self._saving, self._saved = 0, Pulse()
        self._unsaved_why = ""
        self._unreadable: dict[str | None, None] = {}  # an empty set is three times as large
        self._tell: Tell = lambda record: None
        self._stopping = False
        self.is_settled = False  # whether `check` found everything, sealed it and saved it
        self._unwanted: frozenset[int] = frozenset()

    @property
    def hashes(self) -> PieceHashes:
        """What the pieces must hash to; only after `check`."""
        assert self._hashes is not None
        return self._hashes

    @property
    def storage(self) -> Storage:
        """The storage; only after `check`."""
        assert self._storage is not None
        return self._storage

    def check(
        self,
        info: Info,
        tell: Tell,
        done: Callable[[Bitfield | BaseException], None],
        layers: Mapping[bytes, bytes] | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        """Find out which pieces are there and good; returns at once.

        What was remembered is trusted for files whose size and mtime have not changed;
        everything else that exists is hashed.

        Args:
            info: What the content is.
            tell: Is told of progress, twice a second while there is some, and of a
                resume state that could not be used.
            done: Is told what was found; or a StorageError, if content could not be read;
                or a ContentMismatch, if it is `fixed` and incomplete, or, where it may be
                `partial`, nothing of it is good.
            layers: Its piece layers, by pieces root (BEP 52); none for v1.
            wanted: Which files are wanted; None for all.
        """
        self._info = info
        self._layers = layers or {}
        self._hashes = PieceHashes.of(info, self._layers)
        self._tell = tell
        wanted = wanted or file_selection.choose(EVERYTHING, info)
        self._unwanted = wanted.unwanted
        warnings: list[tuple[str, str]] = []

        def tell_progress(good: Bitfield) -> None:
            if not self._stopping:
                self._tell(stats.checked(self._info_hash, good, wanted))

        def judge(found: Bitfield | BaseException) -> None:
            done(self._judged(info, found, warnings) if isinstance(found, Bitfield) else found)

        watch = partial(CheckWatch, self._offload, wanted=wanted.pieces, tell=tell_progress)
        self._offload.submit("check", lambda: self._check(info, warnings, watch), judge)

    def _judged(
        self, info: Info, have: Bitfield, warnings: list[tuple[str, str]]
    ) -> Bitfield | ContentMismatch:
        for code, message in warnings:
            self.warn(code, message)
        if self.is_fixed and not have.all():
            mismatch = lacking.mismatch(info, have)
            if not (self._partial and have.any()) or self._stopping:
                return mismatch
            self.warn("partial", f"{mismatch}; only what is good is served")
        return have

    def _check(
        self,
        info: Info,
        warnings: list[tuple[str, str]],
        watch: Callable[[Bitfield], CheckWatch],
    ) -> Bitfield:
        """Runs in the worker thread."""
        geometry = info.geometry
        have = Bitfield(geometry.piece_count)
        if self._stopping:
            return have
        if self._storage is not None:
            self._storage.close()  # the check before this one failed
        self._storage = storage = self._open_storage(info)
        storage.choose_files(self._unwanted)
        if self._store is not None and not self._recheck:
            self._remembered, why = self._store.load(self._info_hash.hex(), self._directory)
            warnings += [("resume_state", why)] if why else []
        now = storage.fingerprint()
        if not self._may_vanish:
            trust.require_any(self._remembered, now, self._directory)
        have, doubtful = trust.decide(self._remembered, now, geometry, quick=self._quick)
        self.unproven = have.copy()

        unread = Unread()
        good = checking.verify(
            storage,
            self.hashes,
            doubtful,
            now=now,
            on_piece=watch(have.copy()).count,
            stop=lambda: self._stopping,
            on_error=None if self.is_fixed and not self._partial else unread.note,
        )
        warnings += unread.told()
        if not self.is_fixed:
            self.obstacles = storage.obstacles(file_obstacles.lacking(geometry, have | good))
        if self._stopping:
            storage.close()  # it may have been opened after `close` looked
        elif (have | good).all() and not self._recheck:
            self._settle(have | good)
        return have | good

    def _settle(self, have: Bitfield) -> None:
        """Seal and save what is whole at once: two turns of the worker less for each seed."""
        with suppress(RainError):  # then it is done, and told, when it is asked for
            self._seal()
            if self._store is not None:
                self._remember(have)
            self.is_settled = True

    def choose_files(
        self, unwanted: frozenset[int], done: Callable[[RainError | None], None]
    ) -> None:
        """From now on, other files are not wanted.

        Args:
            unwanted: Indices in the content.
            done: Is told how it went, if there is anything to do yet.
        """
        self._unwanted = unwanted  # the check looks at it when it has opened the storage
        storage = self._storage
        if storage is not None:
            self._offload.submit("write", lambda: storage.choose_files(unwanted), done)

    def save(self, have: Bitfield) -> None:
        """Remember that these pieces are verified, once they are safe on the disk.

        Returns at once; a failure is told as a warning and nothing else: what is not
        remembered is hashed again next time.
        """
        if self._store is None or self._storage is None:
            return
        self._saving += 1
        self._offload.submit("disk", lambda: self._save(have), self._on_saved)

    def _save(self, have: Bitfield) -> None:
        """Sync, then remember; runs in the disk thread.

        In this order, since a record must never promise more than the disk holds. A
        file that is written meanwhile gets another mtime: next time it is hashed.
        """
        self.storage.sync()
        self._remember(have)

    def _remember(self, have: Bitfield) -> None:
        assert self._store is not None
        assert self._info is not None
        info_hash, files = self._info_hash.hex(), self.storage.fingerprint()
        record = ResumeRecord(info_hash, self._directory, files, have.to_bytes())
        if record == self._remembered:
            return  # a thousand seeds that start again have nothing to write
        self._store.save_info(info_hash, self._info.raw)
        for pieces_root, layer in self._layers.items():
            self._store.save_layer(pieces_root, layer)
        self._store.save(record)
        self._remembered = record

    def _on_saved(self, result: BaseException | None) -> None:
        self._saving -= 1
        if not self._saving:
            self._saved.beat()
        if result is not None and not isinstance(result, RainError):
            raise result
        why = "" if result is None else str(result)
        if why not in ("", self._unsaved_why):  # not every few seconds
            self.warn("resume_state", why)
        self._unsaved_why = why

    async def wait_saved(self) -> None:
        """Wait until every `save` so far is done."""
        while self._saving:
            await self._saved.wait()

    def seal(self, done: Callable[[BaseException | None], None]) -> None:
        """Create what no write creates and make everything durable; returns at once.

        Args:
            done: Is told that the disk refused (StorageError), or None.
        """
        self._offload.submit("disk", self._seal, done)

    def _seal(self) -> None:
        if self.is_fixed:
            return  # it was whole before we came, and nothing of it is ours to change
        self.storage.choose_files(self._unwanted)  # which may have failed at first
        self.storage.finish()
        self.storage.sync()

    def note_unreadable(self, error: RainError) -> None:
        """A piece that was verified can no longer be read: say so, once for each file."""
        path = getattr(error, "path", None)
        if path not in self._unreadable:
            self._unreadable[path] = None
            self.warn("unreadable", str(error))

    def warn(self, code: str, message: str) -> None:
        """Tell the outside that something needs attention."""
        self._tell(records.Warning(info_hash=self._info_hash, code=code, message=message))

    def close(self) -> None:
        """Stop checking and close the files; harmless when repeated."""
        self._stopping = True
        if self._storage is not None:
            self._storage.close()
