"""Tar archives for tests: made by `tarfile` in memory, member by member, odd ones too."""

from __future__ import annotations

import io
import os
import tarfile
import threading
from contextlib import contextmanager
from random import Random

from raincore.storage.tar_input import TarInput

BLOCK = 512


def content(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size)


def header(name: str, **facts) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(made, key, value)
    return made


def archive(*members, format: int = tarfile.GNU_FORMAT, end: bytes = bytes(2 * BLOCK)) -> bytes:
    """Members are a name, for a directory; (name, bytes); or (name, facts of a TarInfo)."""
    out = io.BytesIO()
    for member in members:
        name, data = (member, None) if isinstance(member, str) else member
        if data is None:
            facts, data = {"type": tarfile.DIRTYPE}, b""
        elif isinstance(data, dict):
            facts, data = dict(data), data.get("data", b"")
            facts.pop("data", None)
        else:
            facts = {}
        made = header(name, **{"size": len(data), **facts})
        out.write(made.tobuf(format, "utf-8", "surrogateescape"))
        out.write(data + bytes(-len(data) % BLOCK))
    return out.getvalue() + end


def link(target: str) -> dict:
    return {"type": tarfile.LNKTYPE, "linkname": target}


def symlink(target: str) -> dict:
    return {"type": tarfile.SYMTYPE, "linkname": target}


def opened(data: bytes) -> TarInput:
    """An archive that comes only once, as from a pipe."""
    return TarInput(io.BytesIO(data), "a.tar")


@contextmanager
def pipe(data: bytes):
    """The reading end of a pipe through which bytes come."""
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb", buffering=0) as file:
            try:
                file.write(data) if len(data) < 1 << 16 else write_all(file, data)
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with open(reading, "rb", buffering=0) as file:
            yield file
    finally:
        writer.join()


def write_all(file, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
