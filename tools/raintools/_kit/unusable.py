"""What is left out of an input since nobody could use it: a warning, once for each input."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from raincore.formats.metainfo import Metainfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.lenient_bencode import Repeats
    from raintools._kit.exits import Outcome
    from raintools._kit.lines import Foreign
    from raintools._kit.sources import Loaded

__all__ = ["in_bencode", "told"]

Read = TypeVar("Read", bound="Loaded | Foreign")


def told(read: Read, origin: str, outcome: Outcome) -> Read:
    """Warn of what is ignored in a .torrent file or a magnet link; give back what was read."""
    torrent = getattr(read, "torrent", None)
    if isinstance(torrent, Metainfo):
        oddities = in_bencode(len(torrent.trailing), len(torrent.raw), torrent.repeats)
        for oddity in oddities:
            outcome.warn(f"{origin}: {oddity}")
        return read
    faults = getattr(torrent, "unusable", ())
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        outcome.warn(f"{origin}: a peer of the link (x.pe) is left out: {faults[0]}{more}")
    return read


def in_bencode(trailing: int, end: int, repeats: Repeats) -> Iterator[str]:
    """Say what of a file does not count, as `lint_codes.ignored`."""
    if trailing or repeats.number:
        from raincore.formats import lint_codes  # here, for a quick start

        yield from lint_codes.ignored(trailing, end, repeats)
