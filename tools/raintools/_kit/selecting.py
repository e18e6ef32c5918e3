"""Which files of a torrent to fetch, and in which order: --select, --priority and others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import ConfigError
from raincore.policy import file_selection
from raincore.policy.file_selection import Selection
from raintools._kit import excerpting, files_param, preferring
from raintools._kit import options as all_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.documents import TorrentDocument
    from raincore.policy.excerpts import Excerpt
    from raincore.policy.priorities import Priority
    from raincore.session.job import Job
    from raincore.session.one_shot import OneShot

__all__ = ["Choice", "length_of", "options", "selected", "selection_of"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the options say; no glob, index or excerpt: whatever the input selects, or all."""

    globs: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    sequential: bool = False
    edges_first: bool = False
    excerpt: Excerpt | None = None
    preferred: tuple[tuple[Selection, Priority], ...] = ()


SELECT = click.option(
    "--select",
    "chosen",
    multiple=True,
    type=files_param.FilesType(),
    help="Fetch only files that match, or of these numbers, such as 0,3-5; repeatable.",
)
SEQUENTIAL = click.option("--sequential", is_flag=True, help="Fetch pieces in order.")
EDGES_FIRST = click.option(
    "--edges-first", is_flag=True, help="Fetch the beginning and end of each file first."
)


def options(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the callback gets them as its argument `choice`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        excerpting.check(given)
        excerpt = excerpting.excerpt_of(given)
        chosen = given.pop("chosen")
        globs = tuple(one for one in chosen if isinstance(one, str))
        indices = {index for one in chosen if not isinstance(one, str) for index in one}
        order = given.pop("sequential"), given.pop("edges_first")
        preferred = given.pop("priorities")
        choice = Choice(globs, tuple(sorted(indices)), *order, excerpt, preferred)
        return callback(choice=choice, **given)

    shown = SELECT, preferring.PRIORITY, SEQUENTIAL, EDGES_FIRST
    return all_options.stacked(wrapper, *shown, excerpting.STDOUT, excerpting.RANGE)


def selection_of(choice: Choice, document: TorrentDocument) -> Selection:
    """What is wanted of one input: what the options say, or else what its document selects.

    A document that lists its files counts those; others count as their link does.
    """
    if choice.excerpt is not None:
        return Selection(excerpt=choice.excerpt)
    preferred = choice.preferred
    if choice.globs or choice.indices:
        return Selection(choice.globs, choice.indices, preferred=preferred)
    select = tuple(document.select)
    if document.files:
        return Selection(indices=select, preferred=preferred)
    return Selection(linked=select, preferred=preferred)


def selected(document: TorrentDocument, job: Job, session: OneShot) -> TorrentDocument:
    """The document with the numbers of the files that were selected, once they are known."""
    info = session.info(job.info_hash)
    if info is None or not (job.select or job.select.preferred):
        return document
    try:
        wanted = file_selection.choose(job.select, info)
    except ConfigError:
        return document  # which the torrent has said already, and ended
    return replace(document, select=wanted.numbers)


def length_of(document: TorrentDocument) -> int:
    """Bytes of the files that were selected."""
    if not document.select:
        return document.total_length or 0
    return sum(document.files[index].length for index in document.select)
