"""Where the content of a job is: files below its directory, parts of unwanted ones aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.engine.content import Content
from raincore.storage import selected_storage
from raincore.storage.aside_storage import AsideStorage
from raincore.storage.content_lock import ContentLock
from raincore.storage.directory_tree import Modes
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout

if TYPE_CHECKING:
    from raincore.formats.info import Info
    from raincore.session.job import Job
    from raincore.session.services import Services
    from raincore.storage.interface import Storage
    from raincore.storage.resume_memory import ResumeMemory

__all__ = ["of", "open_files"]


def of(
    job: Job, services: Services, store: ResumeMemory | None, *, may_vanish: bool = True
) -> Content:
    """The content of a job, not opened yet.

    Args:
        services: Threads for the disk, and how many files may be open.
        store: Remembers what was verified; None to remember nothing.
        may_vanish: Begin anew where nothing is left of what was verified.
    """
    return Content(
        job.info_hash,
        str(job.directory),
        lambda info: open_files(job, info, services),
        services.world.offload,
        None if job.aside is not None else store,
        recheck=job.recheck,
        quick=job.quick,
        fixed=job.fixed,
        partial=job.partial,
        may_vanish=may_vanish,
    )


def open_files(job: Job, info: Info, services: Services) -> Storage:
    """Open the files of a job; blocks, and creates nothing.

    Raises:
        StorageError: A name would lead out of the directory.
    """
    layout, geometry = Layout.of(info, job.directory), info.geometry
    if job.aside is not None:
        there = FileStorage(layout, geometry, writable=False)
        aside = FileStorage(Layout.of(info, job.aside), geometry, writable=True)
        return AsideStorage(there, aside, geometry.piece_length)
    allowance, claims = services.allowance, services.claims
    name = next((file.parts[0] for file in layout.files if file.parts), "")
    files = FileStorage(
        layout,
        geometry,
        writable=not job.fixed,
        allowance=allowance,
        claims=claims,
        modes=Modes.of(services.config.session.file_mode),
        lock=None if job.fixed else ContentLock(services.locks, str(layout.root / name)),
    )
    if job.fixed:
        return files
    return selected_storage.open_storage(layout, job.info_hash.hex(), files)
