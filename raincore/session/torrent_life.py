"""What becomes of a torrent of a session: which run follows which, and what is kept of them.

There is one task while something is to be done, and none otherwise. What is wanted is in
`record.started` and a few flags; the task looks at them whenever a run has ended, so that
no wish is lost, whenever it comes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.errors import RainError
from raincore.base.printable import printable
from raincore.base.session_errors import SessionError, TorrentNotFound
from raincore.documents.session_records import TorrentStatus
from raincore.engine.pulse import Pulse
from raincore.policy import named_peers
from raincore.session import crashes, peer_lookup, torrent_documents, torrent_news
from raincore.session.crashes import Crashes
from raincore.session.torrent_facts import TorrentFacts, added
from raincore.session.torrent_run import TorrentRun, apply_limits, job_of
from raincore.swarm.events import PeersFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from raincore.documents.session_records import TorrentStats, TorrentSummary
    from raincore.formats.info import Info
    from raincore.session.commons import Commons
    from raincore.storage.torrent_record import Counts, TorrentOptions, TorrentRecord

__all__ = ["TorrentLife"]

log = logging.getLogger(__name__)


class TorrentLife(TorrentFacts):
    """The wishes for one torrent and the task that fulfils them.

    Changed in the event loop only. Arguments are those of `TorrentFacts`.

    Attributes:
        numbers: As they were last made while it did not run, and of what.
        revision: Of the session, when anything of this torrent last changed.
        row: Of the list, as it was last made, and the record of then.
        uploaded_until: Bytes that were uploaded, and when that last changed.
    """

    __slots__ = (
        *("_busy", "_changed", "_crashes", "_held"),
        *("_told", "_told_error", "_verify_wanted"),
        "numbers",
        "revision",
        "row",
        "uploaded_until",
    )

    def __init__(
        self,
        commons: Commons,
        record: TorrentRecord,
        counts: Counts,
        info: Info | None = None,
        layers: Mapping[bytes, bytes] | None = None,
        resume: object = None,
    ) -> None:
        super().__init__(commons, record, counts, info, layers, resume)
        self.revision = 0
        self.row: tuple[TorrentRecord, TorrentSummary] | None = None
        self.numbers: tuple[tuple[object, ...], TorrentStats] | None = None
        self.uploaded_until = (0, 0.0)
        self._busy = self._verify_wanted = False
        self._held = False  # started, but not to be run before somebody says so again
        self._crashes = Crashes()
        self._told, self._told_error = TorrentStatus.STOPPED, record.error
        self._changed = Pulse()

    # --- what it is -----------------------------------------------------------------------

    @property
    def status(self) -> TorrentStatus:
        """What it is doing."""
        if self.run is not None:
            return self.run.status
        if self.wants_run and not self.commons.closing:
            return TorrentStatus.QUEUED
        return TorrentStatus.STOPPED

    @property
    def wants_run(self) -> bool:
        """Whether it is to run as soon as it may."""
        return self.record.started and not self._held and not self.removed

    # --- what is wanted of it -------------------------------------------------------------

    def start(self) -> None:
        """Run as soon as it may."""
        self._held = False
        self._crashes.forget()
        self.change(started=True, error="")
        self.wake()

    def stop(self, error: str | None = None) -> None:
        """Run no more; `error` says why, if nobody wanted it."""
        self._verify_wanted = False
        changes: dict[str, Any] = {} if self.run is None else {"error": ""}
        self.change(started=False, **changes, **({} if error is None else {"error": error}))
        self.end_run()

    def hold(self) -> None:
        """Run no more until somebody says so again, or the session is opened again."""
        self._held = True
        self.end_run()

    def verify(self) -> None:
        """Hash everything, then stay stopped."""
        self._verify_wanted = self._held = True
        self.memory.forget()
        self.change(error="")
        self.end_run()
        self.wake()

    def set_options(self, options: TorrentOptions) -> None:
        """Change what is wanted of it, now if it runs."""
        old = self.record.options
        if options == old:
            return
        self.change(options=options)
        torrent = self.torrent
        if torrent is None:
            return
        apply_limits(torrent, options)
        if (options.select, options.priorities) != (old.select, old.priorities):
            torrent.set_selection(options.select, torrent_documents.priorities(options))
        if (options.sequential, options.edges_first) != (old.sequential, old.edges_first):
            torrent.set_order(sequential=options.sequential, edges_first=options.edges_first)
        if self.status is TorrentStatus.SEEDING:
            torrent_news.stop_after_download(self)

    def name_peer(self, name: str) -> None:
        """Dial "host:port", now if it runs, and whenever it begins to."""
        self.change(added_peers=named_peers.joined(self.record.added_peers, [name]))
        if self.torrent is not None:
            self.commons.nursery.start_soon(self._meet, name)

    async def _meet(self, name: str) -> None:
        found = await peer_lookup.of_peer(self.commons.services, name, self._warn_of_peer)
        torrent = self.torrent  # another than before, it may be; it knows the name then
        if found and torrent is not None:
            torrent.dispatch(PeersFound("manual", tuple(found)))

    def _warn_of_peer(self, text: str) -> None:
        self.tell("warning", code="unresolved", message=text)

    def change(self, **changes: Any) -> None:
        """Replace fields of the record, and have them kept."""
        record = replace(self.record, **changes)
        if record != self.record:
            self.record = record
            self.keep()
            self.tell("changed")
            self.commons.note(record.id)

    async def saved(self) -> None:
        """Wait until what has changed is durable; raise TorrentNotFound if all was deleted."""
        if self.removed:
            raise TorrentNotFound(self.record.id)
        await self.commons.ledger.flush()

    def tell(self, kind: str, **facts: str) -> None:
        """Something has happened: number it, and wake whoever waits."""
        if kind == "warning":
            self.commons.warnings.write(self.record.id, **facts)
        self._told_error = self.error
        self.revision = self.commons.log.add(self.record.id, kind, **facts)
        self._changed.beat()

    def end_run(self) -> None:
        """End the run under way, cleanly; what follows is looked at then."""
        if self.run is not None:
            self.run.stop()
            self.note()

    # --- waiting --------------------------------------------------------------------------

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so.

        Raises:
            SessionError: It was stopped or removed before.
        """
        while not condition():
            if self.removed:
                raise SessionError("torrent was removed")
            if not (self._busy or self.wants_run):
                raise SessionError(self.record.error or "torrent is stopped")
            await self._changed.wait()

    async def wait_idle(self) -> None:
        """Wait until nothing runs and nothing is to run."""
        while self._busy or (self.wants_run and not self.commons.closing):
            await self._changed.wait()

    # --- the task -------------------------------------------------------------------------

    def wake(self) -> None:
        """Do what is to be done, if that is not under way."""
        if not self._busy and self._has_work():
            self._busy = True
            self.commons.nursery.start_soon(self._live)
        self.note()

    def _has_work(self) -> bool:
        if self.removed or self.commons.closing:
            return False
        return self._verify_wanted or (self.wants_run and self.commons.may_run(self.record.id))

    async def _live(self) -> None:
        try:
            while self._has_work():
                await self._guarded(self._verify if self._verify_wanted else self._run_once)
        finally:
            self._busy = False
            self.note()

    async def _guarded(self, work: Callable[[], Any]) -> None:
        """Do it; whatever goes wrong is this torrent's matter and no other's."""
        job = job_of(self.record, self.info, self.layers, self.announce_at)
        take = partial(torrent_news.take, self)
        self.run = TorrentRun(self.commons, self.record, job, self.memory, take)
        began = trio.current_time()
        try:
            await work()
        except RainError as error:
            self.fail(str(error))
        except Exception as error:  # a bug of ours ends no other torrent; tried again a few times
            await self._crashed(error, trio.current_time() - began)
        finally:
            self.commons.moved = added(self.commons.moved, self.run_counts())
            self.base = self.counts()
            if not self.run.scope.cancelled_caught:  # then trackers know that it has ended
                self.base = replace(self.base, next_announces={})
                self.tracker_facts.forget_times()
            self.known = self.have
            self.last_words = self.run.explain() if self.record.error else []
            self.run = None
            self.keep_counts(exactly=True)
            self.note()

    def _run_once(self) -> Awaitable[None]:
        assert self.run is not None
        self.note()
        return self.run.run()  # by itself: a coroutine around it would be there as long as it is

    async def _verify(self) -> None:
        assert self.run is not None
        assert self.info is not None
        self._verify_wanted = False
        self.note()
        self.known = await self.run.verify(self.info)

    def fail(self, why: str) -> None:
        """Stay stopped until somebody says otherwise, also if a restart may try again."""
        self._held = True
        self.change(error=printable(why, limit=1000))

    async def _crashed(self, error: Exception, seconds: float) -> None:
        log.error("torrent crashed", exc_info=error, extra={"torrent": self.record.id})
        why = printable(f"internal error: {type(error).__name__}: {error}", limit=500)
        self.tell("warning", code="crashed", message=why)
        if self._crashes.is_worth_another(seconds):
            await trio.sleep(crashes.PAUSE_SECONDS)
        else:
            self.fail(why)

    def note(self) -> None:
        """Tell the status if it has changed, or what is wrong."""
        status = self.status
        if status is not self._told:
            self._told = status
            self.tell("status", status=status.value, message=self.record.error)
        elif self.error != self._told_error:  # a disk that refuses, or works again
            self.tell("changed")
        else:
            self._changed.beat()
            return
        self.commons.note(self.record.id)

    def end_soon(self) -> None:
        """End the run after what is happening has been dealt with."""
        self.commons.nursery.start_soon(self._end, self.run)

    async def _end(self, run: TorrentRun | None) -> None:
        if self.run is run:
            self.end_run()
