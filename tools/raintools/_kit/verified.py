"""What a verification found: as the object `verify` of a document, and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base import units
from raincore.storage.failures import named
from raincore.storage.piece_runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.info import Info
    from raincore.storage.verification import Verification, VerifiedFile
    from raintools._kit.output import Writer

__all__ = ["complaint", "facts", "lines", "reason"]

MOST_RUNS = 10


def facts(info: Info, found: Verification) -> dict[str, Any]:
    """Describe a verification; what is empty of our own additions is left out."""
    value: dict[str, Any] = {
        "pieces_ok": found.good.count(),
        "pieces_bad": found.bad.count(),
        "pieces_missing": found.missing.count(),
        "bytes_ok": sum(file.bytes_ok for file in found.files),
        "files": [_file(info, file) for file in found.files],
    }
    runs = {"bad_ranges": found.bad, "missing_ranges": found.missing}
    value.update({name: list(runs_of(bits)) for name, bits in runs.items() if bits.any()})
    if found.extra_count:
        value.update(extra=list(found.extra), extra_count=found.extra_count)
    return value


def _file(info: Info, file: VerifiedFile) -> dict[str, Any]:
    entry = info.files[file.index]
    value: dict[str, Any] = {
        "path": "/".join(entry.path),
        "ok": file.ok,
        "bytes_ok": file.bytes_ok,
        "bytes_total": entry.length,
        "missing": not file.state.exists,
    }
    if file.state.exists and not file.state.is_right_kind:
        value["wrong_kind"] = True
    elif file.state.exists and file.state.size != entry.length:
        value["size"] = file.state.size
    if file.bad_blocks:
        value["bad_blocks"] = list(file.bad_blocks)
    return value


def complaint(found: Verification) -> str:
    """Why a torrent is not complete, in one line."""
    counts = {"bad": found.bad.count(), "missing": found.missing.count()}
    parts = [
        f"{count} of {len(found.good)} pieces {'is' if count == 1 else 'are'} {word}"
        for word, count in counts.items()
        if count
    ]
    wrong = sum(not file.ok for file in found.files)
    if not parts:
        # Links, empty files, and files with something behind their end have no bad piece.
        parts.append(f"{wrong} of {len(found.files)} files {'is' if wrong == 1 else 'are'} wrong")
    return ", ".join(parts)


def reason(top: str, found: Verification) -> str:
    """The same for an error message, with what to do if the content is not at the path `top`."""
    if any(file.state.exists for file in found.files):
        return complaint(found)
    return (
        "no file of it is there; name the directory that holds it with --dir, "
        f"or the content itself with --content: {named(top)}"
    )


def lines(info: Info, found: Verification, out: Writer, *, verbose: bool) -> Iterator[str]:
    """What people read: a summary, then what is wrong, file by file."""
    size = units.format_size(info.total_length)
    count = len(found.files)
    what = f"{count:,} file{'s' if count != 1 else ''}, {size}"
    good = found.is_complete
    state = out.styled("complete" if good else "incomplete", fg="green" if good else "red")
    yield f"{info.name}: {state}, {what}" + ("" if good else f"; {complaint(found)}")
    bad = list(runs_of(found.bad))
    if bad:
        shown = ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in bad[:MOST_RUNS])
        yield f"  bad pieces: {shown}" + (", …" if len(bad) > MOST_RUNS else "")
    for file in found.files:
        if verbose or not file.ok:
            yield f"  {_verdict(info, file)}  {'/'.join(info.files[file.index].path)}"
    yield from (f"  {'extra':10}  {path}" for path in found.extra)
    more = found.extra_count - len(found.extra)
    if more:
        yield f"  and {more:,} more that the torrent does not list"


def _verdict(info: Info, file: VerifiedFile) -> str:
    length, state = info.files[file.index].length, file.state
    if file.ok:
        return f"{'ok':10}"
    if not state.exists:
        return f"{'missing':10}"
    if not state.is_right_kind:
        return f"{'wrong kind':10}"
    if state.size > length:
        return f"{'too long':10}"
    return f"{file.bytes_ok / length if length else 0:6.1%} ok "
