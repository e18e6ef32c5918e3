"""Blocking work on many inputs: one torrent at a time on each disk, several disks at once."""

from __future__ import annotations

from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.storage.disk_threads import DiskThreads
from raintools._kit import read_ahead
from raintools._kit.progress import Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["Task", "run"]


class Task(NamedTuple):
    """What is to be done for one input.

    Args:
        device: The disk that it keeps busy.
        length: Bytes of work, for the progress bar.
        work: Does it, in a thread; given what to tell of bytes done, and to ask whether to stop.
    """

    device: int
    length: int
    work: Callable[[Callable[[int], None], Callable[[], bool]], Any]


def run(
    arguments: Sequence[str],
    common: Common,
    plan: Callable[[Loaded], Task],
    show: Callable[[Loaded, Any], None],
) -> None:
    """Do a task for each input and show what came of it, in the order of the inputs.

    Args:
        plan: Says what is to be done; errors are reported, and the others go on.
        show: Called in the main thread with what `work` returned.
    """
    with Bar("checking", None, quiet=common.quiet) as bar:
        runs = Runs(common, plan, show, bar)
        room = read_ahead.start(arguments, common, runs.news, runs.begin, runs.end)
        try:
            while runs.waiting or not runs.ended:
                runs.news.get()()
                for _ in runs.show_ready():
                    room.release()
        finally:
            runs.threads.close()


class Runs:
    """What is going on. Other threads tell the main one what to call, through `news`."""

    def __init__(
        self,
        common: Common,
        plan: Callable[[Loaded], Task],
        show: Callable[[Loaded, Any], None],
        bar: Bar,
    ) -> None:
        self.common, self.plan, self.show, self.bar = common, plan, show, bar
        self.threads = DiskThreads()
        self.news: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.ended = False
        self.total = self.all_done = 0
        self.waiting: dict[int, Loaded] = {}  # not shown yet, in the order of the inputs
        self.outcomes, self.done = dict[int, Any](), dict[int, int]()

    def end(self, error: BaseException | None) -> None:
        """No further input comes."""
        self.ended = True
        if error is not None:
            raise error

    def begin(self, number: int, item: Loaded) -> None:
        """Hand a task to the thread of its disk."""
        self.waiting[number] = item
        self.outcomes[number] = None  # nothing to show, should the plan fail
        with self.common.outcome.guard(item.origin):
            task = self.plan(item)
            del self.outcomes[number]
            self.total += task.length
            self.threads.submit(task.device, partial(self.do, number, task))

    def do(self, number: int, task: Task) -> None:
        """In the thread of a disk: do a task."""
        put = self.news.put
        try:
            value = task.work(
                lambda done: put(partial(self.progress, number, done)), self.threads.is_stopping
            )
        except BaseException as raised:
            value = raised
        put(partial(self.outcomes.__setitem__, number, value))

    def progress(self, number: int, done: int) -> None:
        """Show how far all tasks together are."""
        self.all_done += done - self.done.get(number, 0)
        self.done[number] = done
        self.bar.show(self.all_done, total=self.total)

    def show_ready(self) -> Iterator[int]:
        """Show what is done, as far as everything before it is shown, and tell its number."""
        while self.waiting and (number := next(iter(self.waiting))) in self.outcomes:
            item, value = self.waiting.pop(number), self.outcomes.pop(number)
            with self.common.outcome.guard(item.origin):
                if isinstance(value, BaseException):
                    raise value
                if value is not None:
                    self.show(item, value)
            yield number
